// SPDX-License-Identifier: GPL-2.0

//! Conformance cases.

use crate::{
    dvsec::{
        self,
        DvsecShadow, //
    },
    hdm::{
        self,
        HdmShadow, //
    },
    policy::Policy, //
};

/// The shadow of a device with `count` free decoders that offers every number of ways and poison
/// on decode error.
///
/// ```
/// assert_eq!(cxl_regs::vectors::hdm_shadow(8).unwrap().count(), 8);
/// assert!(cxl_regs::vectors::hdm_shadow(3).is_err());
/// ```
pub fn hdm_shadow(count: u8) -> Result<HdmShadow, hdm::SnapshotError> {
    let encoding = (0..=0xc).find(|&encoding| hdm::decoders(encoding) == Some(count));
    let mut hardware = [0; hdm::HEADER_DWORDS + hdm::DECODERS * hdm::DECODER_DWORDS];
    let [capability, ..] = &mut hardware;
    *capability = 0x1c00 | encoding.unwrap_or(0xf);
    HdmShadow::from_snapshot(&hardware, hdm::Options::default())
}

/// The shadow of a device.
pub fn dvsec_shadow(revision: u8) -> Result<DvsecShadow, dvsec::SnapshotError> {
    let (length, capability3) = if revision == 1 {
        (0x38, 0)
    } else {
        (0x3c, 0x18)
    };
    let header1 = (length << 20) | (u32::from(revision) << 16) | dvsec::VENDOR;
    let hardware = [
        0,
        header1,
        0xc9d7_0000,
        0x0004,
        0,
        0x0040_0000,
        0x1,
        0x3,
        0x1,
        0,
        0,
        0,
        0,
        0,
        capability3,
    ];
    DvsecShadow::from_snapshot(&hardware, Policy::DEFAULT)
}
