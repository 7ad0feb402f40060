// SPDX-License-Identifier: GPL-2.0

//! What a CXL Reset that a guest asked for leaves (table 8-1).

use super::{
    rows,
    start::{
        Start,
        COMMITTED,
        FOUR,
        REV2, //
    },
    w,
    Step::{
        self,
        Reset, //
    }, //
};

/// CONFIG_LOCK is set.
const CONFIG_LOCKED: Start = REV2.with(&[(0x14, 0x0040_0001)]);
/// Decoder 0 is locked, and decoders are enabled.
const LOCKED: Start = COMMITTED.with(&[(0x04, 0x3), (0x14, 0x1), (0x1c, 0x1), (0x20, 0x700)]);
/// Decoder 1 failed.
const FAILED: Start = FOUR.with(&[(0x04, 0x2), (0x40, 0xa00)]);

const VIRAL: Step = Step::Device(0x0c, 0x4000_0006);
const LOST: Step = Step::Device(0x10, 0x0008_0000);
const DONE: Step = Step::CompleteReset { success: true };

rows! {
    "8.1.3.2" "Control is cleared, except IO_Enable",
        REV2 [w(0x0c, 2, 0x0ffd)] 0x0c:2 = 0x0fff, Reset => 0x0002 [];
    "8.1.3.2" "Control is kept under CONFIG_LOCK",
        CONFIG_LOCKED [] 0x0c:2 = 0x0006, Reset => 0x0006 [];
    "8.1.3.3" "Viral_Status is kept",
        REV2 [VIRAL] 0x0e:2 = 0x4000, Reset => 0x4000 [];
    "8.1.3.4" "Control2 is cleared",
        REV2 [w(0x10, 2, 0x39)] 0x10:2 = 0x39, Reset => 0 [];
    "8.1.3.4" "Control2 is cleared under CONFIG_LOCK",
        CONFIG_LOCKED [w(0x10, 2, 0x39)] 0x10:2 = 0x39, Reset => 0 [];
    "8.1.3.5" "completions are forgotten",
        REV2 [DONE] 0x12:2 = 0x2, Reset => 0 [];
    "8.1.3.5" "the preservation error is kept",
        REV2 [LOST] 0x12:2 = 0x8, Reset => 0x8 [];
    "8.1.3.6" "CONFIG_LOCK is kept",
        CONFIG_LOCKED [] 0x14:2 = 0x1, Reset => 0x1 [];
    "8.1.3.1" "what is the device's is kept",
        REV2 [] 0x0a:2 = 0xc9d7, Reset => 0xc9d7 [];
    "8.1.3.8" "the range is kept",
        REV2 [] 0x20:8 = 0x1, Reset => 0x1 [];

    "8.2.4.20.2" "decoders are disabled as a whole",
        LOCKED [] 0x04:4 = 0x3, Reset => 0 [];
    "8.2.4.20.7" "a locked decoder is kept",
        LOCKED [] 0x20:4 = 0x700, Reset => 0x700 [];
    "8.2.4.20.7" "a committed decoder is kept",
        COMMITTED [] 0x20:4 = 0x600, Reset => 0x600 [];
    "8.2.4.20.3" "a decoder stays where the guest put it",
        COMMITTED [w(0x20, 4, 0), w(0x10, 8, 0x9_0000_0000), w(0x20, 4, 0x200)]
        0x10:8 = 0x9_0000_0000, Reset => 0x9_0000_0000 [];
    "8.2.4.20.7" "a failed decoder is kept",
        FAILED [] 0x40:4 = 0xa00, Reset => 0xa00 [];
}
