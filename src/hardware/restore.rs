// SPDX-License-Identifier: GPL-2.0

//! Putting back what something else changed: resets, power transitions, and cxl-core, which zeroes
//! an unlocked decoder when it lets go of it. This is the only place that writes a physical
//! decoder.

#![forbid(unsafe_code)]

use super::{
    bit,
    decoder0,
    offset,
    Commit,
    Hardware, //
    Obstacle,
};
use crate::ffi::sleep;

/// A decoder commits within 10 ms (8.2.4.20.7); twice that is given to it.
const COMMIT_TIMEOUT_MS: u32 = 20;

impl Hardware {
    /// Puts back what was lost of `saved`, in the order in which it may be written. What is as it
    /// was is not written. Whether a decoder can be programmed is what its lock says now: a reset
    /// may have taken that, too, and then it is set again with the commit.
    pub(crate) fn restore(&self, saved: &Commit) -> Result<(), Obstacle> {
        let _awake = self.stay_awake()?;
        self.with_registers(|| self.restore_decoder(saved))?;
        if self.lost_dvsec(saved) {
            // CAST: The two halves.
            self.set_config32(offset::RANGE1_BASE_HIGH, (saved.range_base >> 32) as u32);
            self.set_config32(offset::RANGE1_BASE_LOW, saved.range_base as u32);
            self.set_config16(offset::CONTROL, saved.dvsec_control);
        }
        self.check_dvsec()
    }

    /// Whether something of `saved` is lost, or something of its DVSEC.
    pub(crate) fn has_lost(&self, saved: &Commit, dvsec_only: bool) -> bool {
        self.stay_awake().is_ok_and(|_awake| {
            let decoder = || self.with_registers(|| self.check_decoder(saved));
            let lost_decoder = || decoder().is_err_and(|obstacle| obstacle != Obstacle::Gone);
            self.lost_dvsec(saved) || !dvsec_only && lost_decoder()
        })
    }

    /// Whether the DVSEC is not as it was.
    pub(crate) fn lost_dvsec(&self, saved: &Commit) -> bool {
        self.config16(offset::CONTROL) != saved.dvsec_control
            || self.range_base() != saved.range_base
    }

    fn restore_decoder(&self, saved: &Commit) -> Result<(), Obstacle> {
        if self.hdm(decoder0::GLOBAL_CONTROL) != saved.global {
            self.set_hdm(decoder0::GLOBAL_CONTROL, saved.global);
        }
        match self.check_decoder(saved) {
            Err(Obstacle::Decoder { .. }) => (),
            found => return found,
        }
        let control = self.hdm(decoder0::CONTROL);
        if control & bit::COMMITTED != 0 {
            if control & bit::LOCK_ON_COMMIT != 0 {
                return Err(Obstacle::LockedElsewhere {
                    control,
                    base: self.hdm64(decoder0::BASE_LOW, decoder0::BASE_HIGH),
                });
            }
            self.set_hdm(decoder0::CONTROL, control & !bit::COMMIT);
        }
        self.set_hdm64(decoder0::BASE_LOW, decoder0::BASE_HIGH, saved.base);
        self.set_hdm64(decoder0::SIZE_LOW, decoder0::SIZE_HIGH, saved.size);
        self.set_hdm64(decoder0::SKIP_LOW, decoder0::SKIP_HIGH, saved.skip);
        let control = saved.control & !(bit::COMMIT | bit::COMMITTED);
        self.set_hdm(decoder0::CONTROL, control);
        self.set_hdm(decoder0::CONTROL, control | bit::COMMIT);
        self.wait_committed()?;
        self.check_decoder(saved)
    }

    fn wait_committed(&self) -> Result<(), Obstacle> {
        let mut control = 0;
        let committed = sleep::poll(COMMIT_TIMEOUT_MS, || {
            control = self.hdm(decoder0::CONTROL);
            if control == u32::MAX {
                Some(Err(Obstacle::Gone))
            } else if control & bit::COMMITTED != 0 {
                Some(Ok(()))
            } else if control & bit::ERROR_NOT_COMMITTED != 0 {
                Some(Err(Obstacle::CommitFailed { control }))
            } else {
                None
            }
        });
        committed.unwrap_or(Err(Obstacle::CommitFailed { control }))
    }
}
