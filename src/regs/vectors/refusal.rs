// SPDX-License-Identifier: GPL-2.0

//! Snapshots that must not be accepted.

use super::start::{
    Start,
    ARRAY,
    FOUR,
    MANY,
    PLAIN,
    REV1,
    REV2,
    REV3, //
};
use crate::{
    cm::ArrayError as A,
    dvsec::SnapshotError as D,
    hdm::{
        CommitError,
        SnapshotError as H, //
    },
    locator::LocatorError as L, //
};

/// Which registers a snapshot is of.
///
/// ```
/// use cxl_regs::vectors::{self, Snapshot};
///
/// assert!(vectors::cases().any(|case| case.start.snapshot == Snapshot::Array));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Snapshot {
    /// The CXL Device DVSEC.
    Dvsec,
    /// The HDM decoders.
    Hdm,
    /// The capability array.
    Array,
    /// The Register Locator DVSEC, which has no shadow.
    Locator,
}

/// Why any snapshot was refused.
///
/// ```
/// use cxl_regs::{hdm::SnapshotError, vectors::Refused};
///
/// let refused = Refused::Hdm(SnapshotError::AllOnes { offset: 0 });
/// assert_eq!(refused.to_string(), "HDM decoders read all-ones at 0x00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// Of the CXL Device DVSEC.
    Dvsec(D),
    /// Of the HDM decoders.
    Hdm(H),
    /// Of the capability array.
    Array(A),
    /// Of the Register Locator DVSEC.
    Locator(L),
}

impl core::fmt::Display for Refused {
    #[inline]
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Dvsec(error) => error.fmt(f),
            Self::Hdm(error) => error.fmt(f),
            Self::Array(error) => error.fmt(f),
            Self::Locator(error) => error.fmt(f),
        }
    }
}

/// A snapshot that must be refused.
///
/// ```
/// use cxl_regs::vectors;
///
/// let refusal = vectors::refusals().next().unwrap();
/// assert_eq!(refusal.start.shadow(), Err(refusal.error));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The section of CXL r4.0 that it violates.
    pub section: &'static str,
    /// How, in words.
    pub what: &'static str,
    /// What the device says.
    pub start: Start,
    /// Why it is refused.
    pub error: Refused,
}

/// Writes the table, a refusal a row: `section what, start => error;`
macro_rules! refusals {
    ($($section:literal $what:literal, $start:expr => $kind:ident $error:expr;)*) => {
        pub(super) const REFUSALS: &[Refusal] = &[
            $(
                Refusal {
                    section: $section,
                    what: $what,
                    start: $start,
                    error: Refused::$kind($error),
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

const fn committed(decoder: u8, error: CommitError) -> H {
    H::Committed { decoder, error }
}

refusals! {
    "8.1.3" "no device",
        REV2.with(&[(0x04, !0)]) => Dvsec D::AllOnes { offset: 0x04 };
    "8.1.3" "the device went away after the header",
        REV2.with(&[(0x0c, !0)]) => Dvsec D::AllOnes { offset: 0x0c };
    "8.1.3" "the device went away at the end",
        REV2.with(&[(0x38, !0)]) => Dvsec D::AllOnes { offset: 0x38 };
    "8.1.3" "nothing at all",
        cut(REV2, 0) => Dvsec D::Short { need: 3, have: 0 };
    "8.1.3" "no room for the headers",
        cut(REV2, 2) => Dvsec D::Short { need: 3, have: 2 };
    "8.1.3" "cut by a dword",
        cut(REV2, 14) => Dvsec D::Short { need: 15, have: 14 };
    "8.1.3" "cut by a dword in revision 1",
        cut(REV1, 13) => Dvsec D::Short { need: 14, have: 13 };
    "8.1.3" "another vendor",
        REV2.with(&[(0x04, 0x03c2_1e97)]) => Dvsec D::Vendor { vendor: 0x1e97 };
    "8.1.3" "another DVSEC",
        REV2.with(&[(0x08, 0xc9d7_0008)]) => Dvsec D::Id { id: 8 };
    "8.1.3" "revision 0",
        REV2.with(&[(0x04, 0x0380_1e98)]) => Dvsec D::Revision { revision: 0 };
    "8.1.3" "revision 4",
        REV2.with(&[(0x04, 0x03c4_1e98)]) => Dvsec D::Revision { revision: 4 };
    "8.1.3" "revision 1 with the length of revision 2",
        REV2.with(&[(0x04, 0x03c1_1e98)]) => Dvsec D::Length { revision: 1, length: 0x3c };
    "8.1.3" "revision 2 with the length of revision 1",
        REV2.with(&[(0x04, 0x0382_1e98)]) => Dvsec D::Length { revision: 2, length: 0x38 };
    "8.1.3" "revision 3 with another length",
        REV3.with(&[(0x04, 0x0403_1e98)]) => Dvsec D::Length { revision: 3, length: 0x40 };
    "8.1.3.1" "memory without a range",
        REV2.with(&[(0x08, 0xc9c7_0000)]) => Dvsec D::RangeCount { count: 0 };
    "8.1.3.1" "three ranges",
        REV2.with(&[(0x08, 0xc9f7_0000)]) => Dvsec D::RangeCount { count: 3 };
    "8.1.3.1" "three ranges without memory",
        REV2.with(&[(0x08, 0xc9f3_0000)]) => Dvsec D::RangeCount { count: 3 };
    "8.1.3.1" "reserved reset timeout",
        REV2.with(&[(0x08, 0xcdd7_0000)]) => Dvsec D::ResetTimeout { encoding: 5 };
    "8.1.3.8" "reserved active timeout of range 1",
        REV2.with(&[(0x1c, 0xa003)]) => Dvsec D::ActiveTimeout { range: 0, encoding: 5 };
    "8.1.3.8" "reserved active timeout of range 2",
        REV2.with(&[(0x08, 0xc9e7_0000), (0x2c, 0xe003)])
            => Dvsec D::ActiveTimeout { range: 1, encoding: 7 };
    "8.1.3.8" "range 1 wraps",
        REV2.with(&[(0x18, 0xffff_ffff)])
            => Dvsec D::RangeWraps { range: 0, base: 1 << 32, size: 0xffff_ffff << 32 };
    "8.1.3.8" "range 2 ends at 2 to the power of 64",
        REV2.with(&[(0x08, 0xc9e7_0000), (0x2c, 0x1000_0003), (0x30, !0), (0x34, 0xf000_0000)])
            => Dvsec D::RangeWraps {
                range: 1,
                base: 0xffff_ffff_f000_0000,
                size: 0x1000_0000,
            };

    "8.2.4.20" "no device",
        FOUR.with(&[(0x00, !0)]) => Hdm H::AllOnes { offset: 0x00 };
    "8.2.4.20" "the device went away after the capability",
        FOUR.with(&[(0x04, !0)]) => Hdm H::AllOnes { offset: 0x04 };
    "8.2.4.20" "the device went away in a decoder",
        FOUR.with(&[(0x30, !0)]) => Hdm H::AllOnes { offset: 0x30 };
    "8.2.4.20" "the device went away at the end",
        FOUR.with(&[(0x8c, !0)]) => Hdm H::AllOnes { offset: 0x8c };
    "8.2.4.20" "nothing at all",
        cut(FOUR, 0) => Hdm H::Short { need: 1, have: 0 };
    "8.2.4.20" "cut by a dword",
        cut(FOUR, 35) => Hdm H::Short { need: 36, have: 35 };
    "8.2.4.20" "32 decoders cut by a dword",
        cut(MANY, 259) => Hdm H::Short { need: 260, have: 259 };
    "8.2.4.20.1" "the first reserved number of decoders",
        FOUR.with(&[(0x00, 0xd)]) => Hdm H::Count { encoding: 0xd };
    "8.2.4.20.1" "the last reserved number of decoders",
        FOUR.with(&[(0x00, 0xf)]) => Hdm H::Count { encoding: 0xf };
    "8.2.4.20.7" "committed without a size",
        FOUR.with(&[(0x20, 0x600)]) => Hdm committed(0, CommitError::SizeZero);
    "8.2.4.20.7" "committed and wrapping",
        FOUR.with(&[(0x14, !0), (0x1c, 0x1), (0x20, 0x600)]) => Hdm committed(0, CommitError::Wraps {
            base: 0xffff_ffff << 32,
            size: 1 << 32,
        });
    "8.2.4.20.7" "committed with a reserved granularity",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x60f)])
            => Hdm committed(0, CommitError::Granularity { encoding: 0xf });
    "8.2.4.20.7" "committed with reserved ways",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x670)])
            => Hdm committed(0, CommitError::Ways { encoding: 0x7 });
    "8.2.4.20.7" "committed with ways that the device does not offer",
        PLAIN.with(&[(0x1c, 0x1), (0x20, 0x640)])
            => Hdm committed(0, CommitError::Ways { encoding: 0x4 });
    "8.2.4.20.7" "committed out of order",
        FOUR.with(&[(0x3c, 0x1), (0x40, 0x600)]) => Hdm committed(1, CommitError::OutOfOrder);
    "8.2.4.20.7" "the last of 32 decoders committed out of order",
        MANY.with(&[(0x3fc, 0x1), (0x400, 0x600)]) => Hdm committed(31, CommitError::OutOfOrder);
    "8.2.4.20.7" "committed and overlapping",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x600), (0x3c, 0x1), (0x40, 0x600)])
            => Hdm committed(1, CommitError::Overlap { base: 0, below: 1 << 32 });
    "8.2.4.20.7" "COMMITTED without COMMIT",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0x400)])
            => Hdm H::State { decoder: 0, control: 0x400 };
    "8.2.4.20.7" "COMMIT without an answer",
        FOUR.with(&[(0x1c, 0x1), (0x60, 0x200)])
            => Hdm H::State { decoder: 2, control: 0x200 };
    "8.2.4.20.7" "COMMIT with both answers",
        FOUR.with(&[(0x1c, 0x1), (0x20, 0xe00)])
            => Hdm H::State { decoder: 0, control: 0xe00 };
    "8.2.4.20.7" "ERROR_NOT_COMMITTED without COMMIT",
        FOUR.with(&[(0x20, 0x800)]) => Hdm H::State { decoder: 0, control: 0x800 };

    "8.2.4" "no device",
        ARRAY.with(&[(0x00, !0)]) => Array A::AllOnes { offset: 0 };
    "8.2.4" "the device went away in the array",
        ARRAY.with(&[(0x08, !0)]) => Array A::AllOnes { offset: 8 };
    "8.2.4" "nothing at all",
        cut(ARRAY, 0) => Array A::Short { need: 1, have: 0 };
    "8.2.4" "cut by a dword",
        cut(ARRAY, 3) => Array A::Short { need: 4, have: 3 };
    "8.2.4" "no capability array",
        ARRAY.with(&[(0x00, 0x0311_0000)]) => Array A::Header { id: 0 };
    "8.2.4" "a pointer to the header",
        ARRAY.with(&[(0x04, 0x0002_0002)]) => Array A::Pointer { id: 2, offset: 0 };
    "8.2.4" "a pointer to the last element",
        ARRAY.with(&[(0x04, 0x00c2_0002)]) => Array A::Pointer { id: 2, offset: 0xc };
    "8.2.4" "an unaligned pointer",
        ARRAY.with(&[(0x0c, 0x1023_0005)]) => Array A::Pointer { id: 5, offset: 0x102 };
    "8.2.4" "a capability twice",
        ARRAY.with(&[(0x08, 0x2003_0005)]) => Array A::Duplicate { id: 5 };

    "8.1.9" "no device",
        LOCATOR.with(&[(0x04, !0)]) => Locator L::AllOnes { offset: 4 };
    "8.1.9" "the device went away in an entry",
        LOCATOR.with(&[(0x14, !0)]) => Locator L::AllOnes { offset: 0x14 };
    "8.1.9" "no room for the headers",
        cut(LOCATOR, 2) => Locator L::Short { need: 3, have: 2 };
    "8.1.9" "cut by a dword",
        cut(LOCATOR, 6) => Locator L::Short { need: 7, have: 6 };
    "8.1.9" "another vendor",
        LOCATOR.with(&[(0x04, 0x01c0_8086)]) => Locator L::Vendor { vendor: 0x8086 };
    "8.1.9" "another DVSEC",
        LOCATOR.with(&[(0x08, 0x0000_0000)]) => Locator L::Id { id: 0 };
    "8.1.9" "no entry",
        LOCATOR.with(&[(0x04, 0x00c0_1e98)]) => Locator L::Length { length: 0xc };
    "8.1.9" "half an entry",
        LOCATOR.with(&[(0x04, 0x0180_1e98)]) => Locator L::Length { length: 0x18 };
    "8.1.9" "no component block",
        LOCATOR.with(&[(0x14, 0x0001_0000)]) => Locator L::NoComponent;
    "8.1.9" "two component blocks",
        LOCATOR.with(&[(0x0c, 0x0000_0104)]) => Locator L::TwoComponents;
    "8.1.9" "a component block in BAR 6",
        LOCATOR.with(&[(0x14, 0x0001_0106)]) => Locator L::Bir { bir: 6 };
}
