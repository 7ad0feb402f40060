// SPDX-License-Identifier: GPL-2.0

//! The CXL Device DVSEC: every register, doorbells, completions, CONFIG_LOCK.

use super::{
    caching,
    rows,
    start::{
        Start,
        REV1,
        REV2,
        REV3, //
    },
    w,
    Step::{
        self,
        Device,
        Mute, //
    },
    CHANGED,
    NONE, //
};
use cxl_regs::Effects;

const DONE: Step = Step::CompleteReset { success: true };
const FAILED: Step = Step::CompleteReset { success: false };
/// Viral_Status.
const VIRAL: Step = Device(0x0c, 0x4000_0006);
/// Cache_Invalid.
const INVALID: Step = Device(0x10, 0x0001_0000);
/// Volatile HDM preservation error.
const LOST: Step = Device(0x10, 0x0008_0000);

/// The guest clears these bits of Status.
const fn status(bits: u16) -> Effects {
    Effects {
        status: bits,
        ..NONE
    }
}

/// The guest clears these bits of Status2.
const fn status2(bits: u16) -> Effects {
    Effects {
        status2: bits,
        ..NONE
    }
}

/// Neither WBI nor CXL Reset, nor anything of Capability2 and 3.
const BARE: Start = REV3.with(&[(0x08, 0x4017_0000), (0x14, 0), (0x38, 0)]);
/// A revision and a length of the future.
const REV9: Start = Start {
    dwords: 18,
    ..REV3.with(&[
        (0x04, 0x0489_1e98),
        (0x3c, 0x1234_5678),
        (0x40, 0x1234_5678),
    ])
};
/// A revision of the past.
const REV0: Start = REV1.with(&[(0x04, 0x0380_1e98)]);
/// Firmware left CONFIG_LOCK set.
const LOCKED: Start = REV2.with(&[(0x14, 0x0040_0001)]);
/// Power management is initialised.
const READY: Start = REV2.with(&[(0x10, 0x8000_0000)]);
/// Resets ended before.
const RESET: Start = REV2.with(&[(0x10, 0x0006_0000)]);
/// Two ranges.
const TWO_RANGES: Start = REV2.with(&[
    (0x08, 0xc9e7_0000),
    (0x28, 0x1),
    (0x2c, 0x1000_6003),
    (0x30, 0x2),
    (0x34, 0x3000_0000),
]);
/// Every bit that reserved fields hide.
const RESERVED: Start = REV2.with(&[
    (0x0c, 0xbfff_ffff),
    (0x10, 0x7ff0_ffc0),
    (0x14, 0xffff_fffe),
    (0x24, 0x0fff_ffff),
    (0x38, 0xffff_fff8),
]);

rows! {
    "8.1.3" "the first header is RO",
        REV2 [] 0x04:4 = 0x03c2_1e98, w(0x04, 4, 0) => 0x03c2_1e98 [];
    "8.1.3" "the first header of revision 1",
        REV1 [] 0x04:4 = 0x0381_1e98, w(0x04, 4, 0xffff_ffff) => 0x0381_1e98 [];
    "8.1.3" "the first header of revision 3",
        REV3 [] 0x04:4 = 0x03c3_1e98, w(0x04, 4, 0xffff_ffff) => 0x03c3_1e98 [];
    "8.1.3" "the first header of a revision that is not known",
        REV9 [] 0x04:4 = 0x0489_1e98, w(0x04, 4, 0xffff_ffff) => 0x0489_1e98 [];
    "8.1.3" "nothing is known behind Capability3",
        REV9 [] 0x3c:8 = 0, w(0x3c, 8, 0xffff_ffff_ffff_ffff) => 0 [];
    "8.1.3" "revision 0 with the length of revision 1",
        REV0 [] 0x04:4 = 0x0380_1e98, w(0x04, 4, 0xffff_ffff) => 0x0380_1e98 [];
    "8.1.3" "the second header is RO",
        REV2 [] 0x08:2 = 0, w(0x08, 2, 0xffff) => 0 [];
    "8.1.3.1" "Capability is HwInit: set bits stay",
        REV2 [] 0x0a:2 = 0xc9d7, w(0x0a, 2, 0) => 0xc9d7 [];
    "8.1.3.1" "Capability is HwInit: clear bits stay",
        REV2 [] 0x0a:2 = 0xc9d7, w(0x0a, 2, 0xffff) => 0xc9d7 [];

    "8.1.3.2" "Cache_Enable",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x0005) => 0x0007 [];
    "8.1.3.2" "IO_Enable reads 1",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x0004) => 0x0006 [];
    "8.1.3.2" "Mem_Enable can be cleared",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0) => 0x0002 [];
    "8.1.3.2" "Mem_Enable can be set again",
        REV2 [w(0x0c, 2, 0)] 0x0c:2 = 0x0002, w(0x0c, 2, 0x4) => 0x0006 [];
    "8.1.3.2" "writing what is there is no effect",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x0006) => 0x0006 [];
    "8.1.3.2" "snoop filter coverage",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x00fc) => 0x00fe [];
    "8.1.3.2" "snoop filter granularity",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x0704) => 0x0706 [];
    "8.1.3.2" "clean eviction",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x0804) => 0x0806 [];
    "8.1.3.2" "viral enable",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x4004) => 0x4006 [];
    "8.1.3.2" "reserved bits are dropped",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0xb004) => 0x0006 [];
    "8.1.3.2" "direct P2P mem enable of revision 3",
        REV3 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x1004) => 0x1006 [];
    "8.1.3.2" "no direct P2P mem enable before revision 3",
        REV2 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x1004) => 0x0006 [];
    "8.1.3.2" "no direct P2P mem enable without the capability",
        BARE [] 0x0c:2 = 0x0006, w(0x0c, 2, 0x1004) => 0x0006 [];
    "8.1.3.2" "all of Control at once",
        REV3 [] 0x0c:2 = 0x0006, w(0x0c, 2, 0xffff) => 0x5fff [];

    "8.1.3.3" "Viral_Status is raised",
        REV2 [] 0x0e:2 = 0, VIRAL => 0x4000 [];
    "8.1.3.3" "Viral_Status: writing 1 clears, in the device, too",
        REV2 [VIRAL] 0x0e:2 = 0x4000, w(0x0e, 2, 0x4000) => 0
            [Effects { status: 0x4000, ..CHANGED }];
    "8.1.3.3" "Viral_Status: writing 0 does not",
        REV2 [VIRAL] 0x0e:2 = 0x4000, w(0x0e, 2, 0xbfff) => 0x4000 [];
    "8.1.3.3" "Viral_Status: writing 1 does not set",
        REV2 [] 0x0e:2 = 0, w(0x0e, 2, 0xffff) => 0 [status(0x4000)];
    "8.1.3.3" "Viral_Status: the other byte does not clear",
        REV2 [VIRAL] 0x0e:2 = 0x4000, w(0x0e, 1, 0xff) => 0x4000 [];
    "8.1.3.3" "Viral_Status: a write of Control does not clear",
        REV2 [VIRAL] 0x0e:2 = 0x4000, w(0x0c, 2, 0xffff) => 0x4000 [CHANGED];
    "8.1.3.3" "Viral_Status of a device that cannot be asked is the last one",
        REV2 [VIRAL] 0x0e:2 = 0x4000, Mute => 0x4000 [];
    "8.1.3.3" "a device that is gone changes nothing",
        REV2 [] 0x0c:4 = 0x0006, Device(0x0c, 0xffff_ffff) => 0x0006 [];
    "8.1.3.2" "a device changes nothing that is the guest's",
        REV2 [] 0x0c:2 = 0x0006, Device(0x0c, 0x4000_0ff9) => 0x0006 [];

    "8.1.3.4" "Disable_Caching",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x1) => 0x1 [caching(true)];
    "8.1.3.4" "Disable_Caching can be cleared",
        REV2 [w(0x10, 2, 0x1)] 0x10:2 = 0x1, w(0x10, 2, 0) => 0 [caching(false)];
    "8.1.3.4" "Initiate WBI reads 0",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x2) => 0 [Effects { write_back: true, ..NONE }];
    "8.1.3.4" "Initiate WBI: writing 0 rings nothing",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0) => 0 [];
    "8.1.3.4" "Initiate WBI: the other byte rings nothing",
        REV2 [] 0x10:2 = 0, w(0x11, 1, 0xff) => 0 [];
    "8.1.3.4" "no WBI without the capability",
        BARE [] 0x10:2 = 0, w(0x10, 2, 0x2) => 0 [];
    "8.1.3.4" "Initiate CXL Reset reads 0",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x4) => 0 [Effects { reset: Some(false), ..NONE }];
    "8.1.3.4" "Initiate CXL Reset with memory clear enabled before",
        REV2 [w(0x10, 2, 0x8)] 0x10:2 = 0x8, w(0x10, 2, 0xc) => 0x8 [Effects { reset: Some(true), ..NONE }];
    "8.1.3.4" "Initiate CXL Reset with memory clear enabled at once",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0xc) => 0x8 [Effects { reset: Some(true), ..CHANGED }];
    "8.1.3.4" "no CXL Reset without the capability",
        BARE [] 0x10:2 = 0, w(0x10, 2, 0x4) => 0 [];
    "8.1.3.4" "both doorbells: write-back comes first",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x7) => 0x1 [Effects { write_back: true, reset: Some(false), ..caching(true) }];
    "8.1.3.4" "memory clear enable",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x8) => 0x8 [];
    "8.1.3.4" "memory clear can be disabled",
        REV2 [w(0x10, 2, 0x8)] 0x10:2 = 0x8, w(0x10, 2, 0) => 0 [];
    "8.1.3.4" "desired volatile state is RW with the capability",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x10) => 0x10 [];
    "8.1.3.4" "desired volatile state is RO without",
        BARE [] 0x10:2 = 0, w(0x10, 2, 0x10) => 0 [];
    "8.1.3.4" "modified completion is RW with the capability",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0x20) => 0x20 [];
    "8.1.3.4" "modified completion is RO without",
        BARE [] 0x10:2 = 0, w(0x10, 2, 0x20) => 0 [];
    "8.1.3.4" "reserved bits are dropped",
        REV2 [] 0x10:2 = 0, w(0x10, 2, 0xffc0) => 0 [];
    "8.1.3.4" "CONFIG_LOCK does not freeze Control2",
        LOCKED [] 0x10:2 = 0, w(0x10, 2, 0x39) => 0x39 [caching(true)];
    "8.1.3.4" "CONFIG_LOCK does not silence doorbells",
        LOCKED [] 0x10:2 = 0, w(0x10, 2, 0x6) => 0 [Effects { write_back: true, reset: Some(false), ..NONE }];

    "8.1.3.5" "Cache_Invalid is the device's while caching is disabled",
        REV2 [w(0x10, 2, 0x1)] 0x12:2 = 0, INVALID => 0x1 [];
    "8.1.3.5" "Cache_Invalid means nothing while caching is enabled",
        REV2 [] 0x12:2 = 0, INVALID => 0 [];
    "8.1.3.5" "Cache_Invalid ends when caching is enabled",
        REV2 [w(0x10, 2, 0x1), INVALID] 0x12:2 = 0x1, w(0x10, 2, 0) => 0 [caching(false)];
    "8.1.3.5" "Cache_Invalid stays while caching is disabled",
        REV2 [w(0x10, 2, 0x1), INVALID] 0x12:2 = 0x1, w(0x10, 2, 0x9) => 0x1 [CHANGED];
    "8.1.3.5" "Reset_Complete follows the reset",
        REV2 [w(0x10, 2, 0x4)] 0x12:2 = 0, DONE => 0x2 [];
    "8.1.3.5" "Reset_Error follows the reset",
        REV2 [w(0x10, 2, 0x4)] 0x12:2 = 0, FAILED => 0x4 [];
    "8.1.3.5" "the device's own completions are the host's",
        REV2 [] 0x12:2 = 0, Device(0x10, 0x0006_0000) => 0 [];
    "8.1.3.5" "a reset before the guest was there was the host's",
        RESET [] 0x12:2 = 0, w(0x12, 2, 0) => 0 [];
    "8.1.3.5" "Reset_Complete is taken back by the next doorbell",
        REV2 [DONE] 0x12:2 = 0x2, w(0x10, 2, 0x4) => 0
            [Effects { reset: Some(false), ..CHANGED }];
    "8.1.3.5" "Reset_Error is taken back by the next doorbell",
        REV2 [FAILED] 0x12:2 = 0x4, w(0x10, 2, 0x4) => 0
            [Effects { reset: Some(false), ..CHANGED }];
    "8.1.3.5" "Reset_Complete replaces Reset_Error",
        REV2 [FAILED] 0x12:2 = 0x4, DONE => 0x2 [];
    "8.1.3.5" "Reset_Error replaces Reset_Complete",
        REV2 [DONE] 0x12:2 = 0x2, FAILED => 0x4 [];
    "8.1.3.5" "the doorbell for write-back leaves Reset_Complete",
        REV2 [DONE] 0x12:2 = 0x2, w(0x10, 2, 0x2) => 0x2 [Effects { write_back: true, ..NONE }];
    "8.1.3.5" "bits 2:0 are RO",
        REV2 [DONE, w(0x10, 2, 0x1), INVALID] 0x12:2 = 0x3, w(0x12, 2, 0xffff) => 0x3
            [status2(0x8)];
    "8.1.3.5" "preservation error: writing 1 clears, in the device, too",
        REV2 [LOST] 0x12:2 = 0x8, w(0x12, 2, 0x8) => 0 [Effects { status2: 0x8, ..CHANGED }];
    "8.1.3.5" "preservation error: writing 0 does not",
        REV2 [LOST] 0x12:2 = 0x8, w(0x12, 2, 0xfff7) => 0x8 [];
    "8.1.3.5" "preservation error: CONFIG_LOCK does not keep it",
        LOCKED [LOST] 0x12:2 = 0x8, w(0x12, 2, 0x8) => 0 [Effects { status2: 0x8, ..CHANGED }];
    "8.1.3.5" "no preservation error without the capability",
        BARE [] 0x12:2 = 0, LOST => 0 [];
    "8.1.3.5" "a write of Control2 does not clear it",
        REV2 [LOST] 0x12:2 = 0x8, w(0x10, 2, 0x8) => 0x8 [CHANGED];
    "8.1.3.5" "PM_Init_Complete is the device's",
        READY [] 0x12:2 = 0x8000, w(0x12, 2, 0xffff) => 0x8000 [status2(0x8)];
    "8.1.3.5" "PM_Init_Complete comes later",
        REV2 [] 0x12:2 = 0, Device(0x10, 0x8000_0000) => 0x8000 [];

    "8.1.3.6" "CONFIG_LOCK latches",
        REV2 [] 0x14:2 = 0, w(0x14, 2, 0x1) => 0x1 [];
    "8.1.3.6" "CONFIG_LOCK: writing 0 does not unlock",
        REV2 [w(0x14, 2, 0x1)] 0x14:2 = 0x1, w(0x14, 2, 0) => 0x1 [];
    "8.1.3.6" "CONFIG_LOCK: writing 1 again changes nothing",
        REV2 [w(0x14, 2, 0x1)] 0x14:2 = 0x1, w(0x14, 2, 0x1) => 0x1 [];
    "8.1.3.6" "reserved bits are dropped",
        REV2 [] 0x14:2 = 0, w(0x14, 2, 0xfffe) => 0 [];
    "8.1.3.6" "CONFIG_LOCK freezes Control",
        REV2 [w(0x14, 2, 0x1)] 0x0c:2 = 0x0006, w(0x0c, 2, 0xffff) => 0x0006 [];
    "8.1.3.6" "CONFIG_LOCK keeps Mem_Enable",
        LOCKED [] 0x0c:2 = 0x0006, w(0x0c, 2, 0) => 0x0006 [];
    "8.1.3.6" "CONFIG_LOCK does not keep Viral_Status",
        LOCKED [VIRAL] 0x0e:2 = 0x4000, w(0x0e, 2, 0x4000) => 0
            [Effects { status: 0x4000, ..CHANGED }];
    "8.1.3.6" "CONFIG_LOCK of this access freezes only what follows",
        REV2 [] 0x0c:2 = 0x0006, w(0x0d, 8, 0x0100_0000_0000_0008) => 0x0806 [];

    "8.1.3.7" "Capability2 is HwInit",
        REV2 [] 0x16:2 = 0x0040, w(0x16, 2, 0xffff) => 0x0040 [];
    "8.1.3.8" "range 1 size high is HwInit",
        REV2 [] 0x18:4 = 0x1, w(0x18, 4, 0xffff_ffff) => 0x1 [];
    "8.1.3.8" "range 1 size low is HwInit",
        REV2 [] 0x1c:4 = 0x3, w(0x1c, 4, 0xffff_ffff) => 0x3 [];
    "8.1.3.8" "the size of range 1 is known later",
        REV2 [] 0x18:8 = 0x3_0000_0001, Device(0x18, 0x2) => 0x3_0000_0002 [];
    "8.1.3.8" "range 2 becomes valid and active later",
        TWO_RANGES [Device(0x2c, 0)] 0x2c:4 = 0, Device(0x2c, 0x1000_6003) => 0x1000_6003 [];
    "8.1.3.8" "a base does not follow the device",
        REV2 [] 0x20:4 = 0x1, Device(0x20, 0x7) => 0x1 [];
    "8.1.3.8" "a guest does not move the base of range 1",
        REV2 [] 0x20:8 = 0x1, w(0x20, 8, 0xf000_0000_0000_0002) => 0x1 [];
    "8.1.3.8" "range 2 reads what the device says",
        TWO_RANGES [] 0x28:8 = 0x1000_6003_0000_0001, w(0x28, 8, 0) => 0x1000_6003_0000_0001 [];
    "8.1.3.8" "a guest does not move the base of range 2",
        TWO_RANGES [] 0x30:8 = 0x3000_0000_0000_0002, w(0x30, 8, 0) => 0x3000_0000_0000_0002 [];
    "8.1.3.9" "Capability3 is HwInit",
        REV2 [] 0x38:4 = 0x18, w(0x38, 4, 0xffff_ffff) => 0x18 [];

    "8.1.3.2" "reserved bits of the device read 0 in Control and Status",
        RESERVED [] 0x0c:4 = 0x0000_4fff, w(0x0c, 1, 0xff) => 0x0000_4fff [];
    "8.1.3.4" "reserved bits of the device read 0 in Control2 and Status2",
        RESERVED [] 0x10:4 = 0, w(0x12, 2, 0) => 0 [];
    "8.1.3.6" "reserved bits of the device read 0 in Lock",
        RESERVED [] 0x14:2 = 0, w(0x14, 2, 0) => 0 [];
    "8.1.3.8" "reserved bits of the device read 0 in a base",
        RESERVED [] 0x24:4 = 0, w(0x24, 4, 0) => 0 [];
    "8.1.3.9" "reserved bits of the device read 0 in Capability3",
        RESERVED [] 0x38:4 = 0x18, w(0x38, 4, 0) => 0x18 [];
}
