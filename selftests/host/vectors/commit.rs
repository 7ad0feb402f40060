// SPDX-License-Identifier: GPL-2.0

//! Commit, lock and release of HDM decoders (8.2.4.20.7): what firmware committed is all that there
//! is to be committed.

use super::{
    rows,
    start::{
        Start,
        COMMITTED as WINDOW,
        FOUR,
        MANY,
        RICH, //
    },
    w,
    Step,
    COMMITTED,
    NOT_COMMITTED,
    RELEASED, //
};
use cxl_regs::hdm::{
    Lock,
    Options, //
};

/// Decoder 0 is locked, as firmware leaves it: 4 GiB at 4 GiB.
const LOCKED: Start = FOUR.with(&[(0x04, 0x2), (0x14, 0x1), (0x1c, 0x1), (0x20, 0x700)]);
/// The same, with every other field set, on a device that has them.
const FULL: Start = RICH.with(&[(0x14, 0x1), (0x1c, 0x1), (0x20, 0x0f00_7706), (0x28, 0x1)]);
/// Not locked, with a skip.
const SKIPPING: Start = RICH.with(&[(0x14, 0x1), (0x1c, 0x1), (0x20, 0x600), (0x28, 0x1)]);
/// Locked, and released nevertheless.
const V3: Start = Start {
    options: Options {
        back_invalidate: false,
        lock: Lock::Releasable,
    },
    ..LOCKED
};
/// Locked, and shown to a VMM that places it.
const V2: Start = Start {
    options: Options {
        back_invalidate: false,
        lock: Lock::Placeable,
    },
    ..LOCKED
};
/// A commit of the device's decoder 0 failed.
const FAILED: Start = FOUR.with(&[(0x20, 0xa00)]);
/// Two decoders are committed, which binding refuses.
const TWO: Start = FOUR.with(&[
    (0x14, 0x1),
    (0x1c, 0x1),
    (0x20, 0x600),
    (0x34, 0x2),
    (0x3c, 0x1),
    (0x40, 0x600),
]);

const FREE0: Step = w(0x20, 4, 0);
const COMMIT0: Step = w(0x20, 4, 0x200);
const COMMIT1: Step = w(0x40, 4, 0x200);
/// Size of decoder 1.
const SIZE1: Step = w(0x38, 8, 0x1_0000_0000);

rows! {
    "8.2.4.20.7" "the window commits where it was",
        WINDOW [FREE0] 0x20:4 = 0, COMMIT0 => 0x600 [COMMITTED];
    "8.2.4.20.7" "the window commits elsewhere",
        WINDOW [FREE0, w(0x10, 8, 0x9_0000_0000)] 0x20:4 = 0, COMMIT0 => 0x600 [COMMITTED];
    "8.2.4.20.7" "the window commits at 0",
        WINDOW [FREE0, w(0x10, 8, 0)] 0x20:4 = 0, COMMIT0 => 0x600 [COMMITTED];
    "8.2.4.20.7" "the window commits at the end of the address space",
        WINDOW [FREE0, w(0x10, 8, 0xffff_fffe_f000_0000)] 0x20:4 = 0, COMMIT0 => 0x600
            [COMMITTED];
    "8.2.4.20.7" "base and size end at 2 to the power of 64",
        WINDOW [FREE0, w(0x10, 8, 0xffff_ffff_0000_0000)] 0x20:4 = 0, COMMIT0 => 0xa00
            [NOT_COMMITTED];
    "8.2.4.20.7" "base and size wrap",
        WINDOW [FREE0, w(0x10, 8, 0xffff_ffff_f000_0000)] 0x20:4 = 0, COMMIT0 => 0xa00
            [NOT_COMMITTED];
    "8.2.4.20.7" "with its skip",
        SKIPPING [FREE0] 0x20:4 = 0, COMMIT0 => 0x600 [COMMITTED];
    "8.2.4.20.7" "not with another skip",
        SKIPPING [FREE0, w(0x24, 8, 0)] 0x20:4 = 0, COMMIT0 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "not with a skip that it had not",
        WINDOW [FREE0, w(0x24, 8, 0x1000_0000)] 0x20:4 = 0, COMMIT0 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "COMMIT without an edge asks nothing",
        WINDOW [] 0x20:4 = 0x600, w(0x20, 4, 0x600) => 0x600 [];
    "8.2.4.20.7" "a commit with LOCK_ON_COMMIT locks",
        WINDOW [FREE0] 0x20:4 = 0, w(0x20, 4, 0x300) => 0x700 [COMMITTED];
    "8.2.4.20.7" "any granularity with one way",
        WINDOW [FREE0] 0x20:4 = 0, w(0x20, 4, 0x206) => 0x606 [COMMITTED];
    "8.2.4.20.7" "but no reserved one",
        WINDOW [FREE0] 0x20:4 = 0, w(0x20, 4, 0x207) => 0xa07 [NOT_COMMITTED];
    "8.2.4.20.7" "two ways",
        WINDOW [FREE0] 0x20:4 = 0, w(0x20, 4, 0x210) => 0xa10 [NOT_COMMITTED];
    "8.2.4.20.7" "two ways of twice the size",
        WINDOW [FREE0, w(0x18, 8, 0x2_0000_0000)] 0x20:4 = 0, w(0x20, 4, 0x210) => 0xa10
            [NOT_COMMITTED];
    "8.2.4.20.7" "a larger size",
        WINDOW [FREE0, w(0x18, 8, 0x1_1000_0000)] 0x20:4 = 0, COMMIT0 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "a smaller size",
        WINDOW [FREE0, w(0x18, 8, 0xf000_0000)] 0x20:4 = 0, COMMIT0 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "size zero",
        WINDOW [FREE0, w(0x18, 8, 0)] 0x20:4 = 0, COMMIT0 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "size zero with LOCK_ON_COMMIT locks nothing",
        WINDOW [FREE0, w(0x18, 8, 0)] 0x20:4 = 0, w(0x20, 4, 0x300) => 0xb00 [NOT_COMMITTED];
    "8.2.4.20.7" "another target type",
        SKIPPING [FREE0] 0x20:4 = 0, w(0x20, 4, 0x1200) => 0x1a00 [NOT_COMMITTED];
    "8.2.4.20.7" "back-invalidate that firmware did not choose",
        SKIPPING [FREE0] 0x20:4 = 0, w(0x20, 4, 0x2200) => 0x2a00 [NOT_COMMITTED];
    "8.2.4.20.7" "unordered I/O that firmware did not choose",
        SKIPPING [FREE0] 0x20:4 = 0, w(0x20, 4, 0x4200) => 0x4a00 [NOT_COMMITTED];
    "8.2.4.20.7" "another part of an interleave of unordered I/O",
        SKIPPING [FREE0] 0x20:4 = 0, w(0x20, 4, 0x0100_0200) => 0x0100_0a00 [NOT_COMMITTED];
    "8.2.4.20.7" "decoder 1 of the window's size",
        WINDOW [SIZE1] 0x40:4 = 0, COMMIT1 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "decoder 1 instead of decoder 0",
        WINDOW [FREE0, w(0x30, 8, 0x1_0000_0000), SIZE1] 0x40:4 = 0, COMMIT1 => 0xa00
            [NOT_COMMITTED];
    "8.2.4.20.7" "the last of 32 decoders",
        MANY [w(0x3f8, 8, 0x1000_0000)] 0x400:4 = 0, w(0x400, 4, 0x200) => 0xa00
            [NOT_COMMITTED];
    "8.2.4.20.7" "decoder 0 of a device without a window",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, COMMIT0 => 0xa00 [NOT_COMMITTED];
    "8.2.4.20.7" "a decoder need not be enabled to commit",
        WINDOW [FREE0, w(0x04, 4, 0)] 0x20:4 = 0, COMMIT0 => 0x600 [COMMITTED];
    "8.2.4.20.2" "disabling decoders leaves them committed",
        WINDOW [w(0x04, 4, 0)] 0x20:4 = 0x600, w(0x04, 4, 0) => 0x600 [];

    "8.2.4.20.7" "a failed commit is acknowledged by clearing COMMIT",
        FAILED [] 0x20:4 = 0xa00, w(0x20, 4, 0) => 0 [];
    "8.2.4.20.7" "a failed commit stays while COMMIT is set",
        FAILED [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0xa00, COMMIT0 => 0xa00 [];
    "8.2.4.20.7" "a failed decoder is not locked",
        FAILED [] 0x18:8 = 0, w(0x18, 8, 0x1000_0000) => 0x1000_0000 [];
    "8.2.4.20.7" "a failed decoder keeps LOCK_ON_COMMIT when acknowledged",
        FOUR [w(0x20, 4, 0x300)] 0x20:4 = 0xb00, w(0x20, 4, 0x100) => 0x100 [];
    "8.2.4.20.7" "a failed commit is retried",
        WINDOW [FREE0, w(0x18, 8, 0), COMMIT0, w(0x18, 8, 0x1_0000_0000), FREE0] 0x20:4 = 0,
        COMMIT0 => 0x600 [COMMITTED];

    "8.2.4.20.7" "committed: base is RO",
        WINDOW [] 0x10:8 = 0x1_0000_0000, w(0x10, 8, 0xffff_ffff_ffff_ffff)
            => 0x1_0000_0000 [];
    "8.2.4.20.7" "committed: size is RO",
        WINDOW [] 0x18:8 = 0x1_0000_0000, w(0x18, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "committed: skip is RO",
        FULL [] 0x24:8 = 0x1_0000_0000, w(0x24, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "committed: granularity and ways are RO",
        WINDOW [] 0x20:4 = 0x600, w(0x20, 4, 0x212) => 0x600 [];
    "8.2.4.20.7" "committed: LOCK_ON_COMMIT is RO",
        WINDOW [] 0x20:4 = 0x600, w(0x20, 4, 0x300) => 0x600 [];
    "8.2.4.20.7" "committed: type, BI, UIO and its interleave are RO",
        FULL [] 0x20:4 = 0x0f00_7706, w(0x20, 4, 0x200) => 0x0f00_7706 [];
    "8.2.4.20.7" "committed: the next decoder is not locked",
        WINDOW [] 0x30:8 = 0, w(0x30, 8, 0x5000_0000) => 0x5000_0000 [];

    "8.2.4.20.7" "clearing COMMIT releases",
        WINDOW [] 0x20:4 = 0x600, w(0x20, 4, 0) => 0 [RELEASED];
    "8.2.4.20.7" "the byte with COMMIT releases",
        WINDOW [] 0x20:4 = 0x600, w(0x21, 1, 0) => 0 [RELEASED];
    "8.2.4.20.7" "the other bytes do not release",
        WINDOW [] 0x20:4 = 0x600, w(0x20, 1, 0) => 0x600 [];
    "8.2.4.20.7" "a release keeps the rest of Control",
        WINDOW [FREE0, w(0x20, 4, 0x206)] 0x20:4 = 0x606, w(0x20, 4, 0) => 0x6 [RELEASED];
    "8.2.4.20.7" "a release keeps base and size",
        WINDOW [] 0x18:8 = 0x1_0000_0000, w(0x20, 4, 0) => 0x1_0000_0000 [RELEASED];
    "8.2.4.20.7" "a released decoder is not locked",
        WINDOW [FREE0] 0x18:8 = 0x1_0000_0000, w(0x18, 8, 0x2000_0000) => 0x2000_0000 [];
    "8.2.4.20.7" "decoder 0 is released before decoder 1",
        TWO [] 0x20:4 = 0x600, w(0x20, 4, 0) => 0 [RELEASED];
    "8.2.4.20.7" "decoder 1 is released before decoder 0",
        TWO [] 0x40:4 = 0x600, w(0x40, 4, 0) => 0 [RELEASED];

    "8.2.4.20.7" "locked: clearing COMMIT does nothing",
        LOCKED [] 0x20:4 = 0x700, w(0x20, 4, 0) => 0x700 [];
    "8.2.4.20.7" "locked: clearing LOCK_ON_COMMIT does nothing",
        LOCKED [] 0x20:4 = 0x700, w(0x20, 4, 0x200) => 0x700 [];
    "8.2.4.20.7" "locked: writing all ones does nothing",
        LOCKED [] 0x20:4 = 0x700, w(0x20, 4, 0xffff_ffff) => 0x700 [];
    "8.2.4.20.7" "locked: a byte does nothing",
        LOCKED [] 0x20:4 = 0x700, w(0x21, 1, 0) => 0x700 [];
    "8.2.4.20.7" "locked: base is RO",
        LOCKED [] 0x10:8 = 0x1_0000_0000, w(0x10, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "locked: size is RO",
        LOCKED [] 0x18:8 = 0x1_0000_0000, w(0x18, 8, 0x2_0000_0000) => 0x1_0000_0000 [];
    "8.2.4.20.7" "releasable: clearing COMMIT releases a locked decoder",
        V3 [] 0x20:4 = 0x700, w(0x20, 4, 0x100) => 0 [RELEASED];
    "8.2.4.20.7" "releasable: LOCK_ON_COMMIT alone stays locked",
        V3 [] 0x20:4 = 0x700, w(0x20, 4, 0x200) => 0x700 [];
    "8.2.4.20.7" "releasable: base of a locked decoder is RO",
        V3 [] 0x10:8 = 0x1_0000_0000, w(0x10, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "placeable: starts without LOCK_ON_COMMIT",
        V2 [] 0x20:4 = 0x600, w(0x20, 4, 0x600) => 0x600 [];
    "8.2.4.20.3" "placeable: starts at 0, and the base can be written",
        V2 [] 0x10:8 = 0, w(0x10, 4, 0x9fff_ffff) => 0x9000_0000 [];
    "8.2.4.20.4" "placeable: so can its upper half",
        V2 [] 0x10:8 = 0, w(0x14, 4, 0x8) => 0x8_0000_0000 [];
    "8.2.4.20.5" "placeable: size is RO",
        V2 [] 0x18:8 = 0x1_0000_0000, w(0x18, 8, 0x2_0000_0000) => 0x1_0000_0000 [];
    "8.2.4.20.9" "placeable: skip is RO",
        V2 [] 0x24:8 = 0, w(0x24, 8, 0x1_0000_0000) => 0 [];
    "8.2.4.20.7" "placeable: a commit with LOCK_ON_COMMIT locks",
        V2 [w(0x10, 8, 0x9_0000_0000)] 0x20:4 = 0x600, w(0x20, 4, 0x300) => 0x700 [];
    "8.2.4.20.3" "placeable: not where base and size wrap",
        V2 [w(0x10, 4, 0xf000_0000)] 0x10:8 = 0xf000_0000, w(0x14, 4, 0xffff_ffff) => 0xf000_0000 [];
    "8.2.4.20.3" "placeable: up to the end of the address space",
        V2 [w(0x14, 4, 0xffff_fffe)] 0x10:8 = 0xffff_fffe_0000_0000,
        w(0x10, 4, 0xf000_0000) => 0xffff_fffe_f000_0000 [];
    "8.2.4.20.7" "placeable: the lock freezes the base",
        V2 [w(0x14, 4, 0x9), w(0x20, 4, 0x300)] 0x10:8 = 0x9_0000_0000,
        w(0x10, 8, 0) => 0x9_0000_0000 [];
    "8.2.4.20.7" "placeable: the lock freezes COMMIT",
        V2 [w(0x20, 4, 0x300)] 0x20:4 = 0x700, w(0x20, 4, 0x100) => 0x700 [];
    "8.2.4.20.7" "placeable: the lock alone is cleared",
        V2 [w(0x20, 4, 0x300)] 0x20:4 = 0x700, w(0x20, 4, 0) => 0x600 [];
    "8.2.4.20.7" "placeable: without the lock, clearing COMMIT releases",
        V2 [w(0x20, 4, 0x300), w(0x20, 4, 0)] 0x20:4 = 0x600, w(0x20, 4, 0) => 0 [RELEASED];
    "8.2.4.20.7" "placeable: what is committed keeps its granularity",
        V2 [] 0x20:4 = 0x600, w(0x20, 4, 0x202) => 0x600 [];
    "8.2.4.20.7" "placeable: a byte can lock",
        V2 [] 0x20:4 = 0x600, w(0x21, 1, 0x7) => 0x700 [];
    "8.2.4.20.7" "placeable: the window commits again",
        V2 [FREE0, w(0x10, 8, 0x9_0000_0000)] 0x20:4 = 0, w(0x20, 4, 0x300) => 0x700 [COMMITTED];
}
