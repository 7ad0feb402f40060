// SPDX-License-Identifier: GPL-2.0

//! When a decoder may commit (8.2.4.20.7).

use super::{
    capability,
    control,
    granularity,
    ways,
    Decoder,
    GRANULE, //
};
use core::fmt;

/// The fact that stands against the commit of a decoder.
///
/// The variants are in the order in which they are checked: the first that applies is reported.
///
/// ```
/// use cxl_regs::hdm::CommitError;
///
/// let error = CommitError::Overlap { base: 0x1000_0000, below: 0x2000_0000 };
/// assert_eq!(error.to_string(), "base 0x10000000 is below 0x20000000, where its neighbour ends");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommitError {
    /// The interleave granularity has a reserved encoding.
    Granularity {
        /// IG.
        encoding: u32,
    },
    /// The number of ways has a reserved encoding, or one that the capability does not offer.
    Ways {
        /// IW.
        encoding: u32,
    },
    /// The size is zero.
    SizeZero,
    /// The size is no multiple of 256 MiB times the ways.
    SizeAlignment {
        /// The size.
        size: u64,
        /// What it should be a multiple of.
        multiple: u64,
    },
    /// The base is no multiple of what it must be aligned to.
    BaseAlignment {
        /// The base.
        base: u64,
        /// What it should be a multiple of.
        multiple: u64,
    },
    /// The end, base + size, is not below 2 to the power of 64.
    Wraps {
        /// The base.
        base: u64,
        /// The size.
        size: u64,
    },
    /// A decoder with a lower number is not committed.
    OutOfOrder,
    /// The decoder with the next lower number does not lie below this one.
    Overlap {
        /// The base.
        base: u64,
        /// Where the lower decoder ends.
        below: u64,
    },
    /// A committed decoder with a higher number does not lie above this one. Needs a gap in the
    /// committed decoders, which the default policy excludes.
    OverlapAbove {
        /// Where this decoder ends.
        end: u64,
        /// Where the higher decoder starts.
        above: u64,
    },
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Granularity { encoding } => {
                write!(
                    f,
                    "interleave granularity encoding {encoding:#x} is reserved"
                )
            }
            Self::Ways { encoding } => {
                write!(f, "interleave ways encoding {encoding:#x} is not supported")
            }
            Self::SizeZero => f.write_str("size is zero"),
            Self::SizeAlignment { size, multiple } => {
                write!(f, "size {size:#x} is no multiple of {multiple:#x}")
            }
            Self::BaseAlignment { base, multiple } => {
                write!(f, "base {base:#x} is no multiple of {multiple:#x}")
            }
            Self::Wraps { base, size } => write!(f, "base {base:#x} and size {size:#x} wrap"),
            Self::OutOfOrder => f.write_str("a lower decoder is not committed"),
            Self::Overlap { base, below } => {
                write!(
                    f,
                    "base {base:#x} is below {below:#x}, where its neighbour ends"
                )
            }
            Self::OverlapAbove { end, above } => {
                write!(
                    f,
                    "end {end:#x} is above {above:#x}, where its neighbour starts"
                )
            }
        }
    }
}

/// What surrounds the decoder that commits.
pub(super) struct Neighbours<'a> {
    /// The decoder with the next lower number, or a lower one that is not committed; `None` for
    /// decoder 0.
    pub(super) below: Option<&'a Decoder>,
    /// The lowest base of the committed decoders with higher numbers.
    pub(super) above: Option<u64>,
}

/// Checks whether `decoder` may commit on a device whose HDM capability register is `capability`;
/// returns its base and size.
pub(super) fn check(
    decoder: &Decoder,
    capability: u32,
    base_aligned_to_ways: bool,
    neighbours: &Neighbours<'_>,
) -> Result<(u64, u64), CommitError> {
    let encoding = control::IG.get(decoder.control());
    if granularity(encoding).is_none() {
        return Err(CommitError::Granularity { encoding });
    }
    let encoding = control::IW.get(decoder.control());
    let offered = match encoding {
        0..=3 => true,
        4 => capability::WAYS_16.is_set(capability),
        _ => capability::WAYS_3_6_12.is_set(capability),
    };
    let ways = match ways(encoding) {
        Some(ways) if offered => ways,
        _ => return Err(CommitError::Ways { encoding }),
    };

    let (base, size) = (decoder.base(), decoder.size());
    if size == 0 {
        return Err(CommitError::SizeZero);
    }
    let multiple = GRANULE.wrapping_mul(u64::from(ways));
    if size.checked_rem(multiple) != Some(0) {
        return Err(CommitError::SizeAlignment { size, multiple });
    }
    let multiple = if base_aligned_to_ways {
        multiple
    } else {
        GRANULE
    };
    if base.checked_rem(multiple) != Some(0) {
        return Err(CommitError::BaseAlignment { base, multiple });
    }
    let Some(end) = base.checked_add(size) else {
        return Err(CommitError::Wraps { base, size });
    };

    if let Some(decoder) = neighbours.below {
        if !decoder.is_committed() {
            return Err(CommitError::OutOfOrder);
        }
        let below = decoder.end();
        if base < below {
            return Err(CommitError::Overlap { base, below });
        }
    }
    match neighbours.above {
        Some(above) if above < end => Err(CommitError::OverlapAbove { end, above }),
        _ => Ok((base, size)),
    }
}
