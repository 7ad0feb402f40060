// SPDX-License-Identifier: GPL-2.0

//! The HDM Decoder Capability (id 5; 8.2.4.20): which host addresses reach the device's memory.
//!
//! A header with the number of decoders is followed by 1 to 32 decoders of eight dwords. A decoder
//! is set up by its base, size, skip and control registers while it is free, and decodes after a
//! successful commit. [`HdmShadow`] is the state machine.

mod decoder;
mod shadow;
mod snapshot;

pub use self::{
    decoder::Decoder,
    shadow::HdmShadow,
    snapshot::{
        Lock,
        Options, //
    }, //
};

use crate::table::{
    registers,
    Features,
    Register, //
};

/// The largest number of decoders.
pub const DECODERS: usize = 32;

/// The number of dwords before the first decoder.
pub const HEADER_DWORDS: usize = 4;

/// The number of dwords of a decoder.
pub const DECODER_DWORDS: usize = 8;

/// Capability bit 10.
const POISON: Features = Features::bit(0);
/// The component has a BI Decoder Capability (id 12).
const BACK_INVALIDATE: Features = Features::bit(1);
/// Capability bit 13.
const UIO_CAPABLE: Features = Features::bit(2);

registers! {
    /// The registers before the first decoder.
    const HEADER: 0x00..0x10 {
        0x00 u32 capability "8.2.4.20.1" {
            3:0     DECODER_COUNT               HwInit;
            7:4     TARGET_COUNT                HwInit;
            8:8     A11TO8_INTERLEAVE           HwInit;
            9:9     A14TO12_INTERLEAVE          HwInit;
            10:10   POISON_ON_DECODE_ERROR      HwInit;
            11:11   WAYS_3_6_12                 HwInit;
            12:12   WAYS_16                     HwInit;
            13:13   UIO_CAPABLE                 HwInit;
            15:14   _                           RsvdP;
            19:16   UIO_DECODER_COUNT           HwInit;
            20:20   MEMDATA_NXM                 HwInit;
            22:21   COHERENCY_MODELS            HwInit;
            31:23   _                           RsvdP;
        }
        0x04 u32 global_control "8.2.4.20.2" {
            0:0     POISON_ON_DECODE_ERROR_ENABLE   RW if POISON else RO;
            1:1     DECODER_ENABLE              RW;
            31:2    _                           RsvdP;
        }
        0x08 u32 reserved_08 "8.2.4.20" {
            31:0    _                           RsvdZ;
        }
        0x0c u32 reserved_0c "8.2.4.20" {
            31:0    _                           RsvdZ;
        }
    }
}

registers! {
    /// The registers of a decoder; offsets count from the decoder's first register.
    ///
    /// RWL fields are locked while COMMITTED is set, except COMMIT, which is locked while
    /// COMMITTED and LOCK_ON_COMMIT are set.
    const DECODER: 0x00..0x20 {
        0x00 u32 base_low "8.2.4.20.3" {
            27:0    _                           RsvdP;
            31:28   BASE_LOW                    RWL;
        }
        0x04 u32 base_high "8.2.4.20.4" {
            31:0    BASE_HIGH                   RWL;
        }
        0x08 u32 size_low "8.2.4.20.5" {
            27:0    _                           RsvdP;
            31:28   SIZE_LOW                    RWL;
        }
        0x0c u32 size_high "8.2.4.20.6" {
            31:0    SIZE_HIGH                   RWL;
        }
        0x10 u32 control "8.2.4.20.7" {
            3:0     IG                          RWL;
            7:4     IW                          RWL;
            8:8     LOCK_ON_COMMIT              RWL;
            9:9     COMMIT                      RWL;
            10:10   COMMITTED                   RO;
            11:11   ERROR_NOT_COMMITTED         RO;
            12:12   TARGET_TYPE                 RWL if BACK_INVALIDATE else RO;
            13:13   BI                          RWL if BACK_INVALIDATE else RsvdZ;
            14:14   UIO                         RWL if UIO_CAPABLE else RsvdZ;
            15:15   _                           RsvdP;
            23:16   _                           RsvdZ; // UIG, UIW: of switches and bridges.
            27:24   ISP                         RWL if UIO_CAPABLE else RsvdZ;
            31:28   _                           RsvdP;
        }
        0x14 u32 skip_low "8.2.4.20.9" {
            27:0    _                           RsvdP;
            31:28   SKIP_LOW                    RWL;
        }
        0x18 u32 skip_high "8.2.4.20.11" {
            31:0    SKIP_HIGH                   RWL;
        }
        0x1c u32 reserved_1c "8.2.4.20" {
            31:0    _                           RsvdP;
        }
    }
}

/// The number of decoders that DECODER_COUNT encodes.
pub const fn decoders(encoding: u32) -> Option<u8> {
    match encoding {
        0x0 => Some(1),
        0x1 => Some(2),
        0x2 => Some(4),
        0x3 => Some(6),
        0x4 => Some(8),
        0x5 => Some(10),
        0x6 => Some(12),
        0x7 => Some(14),
        0x8 => Some(16),
        0x9 => Some(20),
        0xa => Some(24),
        0xb => Some(28),
        0xc => Some(32),
        _ => None,
    }
}

/// The number of dwords of the capability whose first dword reads `capability`: how many a
/// snapshot needs.
pub const fn dwords(capability: u32) -> Option<usize> {
    match decoders(capability::DECODER_COUNT.get(capability)) {
        // CAST: widens. At most 4 + 32 * 8.
        Some(count) => Some(HEADER_DWORDS.wrapping_add((count as usize) << 3)),
        None => None,
    }
}

/// The offsets of the registers of a capability whose first dword reads `capability`: what a
/// snapshot reads. Reserved dwords are left alone.
pub fn offsets(capability: u32) -> impl Iterator<Item = u16> {
    let count = decoders(capability::DECODER_COUNT.get(capability)).unwrap_or(0);
    let registers = |table: &'static [Register], start: u16| {
        table
            .iter()
            .filter(|register| !register.is_reserved())
            .map(move |register| start.wrapping_add(register.offset()))
    };
    let starts = (0..u16::from(count)).map(|number| 0x10u16.wrapping_add(number << 5));
    registers(HEADER, 0).chain(starts.flat_map(move |start| registers(DECODER, start)))
}

/// The number of ways that IW encodes.
pub const fn ways(encoding: u32) -> Option<u8> {
    match encoding {
        0 => Some(1),
        1 => Some(2),
        2 => Some(4),
        3 => Some(8),
        4 => Some(16),
        8 => Some(3),
        9 => Some(6),
        10 => Some(12),
        _ => None,
    }
}

/// The number of bytes that IG encodes.
pub const fn granularity(encoding: u32) -> Option<u16> {
    match encoding {
        0..=6 => Some(256u16.wrapping_shl(encoding)),
        _ => None,
    }
}
