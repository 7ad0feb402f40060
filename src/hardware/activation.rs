// SPDX-License-Identifier: GPL-2.0

//! When the memory can be used after a reset: first its size is known, then it answers. The low dword of
//! the DVSEC's size of range 1 says both.

#![forbid(unsafe_code)]

use super::{
    offset,
    Hardware,
    Obstacle, //
};
use crate::ffi::sleep;
use cxl_regs::dvsec::range1_size_low;

/// Memory_Info_Valid comes within a second of a reset (8.1.3.8.2).
const INFO_VALID_TIMEOUT_MS: u32 = 1000;

impl Hardware {
    /// Waits until the memory's size is known, and says what the range has. A fatal signal ends the
    /// wait.
    pub(crate) fn wait_info_valid(&self) -> Result<u32, Obstacle> {
        self.wait_range(INFO_VALID_TIMEOUT_MS, |range| {
            range1_size_low::INFO_VALID.is_set(range)
        })
    }

    /// As [`Hardware::wait_info_valid`], and then for as long as the function says that it may take
    /// until the memory is ready.
    pub(crate) fn wait_active(&self) -> Result<(), Obstacle> {
        let range = self.wait_info_valid()?;
        if is_active(range) {
            return Ok(());
        }
        (self.wait_range(activation_ms(range), is_active)).map(|_| ())
    }

    /// Waits until the low dword of the DVSEC's size of range 1 is as wanted, and returns it.
    fn wait_range(&self, timeout_ms: u32, wanted: impl Fn(u32) -> bool) -> Result<u32, Obstacle> {
        const INTERVAL_MS: u32 = 10;

        let mut range = 0;
        let found = sleep::poll_killable(timeout_ms, INTERVAL_MS, || {
            range = self.config32(offset::RANGE1_SIZE_LOW);
            (range == u32::MAX || wanted(range)).then_some(range)
        });
        match found {
            Err(_) => Err(Obstacle::Interrupted),
            Ok(None) => Err(Obstacle::Inactive { range }),
            Ok(Some(u32::MAX)) => Err(Obstacle::Gone),
            Ok(Some(range)) => Ok(range),
        }
    }
}

/// How long it may take after a reset until the memory can be used, as the low dword of a DVSEC range
/// size says.
pub(crate) fn activation_ms(range: u32) -> u32 {
    if range1_size_low::INFO_VALID.is_set(range) {
        let encoding = range1_size_low::ACTIVE_TIMEOUT.get(range).min(4);
        1000u32.wrapping_shl(encoding.wrapping_mul(2))
    } else {
        INFO_VALID_TIMEOUT_MS
    }
}

/// Whether the low dword of a DVSEC range size says that the memory can be used.
pub(super) fn is_active(range: u32) -> bool {
    range != u32::MAX
        && range1_size_low::INFO_VALID.is_set(range)
        && range1_size_low::ACTIVE.is_set(range)
}
