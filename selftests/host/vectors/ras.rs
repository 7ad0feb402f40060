// SPDX-License-Identifier: GPL-2.0

//! The RAS Capability: what the host took from the device, until the guest clears it.

use super::{
    rows,
    start::RAS,
    w,
    Step, //
};

/// Errors that were not corrected: numbers 1 and 14, the first of which is number 1.
const ERRORS: Step = Step::Uncorrectable(0x4002, 0x01, 0x1111_1111);
/// Another one, number 3.
const NEXT: Step = Step::Uncorrectable(0x0008, 0x03, 0x3333_3333);
/// Number 8, which the snapshot masks.
const MASKED: Step = Step::Uncorrectable(0x0100, 0x08, 0x8888_8888);
const CORRECTED: Step = Step::Correctable(0x41);

rows! {
    "8.2.4.17.1" "errors of the time before are nobody's",
        RAS [] 0x00:4 = 0, w(0x00, 4, 0xffff_ffff) => 0 [];
    "8.2.4.17.1" "what the host took is collected",
        RAS [] 0x00:4 = 0, ERRORS => 0x4002 [];
    "8.2.4.17.1" "more of it is added",
        RAS [ERRORS] 0x00:4 = 0x4002, NEXT => 0x400a [];
    "8.2.4.17.1" "writing 1 clears",
        RAS [ERRORS] 0x00:4 = 0x4002, w(0x00, 4, 0x2) => 0x4000 [];
    "8.2.4.17.1" "writing 0 does not",
        RAS [ERRORS] 0x00:4 = 0x4002, w(0x00, 4, 0xffff_bffd) => 0x4002 [];
    "8.2.4.17.1" "a byte clears its own",
        RAS [ERRORS] 0x00:4 = 0x4002, w(0x01, 1, 0xff) => 0x0002 [];
    "8.2.4.17.1" "bits that no error has are not collected",
        RAS [] 0x00:4 = 0, Step::Uncorrectable(0xffff_ffff, 0, 0) => 0x0001_cfff [];
    "8.2.4.17.1" "masked errors are collected",
        RAS [] 0x00:4 = 0, MASKED => 0x0100 [];
    "8.2.4.17.2" "the mask is the guest's",
        RAS [] 0x04:4 = 0x0100, w(0x04, 4, 0xffff_ffff) => 0x0001_cfff [];
    "8.2.4.17.3" "the severity is the guest's",
        RAS [] 0x08:4 = 0x0001_cfff, w(0x08, 4, 0x8) => 0x8 [];
    "8.2.4.17.4" "corrected errors are collected",
        RAS [] 0x0c:4 = 0, CORRECTED => 0x41 [];
    "8.2.4.17.4" "writing 1 clears a corrected error",
        RAS [CORRECTED] 0x0c:4 = 0x41, w(0x0c, 4, 0x40) => 0x01 [];
    "8.2.4.17.4" "bits that no corrected error has are not collected",
        RAS [] 0x0c:4 = 0, Step::Correctable(0xffff_ffff) => 0x7f [];
    "8.2.4.17.5" "the mask of corrected errors is the guest's",
        RAS [] 0x10:4 = 0, w(0x10, 4, 0xffff_ffff) => 0x7f [];
    "8.2.4.17.6" "the pointer is to the first error",
        RAS [] 0x14:4 = 0x2000, ERRORS => 0x2001 [];
    "8.2.4.17.6" "and stays there",
        RAS [ERRORS] 0x14:4 = 0x2001, NEXT => 0x2001 [];
    "8.2.4.17.6" "until it is cleared",
        RAS [ERRORS, w(0x00, 4, 0xffff_ffff)] 0x14:4 = 0x2001, NEXT => 0x2003 [];
    "8.2.4.17.6" "it is not to a masked error",
        RAS [] 0x14:4 = 0x2000, MASKED => 0x2000 [];
    "8.2.4.17.6" "a masked error is not the first one",
        RAS [MASKED] 0x14:4 = 0x2000, ERRORS => 0x2001 [];
    "8.2.4.17.6" "there is one log, whatever the device has; poison is the device's",
        RAS [] 0x14:4 = 0x2000, CORRECTED => 0x2000 [];
    "8.2.4.17.6" "control is read-only",
        RAS [] 0x14:4 = 0x2000, w(0x14, 4, 0xffff_ffff) => 0x2000 [];
    "8.2.4.17.7" "the header log is of the first error",
        RAS [ERRORS] 0x18:8 = 0x1111_1111_1111_1111, NEXT => 0x1111_1111_1111_1111 [];
    "8.2.4.17.7" "to its end",
        RAS [] 0x54:8 = 0, ERRORS => 0x1111_1111 [];
    "8.2.4.17.7" "it is read-only",
        RAS [ERRORS] 0x18:4 = 0x1111_1111, w(0x18, 4, 0) => 0x1111_1111 [];
}
