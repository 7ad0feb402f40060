// SPDX-License-Identifier: GPL-2.0

//! Snapshots that must not be accepted.

use super::start::{
    Snapshot,
    Start,
    ARRAY,
    FOUR,
    MANY,
    REV1,
    REV2, //
};

/// A snapshot that must be refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The section of CXL r4.0 that it violates.
    pub section: &'static str,
    /// How, in words.
    pub what: &'static str,
    /// What the device says.
    pub start: Start,
    /// Where, and what was found there.
    pub unfit: (u32, u64),
}

/// Writes the table, a refusal a row: `section what, start => offset, found;`
macro_rules! refusals {
    ($($section:literal $what:literal, $start:expr => $offset:literal, $found:expr;)*) => {
        pub(super) const REFUSALS: &[Refusal] = &[
            $(
                Refusal {
                    section: $section,
                    what: $what,
                    start: $start,
                    unfit: ($offset, $found),
                },
            )*
        ];
    };
}

/// A Register Locator DVSEC: memory device registers in BAR 4, component registers in BAR 0 at
/// 64 KiB.
const LOCATOR: Start = Start {
    snapshot: Snapshot::Locator,
    words: &[0, 0x01c0_1e98, 0x0000_0008, 0x0000_0304, 0, 0x0001_0100, 0],
    dwords: 7,
    ..ARRAY
};

/// `start`, cut to `dwords` dwords.
const fn cut(start: Start, dwords: usize) -> Start {
    Start { dwords, ..start }
}

refusals! {
    "8.1.3" "no device",
        REV2.with(&[(0x04, !0)]) => 0x04, 0xffff_ffff;
    "8.1.3" "the device went away after the header",
        REV2.with(&[(0x0c, !0)]) => 0x0c, 0xffff_ffff;
    "8.1.3" "the device went away at the end",
        REV2.with(&[(0x38, !0)]) => 0x38, 0xffff_ffff;
    "8.1.3" "nothing at all",
        cut(REV2, 0) => 0x04, 0;
    "8.1.3" "no room for the headers",
        cut(REV2, 2) => 0x04, 2;
    "8.1.3" "cut by a dword",
        cut(REV2, 14) => 0x04, 14;
    "8.1.3" "cut by a dword in revision 1",
        cut(REV1, 13) => 0x04, 13;
    "8.1.3" "another vendor",
        REV2.with(&[(0x04, 0x03c2_1e97)]) => 0x04, 0x1e97;
    "8.1.3" "another DVSEC",
        REV2.with(&[(0x08, 0xc9d7_0008)]) => 0x08, 8;
    "8.1.3" "a length that ends before the base of range 1",
        REV2.with(&[(0x04, 0x0242_1e98)]) => 0x04, 0x24;
    "8.1.3.1" "memory without a range",
        REV2.with(&[(0x08, 0xc9c7_0000)]) => 0x0a, 0;
    "8.1.3.1" "three ranges",
        REV2.with(&[(0x08, 0xc9f7_0000)]) => 0x0a, 3;
    "8.1.3.1" "three ranges without memory",
        REV2.with(&[(0x08, 0xc9f3_0000)]) => 0x0a, 3;
    "8.1.3.1" "reserved reset timeout",
        REV2.with(&[(0x08, 0xcdd7_0000)]) => 0x0a, 5;

    "8.2.4.20" "no device",
        FOUR.with(&[(0x00, !0)]) => 0x00, 0xffff_ffff;
    "8.2.4.20" "the device went away after the capability",
        FOUR.with(&[(0x04, !0)]) => 0x04, 0xffff_ffff;
    "8.2.4.20" "the device went away in a decoder",
        FOUR.with(&[(0x30, !0)]) => 0x30, 0xffff_ffff;
    "8.2.4.20" "the device went away at the end",
        FOUR.with(&[(0x80, !0)]) => 0x80, 0xffff_ffff;
    "8.2.4.20" "nothing at all",
        cut(FOUR, 0) => 0x00, 0;
    "8.2.4.20" "cut by a dword",
        cut(FOUR, 35) => 0x00, 35;
    "8.2.4.20" "32 decoders cut by a dword",
        cut(MANY, 259) => 0x00, 259;
    "8.2.4.20.1" "the first reserved number of decoders",
        FOUR.with(&[(0x00, 0xd)]) => 0x00, 0xd;
    "8.2.4.20.1" "the last reserved number of decoders",
        FOUR.with(&[(0x00, 0xf)]) => 0x00, 0xf;
    "8.2.4.20.7" "committed without a size",
        FOUR.with(&[(0x20, 0x600)]) => 0x18, 0;
    "8.2.4.20.7" "committed and wrapping",
        FOUR.with(&[(0x14, !0), (0x1c, 0x1), (0x20, 0x600)]) => 0x10, 0xffff_ffff_0000_0000;
    "8.2.4.20.7" "committed with a reserved granularity",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x60f)]) => 0x20, 0x60f;
    "8.2.4.20.7" "committed with reserved ways between 16 and 3",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x670)]) => 0x20, 0x670;
    "8.2.4.20.7" "committed with reserved ways above 12",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x6b0)]) => 0x20, 0x6b0;
    "8.2.4.20.7" "the last of 32 decoders committed without a size",
        MANY.with(&[(0x400, 0x600)]) => 0x3f8, 0;
    "8.2.4.20.7" "COMMITTED without COMMIT",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x400)]) => 0x20, 0x400;
    "8.2.4.20.7" "COMMIT without an answer",
        FOUR.with(&[(0x1c, 0x1), (0x60, 0x200)]) => 0x60, 0x200;
    "8.2.4.20.7" "COMMIT with both answers",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0xe00)]) => 0x20, 0xe00;
    "8.2.4.20.7" "ERROR_NOT_COMMITTED without COMMIT",
        FOUR.with(&[(0x20, 0x800)]) => 0x20, 0x800;

    "8.2.4" "no device",
        ARRAY.with(&[(0x00, !0)]) => 0x00, 0xffff_ffff;
    "8.2.4" "the device went away in the array",
        ARRAY.with(&[(0x08, !0)]) => 0x08, 0xffff_ffff;
    "8.2.4" "nothing at all",
        cut(ARRAY, 0) => 0x00, 0;
    "8.2.4" "cut by a dword",
        cut(ARRAY, 4) => 0x00, 4;
    "8.2.4" "no capability array",
        ARRAY.with(&[(0x00, 0x0411_0000)]) => 0x00, 0x0411_0000;
    "8.2.4" "a pointer to the header",
        ARRAY.with(&[(0x04, 0x0002_0002)]) => 0x04, 0x0002_0002;
    "8.2.4" "a pointer to the last element",
        ARRAY.with(&[(0x04, 0x0102_0002)]) => 0x04, 0x0102_0002;
    "8.2.4" "an unaligned pointer",
        ARRAY.with(&[(0x0c, 0x1023_0005)]) => 0x0c, 0x1023_0005;
    "8.2.4" "HDM decoders twice",
        ARRAY.with(&[(0x08, 0x2003_0005)]) => 0x0c, 0x1003_0005;
    "8.2.4" "RAS twice",
        ARRAY.with(&[(0x08, 0x2003_0002)]) => 0x08, 0x2003_0002;

    "8.1.9" "no device",
        LOCATOR.with(&[(0x04, !0)]) => 0x04, 0xffff_ffff;
    "8.1.9" "the device went away in an entry",
        LOCATOR.with(&[(0x14, !0)]) => 0x14, 0xffff_ffff;
    "8.1.9" "no room for the headers",
        cut(LOCATOR, 2) => 0x04, 2;
    "8.1.9" "cut by a dword",
        cut(LOCATOR, 6) => 0x04, 6;
    "8.1.9" "another vendor",
        LOCATOR.with(&[(0x04, 0x01c0_8086)]) => 0x04, 0x8086;
    "8.1.9" "another DVSEC",
        LOCATOR.with(&[(0x08, 0x0000_0000)]) => 0x08, 0;
    "8.1.9" "no entry",
        LOCATOR.with(&[(0x04, 0x00c0_1e98)]) => 0x04, 0xc;
    "8.1.9" "half an entry",
        LOCATOR.with(&[(0x04, 0x0180_1e98)]) => 0x04, 0x18;
    "8.1.9" "no component block",
        LOCATOR.with(&[(0x14, 0x0001_0000)]) => 0x0c, 0;
    "8.1.9" "two component blocks",
        LOCATOR.with(&[(0x0c, 0x0000_0104)]) => 0x14, 0x0001_0100;
    "8.1.9" "a component block in BAR 6",
        LOCATOR.with(&[(0x14, 0x0001_0106)]) => 0x14, 0x0001_0106;
}
