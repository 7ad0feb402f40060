// SPDX-License-Identifier: GPL-2.0

//! Where the registers are that this module reads and writes, and the bits that it knows of them: of the
//! decoder that is passed through, and of the CXL Device DVSEC.

#![forbid(unsafe_code)]

/// Offsets in the HDM Decoder Capability of decoder 0, which is the one that is passed through.
pub(super) mod decoder0 {
    use cxl_regs::hdm::{
        base_high,
        base_low,
        control,
        global_control,
        size_high,
        size_low,
        skip_high,
        skip_low,
        HEADER_DWORDS, //
    };
    use cxl_regs::table::Field;
    use kernel::num::casts::u16_as_usize;

    /// Of a register of the first decoder.
    const fn at(field: &Field) -> usize {
        HEADER_DWORDS * 4 + u16_as_usize(field.offset())
    }

    pub(in crate::hardware) const GLOBAL_CONTROL: usize =
        u16_as_usize(global_control::DECODER_ENABLE.offset());
    pub(in crate::hardware) const BASE_LOW: usize = at(&base_low::BASE_LOW);
    pub(in crate::hardware) const BASE_HIGH: usize = at(&base_high::BASE_HIGH);
    pub(in crate::hardware) const SIZE_LOW: usize = at(&size_low::SIZE_LOW);
    pub(in crate::hardware) const SIZE_HIGH: usize = at(&size_high::SIZE_HIGH);
    pub(in crate::hardware) const CONTROL: usize = at(&control::COMMIT);
    pub(in crate::hardware) const SKIP_LOW: usize = at(&skip_low::SKIP_LOW);
    pub(in crate::hardware) const SKIP_HIGH: usize = at(&skip_high::SKIP_HIGH);
}

/// Bits of those registers.
pub(super) mod bit {
    use cxl_regs::{
        dvsec::{
            control,
            control2,
            status2, //
        },
        hdm,
        table::Field, //
    };

    /// Of a register of 16 bits.
    // CAST: It has no more.
    const fn word(field: &Field) -> u16 {
        field.bits() as u16
    }

    pub(in crate::hardware) const GLOBAL_ENABLE: u32 = hdm::global_control::DECODER_ENABLE.bits();
    pub(in crate::hardware) const LOCK_ON_COMMIT: u32 = hdm::control::LOCK_ON_COMMIT.bits();
    pub(in crate::hardware) const COMMIT: u32 = hdm::control::COMMIT.bits();
    pub(in crate::hardware) const COMMITTED: u32 = hdm::control::COMMITTED.bits();
    pub(in crate::hardware) const ERROR_NOT_COMMITTED: u32 =
        hdm::control::ERROR_NOT_COMMITTED.bits();
    /// Of the command register.
    pub(in crate::hardware) const MEMORY_SPACE: u16 = 1 << 1;
    pub(in crate::hardware) const CACHE_ENABLE: u16 = word(&control::CACHE_ENABLE);
    pub(in crate::hardware) const MEM_ENABLE: u16 = word(&control::MEM_ENABLE);
    pub(in crate::hardware) const DISABLE_CACHING: u16 = word(&control2::DISABLE_CACHING);
    pub(in crate::hardware) const INITIATE_WBI: u16 = word(&control2::INITIATE_WBI);
    pub(in crate::hardware) const INITIATE_CXL_RESET: u16 = word(&control2::INITIATE_CXL_RESET);
    pub(in crate::hardware) const RESET_MEM_CLEAR: u16 = word(&control2::CXL_RESET_MEM_CLR_ENABLE);
    pub(in crate::hardware) const CACHE_INVALID: u16 = word(&status2::CACHE_INVALID);
    pub(in crate::hardware) const RESET_COMPLETE: u16 = word(&status2::CXL_RESET_COMPLETE);
    pub(in crate::hardware) const RESET_ERROR: u16 = word(&status2::CXL_RESET_ERROR);
}

/// Offsets in the CXL Device DVSEC.
pub(super) mod offset {
    use cxl_regs::dvsec;

    /// The dword with the id and the Capability register.
    pub(in crate::hardware) const HEADER2: u16 = dvsec::header2::ID.offset();
    pub(in crate::hardware) const CONTROL: u16 = dvsec::control::MEM_ENABLE.offset();
    pub(in crate::hardware) const STATUS: u16 = dvsec::status::VIRAL_STATUS.offset();
    pub(in crate::hardware) const CONTROL2: u16 = dvsec::control2::DISABLE_CACHING.offset();
    pub(in crate::hardware) const STATUS2: u16 = dvsec::status2::CACHE_INVALID.offset();
    pub(in crate::hardware) const RANGE1_SIZE_LOW: u16 = dvsec::range1_size_low::ACTIVE.offset();
    pub(in crate::hardware) const RANGE1_BASE_HIGH: u16 =
        dvsec::range1_base_high::BASE_HIGH.offset();
    pub(in crate::hardware) const RANGE1_BASE_LOW: u16 = dvsec::range1_base_low::BASE_LOW.offset();
}
