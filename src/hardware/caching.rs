// SPDX-License-Identifier: GPL-2.0

//! The cache of the function itself: it may hold dirty lines of host memory, which are lost if the
//! function is reset or sleeps before it wrote them back.

#![forbid(unsafe_code)]

use super::{
    bit,
    offset,
    Hardware,
    Obstacle, //
};
use cxl_regs::dvsec;

/// A write-back takes as long as the caches are large; no register says how long.
const WRITE_BACK_TIMEOUT_MS: u32 = 1000;

/// The right to write Control2, for the task that has the lock around it. That register has
/// Disable_Caching beside both doorbells: a task that writes one has read the others before.
pub(crate) struct Control2 {
    /// Disable_Caching as the user had it, while caching is stopped. Entered by
    /// [`Hardware::stop_caching`], left by [`Hardware::resume_caching`].
    user: Option<u16>,
}

impl Control2 {
    /// Of a function whose caching is the user's business.
    pub(crate) fn new() -> Self {
        Self { user: None }
    }
}

impl Hardware {
    /// Whether the function may have a line of host memory in its cache.
    pub(super) fn is_caching(&self) -> bool {
        let capability = self.config32(offset::HEADER2);
        dvsec::capability::CACHE_CAPABLE.is_set(capability)
            && self.config16(offset::CONTROL) & bit::CACHE_ENABLE != 0
    }

    /// Whether the function may have lines that it cannot be told to write back.
    pub(crate) fn loses_lines(&self) -> bool {
        let capability = self.config32(offset::HEADER2);
        self.is_caching() && !dvsec::capability::CACHE_WBI_CAPABLE.is_set(capability)
    }

    /// Has the function write back and invalidate its caches, and waits for it.
    pub(crate) fn write_back(&self, _: &mut Control2) -> Result<(), Obstacle> {
        let _awake = self.stay_awake()?;
        let control = self.config16(offset::CONTROL2);
        // A cache in use may fill again at any time: only one that is disabled becomes invalid.
        let quiet = control | bit::DISABLE_CACHING;
        self.set_config16(offset::CONTROL2, quiet);
        self.set_config16(offset::CONTROL2, quiet | bit::INITIATE_WBI);
        let done = self.wait_status2(bit::CACHE_INVALID, WRITE_BACK_TIMEOUT_MS);
        self.set_config16(offset::CONTROL2, control);
        done.map(|_| ())
    }

    /// Has the function write back its caches before it is reset or sleeps, and not use them until
    /// [`Hardware::resume_caching`].
    pub(crate) fn stop_caching(&self, control2: &mut Control2) -> Result<(), Obstacle> {
        let _awake = self.stay_awake()?;
        if !self.is_caching() || self.loses_lines() {
            return Ok(());
        }
        let control = self.config16(offset::CONTROL2);
        let is_disabled = control & bit::DISABLE_CACHING != 0;
        // A reset may have enabled what was stopped before.
        if control2.user.is_some() && is_disabled {
            return Ok(());
        }
        (control2.user).get_or_insert(control & bit::DISABLE_CACHING);
        self.set_config16(offset::CONTROL2, control | bit::DISABLE_CACHING);
        self.write_back(control2)
    }

    /// Lets the function use its caches as its user had them, once it is there again.
    pub(crate) fn resume_caching(&self, control2: &mut Control2) {
        if let Some(user) = control2.user.take() {
            self.set_disable_caching(user);
        }
    }

    /// Disables the function's caches, or enables them: once caching is resumed, if it is stopped.
    pub(crate) fn disable_caching(&self, control2: &mut Control2, disabled: bool) {
        let wanted = if disabled { bit::DISABLE_CACHING } else { 0 };
        match &mut control2.user {
            Some(user) => *user = wanted,
            None => self.set_disable_caching(wanted),
        }
    }

    fn set_disable_caching(&self, wanted: u16) {
        let control = self.config16(offset::CONTROL2);
        if control & bit::DISABLE_CACHING != wanted && control != u16::MAX {
            self.set_config16(offset::CONTROL2, control & !bit::DISABLE_CACHING | wanted);
        }
    }
}
