// SPDX-License-Identifier: GPL-2.0

//! What each kind of reset does to each kind of field.

use super::{
    off,
    released,
    reset,
    rows,
    start::{
        Start,
        FOUR,
        PLAIN,
        REV2, //
    },
    w,
    Step, //
};
use crate::{
    attr::Reset::*,
    dvsec::Status,
    effect::Switch::*,
    policy::Policy, //
};

/// CXL Reset clears what is locked, too.
const WEAK_LOCKS: Policy = Policy {
    locks_survive_cxl_reset: false,
    ..Policy::DEFAULT
};

/// CONFIG_LOCK is set.
const CONFIG_LOCKED: Start = REV2.with(&[(0x14, 0x0040_0001)]);
const CONFIG_LOCKED_WEAKLY: Start = CONFIG_LOCKED.policy(WEAK_LOCKS);

/// Decoder 0: 256 MiB at 0, committed. Decoder 1 above it, locked. Decoder 2 above that,
/// committed. Decoder 3 failed.
const STACK: Start = FOUR.with(&[
    (0x04, 0x3),
    (0x18, 0x1000_0000),
    (0x20, 0x600),
    (0x30, 0x1000_0000),
    (0x38, 0x1000_0000),
    (0x40, 0x700),
    (0x50, 0x2000_0000),
    (0x58, 0x1000_0000),
    (0x60, 0x600),
    (0x80, 0xa00),
]);
const STACK_WEAK: Start = STACK.policy(WEAK_LOCKS);
/// One decoder, committed.
const COMMITTED: Start = PLAIN.with(&[(0x04, 0x2), (0x18, 0x1000_0000), (0x20, 0x600)]);

const VIRAL: Step = Step::Raise(Status::Viral);
const LOST: Step = Step::Raise(Status::VolatilePreservation);
const DONE: Step = Step::CompleteReset { success: true };
const WRITTEN_BACK: Step = Step::CompleteWriteBack;

rows! {
    "8.1.3.2" "FLR keeps Control",
        REV2 [w(0x0c, 2, 0x0ffd)] 0x0c:2 = 0x0fff, reset(Flr) => 0x0fff [];
    "8.1.3.2" "CXL Reset clears Control, except IO_Enable",
        REV2 [w(0x0c, 2, 0x0ffd)] 0x0c:2 = 0x0fff, reset(Cxl) => 0x0002
            [off(CacheEnable), off(MemEnable)];
    "8.1.3.2" "CXL Reset keeps Control under CONFIG_LOCK",
        CONFIG_LOCKED [] 0x0c:2 = 0x0006, reset(Cxl) => 0x0006 [];
    "8.1.3.2" "policy: CXL Reset clears Control under CONFIG_LOCK",
        CONFIG_LOCKED_WEAKLY [] 0x0c:2 = 0x0006, reset(Cxl) => 0x0002
            [off(MemEnable), off(ConfigLock)];
    "8.1.3.2" "a conventional reset clears Control under CONFIG_LOCK",
        CONFIG_LOCKED [] 0x0c:2 = 0x0006, reset(Conventional) => 0x0002
            [off(MemEnable), off(ConfigLock)];
    "8.1.3.2" "loss of power clears Control",
        REV2 [] 0x0c:2 = 0x0006, reset(PowerGood) => 0x0002 [off(MemEnable)];
    "8.1.3.3" "FLR keeps Viral_Status",
        REV2 [VIRAL] 0x0e:2 = 0x4000, reset(Flr) => 0x4000 [];
    "8.1.3.3" "CXL Reset keeps Viral_Status",
        REV2 [VIRAL] 0x0e:2 = 0x4000, reset(Cxl) => 0x4000 [off(MemEnable)];
    "8.1.3.3" "a conventional reset keeps Viral_Status",
        REV2 [VIRAL] 0x0e:2 = 0x4000, reset(Conventional) => 0x4000 [off(MemEnable)];
    "8.1.3.3" "loss of power clears Viral_Status",
        REV2 [VIRAL] 0x0e:2 = 0x4000, reset(PowerGood) => 0 [off(MemEnable)];
    "8.1.3.4" "FLR keeps Control2",
        REV2 [w(0x10, 2, 0x39)] 0x10:2 = 0x39, reset(Flr) => 0x39 [];
    "8.1.3.4" "CXL Reset clears Control2",
        REV2 [w(0x10, 2, 0x39)] 0x10:2 = 0x39, reset(Cxl) => 0
            [off(MemEnable), off(DisableCaching), off(MemClear)];
    "8.1.3.4" "CXL Reset clears Control2 under CONFIG_LOCK",
        CONFIG_LOCKED [w(0x10, 2, 0x39)] 0x10:2 = 0x39, reset(Cxl) => 0
            [off(DisableCaching), off(MemClear)];
    "8.1.3.4" "a conventional reset clears Control2",
        REV2 [w(0x10, 2, 0x39)] 0x10:2 = 0x39, reset(Conventional) => 0
            [off(MemEnable), off(DisableCaching), off(MemClear)];
    "8.1.3.5" "FLR keeps completions",
        REV2 [DONE, WRITTEN_BACK] 0x12:2 = 0x3, reset(Flr) => 0x3 [];
    "8.1.3.5" "CXL Reset forgets completions",
        REV2 [DONE, WRITTEN_BACK] 0x12:2 = 0x3, reset(Cxl) => 0 [off(MemEnable)];
    "8.1.3.5" "a conventional reset forgets completions",
        REV2 [DONE, WRITTEN_BACK] 0x12:2 = 0x3, reset(Conventional) => 0 [off(MemEnable)];
    "8.1.3.5" "a conventional reset keeps the preservation error",
        REV2 [LOST] 0x12:2 = 0x8, reset(Conventional) => 0x8 [off(MemEnable)];
    "8.1.3.5" "loss of power clears the preservation error",
        REV2 [LOST] 0x12:2 = 0x8, reset(PowerGood) => 0 [off(MemEnable)];
    "8.1.3.6" "FLR keeps CONFIG_LOCK",
        CONFIG_LOCKED [] 0x14:2 = 0x1, reset(Flr) => 0x1 [];
    "8.1.3.6" "CXL Reset keeps CONFIG_LOCK",
        CONFIG_LOCKED [] 0x14:2 = 0x1, reset(Cxl) => 0x1 [];
    "8.1.3.6" "policy: CXL Reset clears CONFIG_LOCK",
        CONFIG_LOCKED_WEAKLY [] 0x14:2 = 0x1, reset(Cxl) => 0 [off(MemEnable), off(ConfigLock)];
    "8.1.3.6" "a conventional reset clears CONFIG_LOCK",
        CONFIG_LOCKED [] 0x14:2 = 0x1, reset(Conventional) => 0
            [off(MemEnable), off(ConfigLock)];
    "8.1.3.6" "loss of power clears CONFIG_LOCK",
        CONFIG_LOCKED [] 0x14:2 = 0x1, reset(PowerGood) => 0 [off(MemEnable), off(ConfigLock)];
    "8.1.3.1" "loss of power keeps what is the device's",
        REV2 [] 0x0a:2 = 0xc9d7, reset(PowerGood) => 0xc9d7 [off(MemEnable)];
    "8.1.3" "loss of power keeps the header",
        REV2 [] 0x04:4 = 0x03c2_1e98, reset(PowerGood) => 0x03c2_1e98 [off(MemEnable)];
    "8.1.3.8" "loss of power keeps the range",
        REV2 [] 0x18:8 = 0x3_0000_0001, reset(PowerGood) => 0x3_0000_0001 [off(MemEnable)];

    "8.2.4.20.7" "FLR keeps a committed decoder",
        COMMITTED [] 0x20:4 = 0x600, reset(Flr) => 0x600 [];
    "8.2.4.20.7" "CXL Reset releases a committed decoder",
        COMMITTED [] 0x20:4 = 0x600, reset(Cxl) => 0 [released(0), off(DecoderEnable)];
    "8.2.4.20.7" "CXL Reset clears the size of a released decoder",
        COMMITTED [] 0x18:8 = 0x1000_0000, reset(Cxl) => 0 [released(0), off(DecoderEnable)];
    "8.2.4.20.7" "CXL Reset keeps a locked decoder",
        STACK [] 0x40:4 = 0x700, reset(Cxl) => 0x700 [released(2)];
    "8.2.4.20.7" "CXL Reset keeps what is below a locked decoder",
        STACK [] 0x20:4 = 0x600, reset(Cxl) => 0x600 [released(2)];
    "8.2.4.20.7" "CXL Reset releases what is above a locked decoder",
        STACK [] 0x60:4 = 0x600, reset(Cxl) => 0 [released(2)];
    "8.2.4.20.7" "CXL Reset acknowledges a failed commit",
        STACK [] 0x80:4 = 0xa00, reset(Cxl) => 0 [released(2)];
    "8.2.4.20.2" "CXL Reset keeps global control over a locked decoder",
        STACK [] 0x04:4 = 0x3, reset(Cxl) => 0x3 [released(2)];
    "8.2.4.20.7" "policy: CXL Reset releases a locked decoder",
        STACK_WEAK [] 0x40:4 = 0x700, reset(Cxl) => 0
            [released(2), released(1), released(0), off(DecoderEnable), off(PoisonEnable)];
    "8.2.4.20.7" "FLR keeps a locked decoder",
        STACK [] 0x40:4 = 0x700, reset(Flr) => 0x700 [];
    "8.2.4.20.7" "a conventional reset releases a locked decoder",
        STACK [] 0x40:4 = 0x700, reset(Conventional) => 0
            [released(2), released(1), released(0), off(DecoderEnable), off(PoisonEnable)];
    "8.2.4.20.3" "a conventional reset clears base and size",
        STACK [] 0x50:8 = 0x2000_0000, reset(Conventional) => 0
            [released(2), released(1), released(0), off(DecoderEnable), off(PoisonEnable)];
    "8.2.4.20.2" "a conventional reset clears global control",
        STACK [] 0x04:4 = 0x3, reset(Conventional) => 0
            [released(2), released(1), released(0), off(DecoderEnable), off(PoisonEnable)];
    "8.2.4.20.7" "loss of power releases a locked decoder",
        STACK [] 0x40:4 = 0x700, reset(PowerGood) => 0
            [released(2), released(1), released(0), off(DecoderEnable), off(PoisonEnable)];
    "8.2.4.20.1" "loss of power keeps the capability",
        STACK [] 0x00:4 = 0x1c02, reset(PowerGood) => 0x1c02
            [released(2), released(1), released(0), off(DecoderEnable), off(PoisonEnable)];
    "8.2.4.20.7" "a conventional reset keeps the type that the device has",
        HOST_ONLY [] 0x20:4 = 0x1000, reset(Conventional) => 0x1000 [];
}

/// The device's decoder is host-only, and the guest cannot choose.
const HOST_ONLY: Start = PLAIN.with(&[(0x20, 0x1000)]);
