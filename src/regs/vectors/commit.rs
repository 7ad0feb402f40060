// SPDX-License-Identifier: GPL-2.0

//! Commit, lock and release of HDM decoders (8.2.4.20.7).

use super::{
    committed,
    off,
    refused,
    released,
    rows,
    start::{
        Start,
        FOUR,
        MANY,
        PLAIN,
        RICH, //
    },
    w,
    Step, //
};
use crate::{
    effect::Switch::*,
    hdm::CommitError::*,
    policy::Policy, //
};

const MIB_256: u64 = 0x1000_0000;

/// The device's decoder 0 is committed: 4 GiB at 4 GiB.
const COMMITTED: Start = FOUR.with(&[(0x04, 0x2), (0x14, 0x1), (0x1c, 0x1), (0x20, 0x600)]);
/// The same, locked, as firmware leaves it.
const LOCKED: Start = FOUR.with(&[(0x04, 0x2), (0x14, 0x1), (0x1c, 0x1), (0x20, 0x700)]);
/// The same, with every other field set, on a device that has them.
const FULL: Start = RICH.with(&[(0x14, 0x1), (0x1c, 0x1), (0x20, 0x0fff_7706), (0x28, 0x1)]);
/// Locked, under the policy that releases nevertheless.
const V3: Start = LOCKED.policy(Policy {
    release_locked: true,
    ..Policy::DEFAULT
});
/// Committed, under the policy that lets decoders go in any order.
const ANY_ORDER: Start = COMMITTED.policy(Policy {
    release_in_order: false,
    ..Policy::DEFAULT
});
/// Under the policy that aligns bases to 256 MiB only.
const ANY_BASE: Start = FOUR.policy(Policy {
    base_aligned_to_ways: false,
    ..Policy::DEFAULT
});
/// A commit of the device's decoder 0 failed.
const FAILED: Start = FOUR.with(&[(0x20, 0xa00)]);

/// Base and size of decoder 1, above that of `COMMITTED`.
const BASE1: Step = w(0x30, 8, 0x2_0000_0000);
const SIZE1: Step = w(0x38, 8, MIB_256);
/// Base and size of decoder 2, above decoder 1.
const BASE2: Step = w(0x50, 8, 0x2_1000_0000);
const SIZE2: Step = w(0x58, 8, MIB_256);
/// COMMIT of a decoder.
const COMMIT0: Step = w(0x20, 4, 0x200);
const COMMIT1: Step = w(0x40, 4, 0x200);
const COMMIT2: Step = w(0x60, 4, 0x200);

rows! {
    "8.2.4.20.7" "a commit of the smallest size",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, COMMIT0 => 0x600 [committed(0, 0, MIB_256)];
    "8.2.4.20.7" "a commit at the end of the address space",
        FOUR [w(0x10, 8, 0xffff_ffff_e000_0000), w(0x18, 8, 0x1000_0000)] 0x20:4 = 0,
        COMMIT0 => 0x600 [committed(0, 0xffff_ffff_e000_0000, MIB_256)];
    "8.2.4.20.7" "COMMIT without an edge asks nothing",
        COMMITTED [] 0x20:4 = 0x600, w(0x20, 4, 0x600) => 0x600 [];
    "8.2.4.20.7" "a commit takes the ways of the same write",
        FOUR [w(0x18, 8, 0x2000_0000)] 0x20:4 = 0, w(0x20, 4, 0x216) => 0x616
            [committed(0, 0, 0x2000_0000)];
    "8.2.4.20.7" "a commit with LOCK_ON_COMMIT locks",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, w(0x20, 4, 0x300) => 0x700
            [committed(0, 0, MIB_256)];
    "8.2.4.20.7" "a commit of decoder 1 above decoder 0",
        COMMITTED [BASE1, SIZE1] 0x40:4 = 0, COMMIT1 => 0x600
            [committed(1, 0x2_0000_0000, MIB_256)];
    "8.2.4.20.7" "a commit of decoder 1 above a gap",
        COMMITTED [w(0x30, 8, 0x5_0000_0000), SIZE1] 0x40:4 = 0, COMMIT1 => 0x600
            [committed(1, 0x5_0000_0000, MIB_256)];
    "8.2.4.20.7" "3 ways",
        FOUR [w(0x10, 8, 0x3000_0000), w(0x18, 8, 0x6000_0000)] 0x20:4 = 0,
        w(0x20, 4, 0x280) => 0x680 [committed(0, 0x3000_0000, 0x6000_0000)];
    "8.2.4.20.7" "16 ways",
        FOUR [w(0x18, 8, 0x1_0000_0000)] 0x20:4 = 0, w(0x20, 4, 0x240) => 0x640
            [committed(0, 0, 0x1_0000_0000)];
    "8.2.4.20.7" "12 ways",
        FOUR [w(0x18, 8, 0xc000_0000)] 0x20:4 = 0, w(0x20, 4, 0x2a0) => 0x6a0
            [committed(0, 0, 0xc000_0000)];
    "8.2.4.20.7" "a decoder need not be enabled to commit",
        FOUR [w(0x18, 8, 0x1000_0000), COMMIT0] 0x20:4 = 0x600, w(0x04, 4, 0) => 0x600 [];
    "8.2.4.20.2" "disabling decoders leaves them committed",
        COMMITTED [] 0x20:4 = 0x600, w(0x04, 4, 0) => 0x600 [off(DecoderEnable)];

    "8.2.4.20.7" "size zero",
        FOUR [] 0x20:4 = 0, COMMIT0 => 0xa00 [refused(0, SizeZero)];
    "8.2.4.20.7" "size zero with LOCK_ON_COMMIT locks nothing",
        FOUR [] 0x20:4 = 0, w(0x20, 4, 0x300) => 0xb00 [refused(0, SizeZero)];
    "8.2.4.20.7" "base and size wrap",
        FOUR [w(0x10, 8, 0xffff_ffff_f000_0000), w(0x18, 8, 0x2000_0000)] 0x20:4 = 0,
        COMMIT0 => 0xa00
            [refused(0, Wraps { base: 0xffff_ffff_f000_0000, size: 0x2000_0000 })];
    "8.2.4.20.7" "base and size end at 2 to the power of 64",
        FOUR [w(0x10, 8, 0xffff_ffff_f000_0000), w(0x18, 8, 0x1000_0000)] 0x20:4 = 0,
        COMMIT0 => 0xa00
            [refused(0, Wraps { base: 0xffff_ffff_f000_0000, size: MIB_256 })];
    "8.2.4.20.7" "size no multiple of 2 ways",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, w(0x20, 4, 0x210) => 0xa10
            [refused(0, SizeAlignment { size: MIB_256, multiple: 0x2000_0000 })];
    "8.2.4.20.7" "size no multiple of 3 ways",
        FOUR [w(0x18, 8, 0x4000_0000)] 0x20:4 = 0, w(0x20, 4, 0x280) => 0xa80
            [refused(0, SizeAlignment { size: 0x4000_0000, multiple: 0x3000_0000 })];
    "8.2.4.20.7" "base no multiple of 2 ways",
        FOUR [w(0x10, 8, 0x1000_0000), w(0x18, 8, 0x2000_0000)] 0x20:4 = 0,
        w(0x20, 4, 0x210) => 0xa10
            [refused(0, BaseAlignment { base: MIB_256, multiple: 0x2000_0000 })];
    "8.2.4.20.7" "policy: base a multiple of 256 MiB only",
        ANY_BASE [w(0x10, 8, 0x1000_0000), w(0x18, 8, 0x2000_0000)] 0x20:4 = 0,
        w(0x20, 4, 0x210) => 0x610 [committed(0, MIB_256, 0x2000_0000)];
    "8.2.4.20.7" "reserved granularity",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, w(0x20, 4, 0x207) => 0xa07
            [refused(0, Granularity { encoding: 7 })];
    "8.2.4.20.7" "reserved ways between 16 and 3",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, w(0x20, 4, 0x250) => 0xa50
            [refused(0, Ways { encoding: 5 })];
    "8.2.4.20.7" "reserved ways above 12",
        FOUR [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0, w(0x20, 4, 0x2b0) => 0xab0
            [refused(0, Ways { encoding: 11 })];
    "8.2.4.20.7" "3 ways without the capability",
        PLAIN [w(0x18, 8, 0x3000_0000)] 0x20:4 = 0, w(0x20, 4, 0x280) => 0xa80
            [refused(0, Ways { encoding: 8 })];
    "8.2.4.20.7" "16 ways without the capability",
        PLAIN [w(0x18, 8, 0x1_0000_0000)] 0x20:4 = 0, w(0x20, 4, 0x240) => 0xa40
            [refused(0, Ways { encoding: 4 })];
    "8.2.4.20.7" "8 ways need no capability",
        PLAIN [w(0x18, 8, 0x8000_0000)] 0x20:4 = 0, w(0x20, 4, 0x230) => 0x630
            [committed(0, 0, 0x8000_0000)];
    "8.2.4.20.7" "decoder 1 before decoder 0",
        FOUR [SIZE1] 0x40:4 = 0, COMMIT1 => 0xa00 [refused(1, OutOfOrder)];
    "8.2.4.20.7" "decoder 2 before decoder 1",
        COMMITTED [BASE2, SIZE2] 0x60:4 = 0, COMMIT2 => 0xa00 [refused(2, OutOfOrder)];
    "8.2.4.20.7" "decoder 1 after decoder 0 failed",
        FAILED [SIZE1] 0x40:4 = 0, COMMIT1 => 0xa00 [refused(1, OutOfOrder)];
    "8.2.4.20.7" "decoder 1 overlaps the end of decoder 0",
        COMMITTED [w(0x30, 8, 0x1_f000_0000), SIZE1] 0x40:4 = 0, COMMIT1 => 0xa00
            [refused(1, Overlap { base: 0x1_f000_0000, below: 0x2_0000_0000 })];
    "8.2.4.20.7" "decoder 1 equals decoder 0",
        COMMITTED [w(0x30, 8, 0x1_0000_0000), w(0x38, 8, 0x1_0000_0000)] 0x40:4 = 0,
        COMMIT1 => 0xa00
            [refused(1, Overlap { base: 0x1_0000_0000, below: 0x2_0000_0000 })];
    "8.2.4.20.7" "decoder 1 below decoder 0",
        COMMITTED [SIZE1] 0x40:4 = 0, COMMIT1 => 0xa00
            [refused(1, Overlap { base: 0, below: 0x2_0000_0000 })];

    "8.2.4.20.7" "a failed commit is acknowledged by clearing COMMIT",
        FAILED [] 0x20:4 = 0xa00, w(0x20, 4, 0) => 0 [];
    "8.2.4.20.7" "a failed commit stays while COMMIT is set",
        FAILED [w(0x18, 8, 0x1000_0000)] 0x20:4 = 0xa00, COMMIT0 => 0xa00 [];
    "8.2.4.20.7" "a failed decoder is not locked",
        FAILED [] 0x18:8 = 0, w(0x18, 8, 0x1000_0000) => 0x1000_0000 [];
    "8.2.4.20.7" "a failed decoder keeps LOCK_ON_COMMIT when acknowledged",
        FOUR [w(0x20, 4, 0x300)] 0x20:4 = 0xb00, w(0x20, 4, 0x100) => 0x100 [];
    "8.2.4.20.7" "a failed commit is retried",
        FAILED [w(0x18, 8, 0x1000_0000), w(0x20, 4, 0)] 0x20:4 = 0, COMMIT0 => 0x600
            [committed(0, 0, MIB_256)];

    "8.2.4.20.7" "committed: base is RO",
        COMMITTED [] 0x10:8 = 0x1_0000_0000, w(0x10, 8, 0xffff_ffff_ffff_ffff)
            => 0x1_0000_0000 [];
    "8.2.4.20.7" "committed: size is RO",
        COMMITTED [] 0x18:8 = 0x1_0000_0000, w(0x18, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "committed: skip is RO",
        FULL [] 0x24:8 = 0x1_0000_0000, w(0x24, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "committed: granularity and ways are RO",
        COMMITTED [] 0x20:4 = 0x600, w(0x20, 4, 0x212) => 0x600 [];
    "8.2.4.20.7" "committed: LOCK_ON_COMMIT is RO",
        COMMITTED [] 0x20:4 = 0x600, w(0x20, 4, 0x300) => 0x600 [];
    "8.2.4.20.7" "committed: type, BI, UIO and its interleave are RO",
        FULL [] 0x20:4 = 0x0fff_7706, w(0x20, 4, 0x200) => 0x0fff_7706 [];
    "8.2.4.20.7" "committed: the next decoder is not locked",
        COMMITTED [] 0x30:8 = 0, w(0x30, 8, 0x5000_0000) => 0x5000_0000 [];

    "8.2.4.20.7" "clearing COMMIT releases",
        COMMITTED [] 0x20:4 = 0x600, w(0x20, 4, 0) => 0 [released(0)];
    "8.2.4.20.7" "the byte with COMMIT releases",
        COMMITTED [] 0x20:4 = 0x600, w(0x21, 1, 0) => 0 [released(0)];
    "8.2.4.20.7" "the other bytes do not release",
        COMMITTED [] 0x20:4 = 0x600, w(0x20, 1, 0) => 0x600 [];
    "8.2.4.20.7" "a release keeps the rest of Control",
        FOUR [w(0x18, 8, 0x2000_0000), w(0x20, 4, 0x216)] 0x20:4 = 0x616, w(0x20, 4, 0) => 0x16
            [released(0)];
    "8.2.4.20.7" "a release keeps base and size",
        COMMITTED [] 0x18:8 = 0x1_0000_0000, w(0x20, 4, 0) => 0x1_0000_0000 [released(0)];
    "8.2.4.20.7" "a released decoder is not locked",
        COMMITTED [w(0x20, 4, 0)] 0x18:8 = 0x1_0000_0000, w(0x18, 8, 0x2000_0000) => 0x2000_0000
            [];
    "8.2.4.20.7" "a released decoder commits elsewhere",
        COMMITTED [w(0x20, 4, 0), w(0x10, 8, 0x9_0000_0000)] 0x20:4 = 0, COMMIT0 => 0x600
            [committed(0, 0x9_0000_0000, 0x1_0000_0000)];
    "8.2.4.20.7" "decoder 0 is not released before decoder 1",
        COMMITTED [BASE1, SIZE1, COMMIT1] 0x20:4 = 0x600, w(0x20, 4, 0) => 0x600 [];
    "8.2.4.20.7" "decoder 1 is released before decoder 0",
        COMMITTED [BASE1, SIZE1, COMMIT1] 0x40:4 = 0x600, w(0x40, 4, 0) => 0 [released(1)];
    "8.2.4.20.7" "decoder 0 is released after decoder 1",
        COMMITTED [BASE1, SIZE1, COMMIT1, w(0x40, 4, 0)] 0x20:4 = 0x600, w(0x20, 4, 0) => 0
            [released(0)];
    "8.2.4.20.7" "decoder 0 is released although decoder 1 failed",
        COMMITTED [COMMIT1] 0x20:4 = 0x600, w(0x20, 4, 0) => 0 [released(0)];
    "8.2.4.20.7" "the last of 32 decoders has no upper neighbour",
        MANY [w(0x3f8, 8, 0x1000_0000)] 0x400:4 = 0, w(0x400, 4, 0x200) => 0xa00
            [refused(31, OutOfOrder)];
    "8.2.4.20.7" "policy: any order leaves a gap",
        ANY_ORDER [BASE1, SIZE1, COMMIT1] 0x20:4 = 0x600, w(0x20, 4, 0) => 0 [released(0)];
    "8.2.4.20.7" "policy: a gap is filled",
        ANY_ORDER [BASE1, SIZE1, COMMIT1, w(0x20, 4, 0)] 0x20:4 = 0, COMMIT0 => 0x600
            [committed(0, 0x1_0000_0000, 0x1_0000_0000)];
    "8.2.4.20.7" "policy: a gap is not filled beyond the next decoder",
        ANY_ORDER [BASE1, SIZE1, COMMIT1, w(0x20, 4, 0), w(0x18, 8, 0x1_1000_0000)]
        0x20:4 = 0, COMMIT0 => 0xa00
            [refused(0, OverlapAbove { end: 0x2_1000_0000, above: 0x2_0000_0000 })];
    "8.2.4.20.7" "policy: a gap is not filled beyond any committed decoder",
        ANY_ORDER [
            BASE1, SIZE1, COMMIT1, BASE2, SIZE2, COMMIT2, w(0x40, 4, 0), w(0x20, 4, 0),
            w(0x18, 8, 0x1_2000_0000)
        ]
        0x20:4 = 0, COMMIT0 => 0xa00
            [refused(0, OverlapAbove { end: 0x2_2000_0000, above: 0x2_1000_0000 })];
    "8.2.4.20.7" "policy: no commit above a gap",
        ANY_ORDER [
            BASE1, SIZE1, COMMIT1, w(0x20, 4, 0), BASE2, SIZE2
        ]
        0x60:4 = 0, COMMIT2 => 0xa00 [refused(2, OutOfOrder)];

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
    "8.2.4.20.7" "locked: the next decoder commits and is released",
        LOCKED [BASE1, SIZE1, COMMIT1] 0x40:4 = 0x600, w(0x40, 4, 0) => 0 [released(1)];
    "8.2.4.20.7" "policy v3: clearing COMMIT releases a locked decoder",
        V3 [] 0x20:4 = 0x700, w(0x20, 4, 0x100) => 0 [released(0)];
    "8.2.4.20.7" "policy v3: LOCK_ON_COMMIT alone stays locked",
        V3 [] 0x20:4 = 0x700, w(0x20, 4, 0x200) => 0x700 [];
    "8.2.4.20.7" "policy v3: base of a locked decoder is RO",
        V3 [] 0x10:8 = 0x1_0000_0000, w(0x10, 8, 0) => 0x1_0000_0000 [];
    "8.2.4.20.7" "policy v3: not before the next decoder",
        V3 [BASE1, SIZE1, COMMIT1] 0x20:4 = 0x700, w(0x20, 4, 0) => 0x700 [];
}
