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
///
/// ```
/// use cxl_regs::{access::Access, vectors};
///
/// let mut hdm = vectors::hdm_shadow(4).unwrap();
/// let _ = hdm.write(Access::new(0x10, 8).unwrap(), 0x1_0000_0000); // base
/// let _ = hdm.write(Access::new(0x18, 8).unwrap(), 0x2000_0000); // size
/// let _ = hdm.write(Access::new(0x20, 4).unwrap(), 0x310); // COMMIT, LOCK_ON_COMMIT, 2 ways
///
/// let decoder = hdm.decoder(0).unwrap();
/// assert_eq!((decoder.base(), decoder.size()), (0x1_0000_0000, 0x2000_0000));
/// assert_eq!((decoder.ways(), decoder.granularity()), (Some(2), Some(256)));
/// assert!(decoder.is_committed() && decoder.is_locked());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decoder {
    pub(super) words: [u32; DECODER_DWORDS],
}

impl Decoder {
    pub(super) const FREE: Decoder = Decoder {
        words: [0; DECODER_DWORDS],
    };

    /// The first host physical address.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert_eq!(vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().base(), 0);
    /// ```
    pub const fn base(&self) -> u64 {
        let [low, high, ..] = self.words;
        join(high, low & base_low::BASE_LOW.mask())
    }

    /// The number of bytes.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert_eq!(vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().size(), 0);
    /// ```
    pub const fn size(&self) -> u64 {
        let [_, _, low, high, ..] = self.words;
        join(high, low & size_low::SIZE_LOW.mask())
    }

    /// The first address after the decoder's. Does not wrap while the decoder is committed.
    pub(super) const fn end(&self) -> u64 {
        self.base().wrapping_add(self.size())
    }

    /// The bytes of device memory left out below this decoder's.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, vectors};
    /// let mut hdm = vectors::hdm_shadow(1).unwrap();
    /// let _ = hdm.write(Access::new(0x24, 8).unwrap(), 0x3000_0000);
    /// assert_eq!(hdm.decoder(0).unwrap().skip(), 0x3000_0000);
    /// ```
    pub const fn skip(&self) -> u64 {
        let [_, _, _, _, _, low, high, _] = self.words;
        join(high, low & skip_low::SKIP_LOW.mask())
    }

    /// The Control register; its fields are in [`control`].
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert_eq!(vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().control(), 0);
    /// ```
    pub const fn control(&self) -> u32 {
        let [_, _, _, _, control, ..] = self.words;
        control
    }

    /// The number of devices that share the range; `None` for a reserved encoding.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert_eq!(vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().ways(), Some(1));
    /// ```
    pub const fn ways(&self) -> Option<u8> {
        ways(control::IW.get(self.control()))
    }

    /// The number of bytes after which the next device follows; `None` for a reserved encoding.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert_eq!(vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().granularity(), Some(256));
    /// ```
    pub const fn granularity(&self) -> Option<u16> {
        granularity(control::IG.get(self.control()))
    }

    /// Whether the decoder decodes.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert!(!vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().is_committed());
    /// ```
    #[inline]
    pub const fn is_committed(&self) -> bool {
        control::COMMITTED.is_set(self.control())
    }

    /// Whether the decoder decodes until a reset.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert!(!vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().is_locked());
    /// ```
    #[inline]
    pub const fn is_locked(&self) -> bool {
        self.is_committed() && control::LOCK_ON_COMMIT.is_set(self.control())
    }

    /// Whether the range is coherent by the host alone (1) or by the device (0).
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert!(!vectors::hdm_shadow(1).unwrap().decoder(0).unwrap().is_host_only());
    /// ```
    pub const fn is_host_only(&self) -> bool {
        control::TARGET_TYPE.is_set(self.control())
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
