// SPDX-License-Identifier: GPL-2.0

//! CXL Reset.

#![forbid(unsafe_code)]

use super::{
    bit,
    caching::Control2,
    offset,
    Hardware, //
    Obstacle,
};
use crate::ffi::sleep;
use cxl_regs::dvsec;

impl Hardware {
    /// Performs a CXL Reset (8.1.3.4, 9.7): the caches are switched off and written back, the
    /// memory is cleared if that is asked for and possible, and the function gets the time that it
    /// advertises, of which the first 100 ms belong to it alone.
    pub(crate) fn cxl_reset(
        &self,
        control2: &mut Control2,
        clear_memory: bool,
        timeout_ms: u32,
    ) -> Result<(), Obstacle> {
        const ALONE_MS: u32 = 100;

        let _awake = self.stay_awake()?;
        // A CXL Reset is one of CXL.cache and CXL.mem, and is defined while one of them is on (9.7).
        let control = self.config16(offset::CONTROL);
        if control & (bit::CACHE_ENABLE | bit::MEM_ENABLE) == 0 {
            return Err(Obstacle::CxlDisabled { control });
        }
        let capability = self.config32(offset::HEADER2);
        let control = self.config16(offset::CONTROL2) & !bit::RESET_MEM_CLEAR;
        let quiet = control | bit::DISABLE_CACHING;
        // A cache that is off, or disabled and written back before, stays empty: nothing to wait for.
        let is_empty = !self.is_caching()
            || control & bit::DISABLE_CACHING != 0
                && self.config16(offset::STATUS2) & bit::CACHE_INVALID != 0;
        self.set_config16(offset::CONTROL2, quiet);
        let mut done = Ok(());
        if !is_empty && dvsec::capability::CACHE_WBI_CAPABLE.is_set(capability) {
            done = self.write_back(control2);
        }
        if done.is_ok() {
            let clear = if clear_memory {
                bit::RESET_MEM_CLEAR
            } else {
                0
            };
            self.set_config16(offset::CONTROL2, quiet | clear);
            self.set_config16(offset::CONTROL2, quiet | clear | bit::INITIATE_CXL_RESET);
            sleep::uninterruptible_ms(ALONE_MS);
            let finished = bit::RESET_COMPLETE | bit::RESET_ERROR;
            done = self
                .wait_status2(finished, timeout_ms.max(ALONE_MS))
                .and_then(|status| match status & bit::RESET_ERROR {
                    0 => Ok(()),
                    _ => Err(Obstacle::ResetFailed { status }),
                });
        }
        self.set_config16(offset::CONTROL2, control);
        done
    }

    pub(super) fn wait_status2(&self, bits: u16, timeout_ms: u32) -> Result<u16, Obstacle> {
        let mut status = 0;
        let ended = sleep::poll(timeout_ms, || {
            status = self.config16(offset::STATUS2);
            if status == u16::MAX {
                Some(Err(Obstacle::Gone))
            } else if status & bits != 0 {
                Some(Ok(status))
            } else {
                None
            }
        });
        ended.unwrap_or(Err(Obstacle::ResetFailed { status }))
    }
}
