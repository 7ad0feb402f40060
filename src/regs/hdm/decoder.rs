// SPDX-License-Identifier: GPL-2.0

//! One decoder: its registers, and what they say.

use super::{
    base_low,
    control,
    granularity,
    size_low,
    skip_low,
    ways,
    DECODER_DWORDS, //
};

/// The registers of one decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decoder {
    pub(super) words: [u32; DECODER_DWORDS],
}

impl Decoder {
    pub(super) const FREE: Decoder = Decoder {
        words: [0; DECODER_DWORDS],
    };

    /// The first host physical address.
    pub const fn base(&self) -> u64 {
        let [low, high, ..] = self.words;
        join(high, low & base_low::BASE_LOW.mask())
    }

    /// The number of bytes.
    pub const fn size(&self) -> u64 {
        let [_, _, low, high, ..] = self.words;
        join(high, low & size_low::SIZE_LOW.mask())
    }

    /// The address behind the last one; `None` if there is no such address.
    pub const fn end(&self) -> Option<u64> {
        self.base().checked_add(self.size())
    }

    /// The bytes of device memory left out below this decoder's.
    pub const fn skip(&self) -> u64 {
        let [_, _, _, _, _, low, high, _] = self.words;
        join(high, low & skip_low::SKIP_LOW.mask())
    }

    /// The Control register; its fields are in [`control`].
    pub const fn control(&self) -> u32 {
        let [_, _, _, _, control, ..] = self.words;
        control
    }

    /// The number of devices that share the range; `None` for a reserved encoding.
    pub const fn ways(&self) -> Option<u8> {
        ways(control::IW.get(self.control()))
    }

    /// The number of bytes after which the next device follows; `None` for a reserved encoding.
    pub const fn granularity(&self) -> Option<u16> {
        granularity(control::IG.get(self.control()))
    }

    /// Whether the decoder decodes.
    #[inline]
    pub const fn is_committed(&self) -> bool {
        control::COMMITTED.is_set(self.control())
    }

    /// Whether the decoder decodes until a reset.
    #[inline]
    pub const fn is_locked(&self) -> bool {
        self.is_committed() && control::LOCK_ON_COMMIT.is_set(self.control())
    }

    /// Whether the range is coherent by the host alone (1) or by the device (0).
    pub const fn is_host_only(&self) -> bool {
        control::TARGET_TYPE.is_set(self.control())
    }

    /// Leaves its size and what it decodes to, and nothing that says where.
    pub(super) fn take_from_its_place(&mut self) {
        let [base_low, base_high, _, _, control, ..] = &mut self.words;
        (*base_low, *base_high) = (0, 0);
        *control &= !control::LOCK_ON_COMMIT.mask();
    }

    pub(super) fn set_control(&mut self, value: u32) {
        let [_, _, _, _, control, ..] = &mut self.words;
        *control = value;
    }
}

const fn join(high: u32, low: u32) -> u64 {
    // CAST: widens.
    ((high as u64) << 32) | low as u64
}
