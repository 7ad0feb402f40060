// SPDX-License-Identifier: GPL-2.0

//! What the caller has to perform after a shadow changed.
//!
//! A shadow changes itself and nothing else: hardware, mappings and users are the caller's, who
//! learns what to do from the returned [`Effects`].

use crate::hdm::CommitError;

/// A bit whose change matters outside the shadow.
///
/// ```
/// use cxl_regs::effect::Switch;
///
/// assert_eq!(Switch::MemEnable.name(), "Mem_Enable");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// DVSEC Control: Cache_Enable.
    CacheEnable,
    /// DVSEC Control: Mem_Enable, as the guest sees it. The physical bit stays set.
    MemEnable,
    /// DVSEC Control2: Disable_Caching.
    DisableCaching,
    /// DVSEC Control2: CXL Reset Mem Clr Enable.
    MemClear,
    /// DVSEC Lock: CONFIG_LOCK.
    ConfigLock,
    /// HDM Decoder Global Control: HDM Decoder Enable.
    DecoderEnable,
    /// HDM Decoder Global Control: Poison On Decode Error Enable.
    PoisonEnable,
}

impl Switch {
    /// Every switch, in the order in which [`Effects`] yields them.
    ///
    /// ```
    /// # use cxl_regs::effect::Switch;
    /// assert_eq!(Switch::ALL.len(), 7);
    /// ```
    pub const ALL: [Switch; 7] = [
        Switch::CacheEnable,
        Switch::MemEnable,
        Switch::DisableCaching,
        Switch::MemClear,
        Switch::ConfigLock,
        Switch::DecoderEnable,
        Switch::PoisonEnable,
    ];

    /// The name in the specification.
    ///
    /// ```
    /// # use cxl_regs::effect::Switch;
    /// assert_eq!(Switch::ConfigLock.name(), "CONFIG_LOCK");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Switch::CacheEnable => "Cache_Enable",
            Switch::MemEnable => "Mem_Enable",
            Switch::DisableCaching => "Disable_Caching",
            Switch::MemClear => "Reset_Mem_Clr_Enable",
            Switch::ConfigLock => "CONFIG_LOCK",
            Switch::DecoderEnable => "HDM_Decoder_Enable",
            Switch::PoisonEnable => "Poison_On_Decode_Error_Enable",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Switch::CacheEnable => 1 << 0,
            Switch::MemEnable => 1 << 1,
            Switch::DisableCaching => 1 << 2,
            Switch::MemClear => 1 << 3,
            Switch::ConfigLock => 1 << 4,
            Switch::DecoderEnable => 1 << 5,
            Switch::PoisonEnable => 1 << 6,
        }
    }
}

/// The positions of some [`Switch`]es.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Switches(u8);

impl Switches {
    #[inline]
    pub(crate) const fn with(self, switch: Switch, on: bool) -> Self {
        if on {
            Self(self.0 | switch.bit())
        } else {
            self
        }
    }
}

/// One thing to perform.
///
/// ```
/// use cxl_regs::{access::Access, effect::Effect, vectors};
///
/// let mut hdm = vectors::hdm_shadow(2).unwrap();
/// hdm.write(Access::new(0x1c, 4).unwrap(), 0x1); // size high: 4 GiB
/// let effects = hdm.write(Access::new(0x20, 4).unwrap(), 0x200); // COMMIT
/// assert!(effects.into_iter().eq([Effect::Committed { decoder: 0, base: 0, size: 1 << 32 }]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The decoder stopped decoding.
    Released {
        /// The decoder's number.
        decoder: u8,
    },
    /// A bit changed.
    Switched {
        /// Which bit.
        switch: Switch,
        /// Its new value.
        on: bool,
    },
    /// The decoder decodes `base..base + size` from now on.
    Committed {
        /// The decoder's number.
        decoder: u8,
        /// The first host physical address.
        base: u64,
        /// The number of bytes.
        size: u64,
    },
    /// The decoder was asked to commit and answered Error Not Committed.
    CommitFailed {
        /// The decoder's number.
        decoder: u8,
        /// The fact that stood against it.
        error: CommitError,
    },
    /// Write back and invalidate the device's caches, then call
    /// [`complete_write_back`](crate::dvsec::DvsecShadow::complete_write_back).
    WriteBack,
    /// Perform a CXL Reset, call `reset` of every shadow, then call
    /// [`complete_reset`](crate::dvsec::DvsecShadow::complete_reset).
    Reset {
        /// Reset_Mem_Clr_Enable: clear the device's memory with it.
        clear_memory: bool,
    },
}

/// The set of [`Effect`]s of one write or reset, as an iterator.
///
/// They come in the order in which they are to be performed: releases from the highest decoder
/// down, switches, a commit, write-back, reset.
///
/// ```
/// use cxl_regs::{access::Access, effect::{Effect, Switch}, vectors};
///
/// let mut dvsec = vectors::dvsec_shadow(3).unwrap();
/// // Disable_Caching, Initiate WBI and Initiate CXL Reset in one write.
/// let mut effects = dvsec.write(Access::new(0x10, 2).unwrap(), 0b111);
/// assert!(!effects.is_empty());
/// let off = Effect::Switched { switch: Switch::DisableCaching, on: true };
/// assert_eq!(effects.next(), Some(off));
/// assert_eq!(effects.next(), Some(Effect::WriteBack));
/// assert_eq!(effects.next(), Some(Effect::Reset { clear_memory: false }));
/// assert_eq!(effects.next(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "a shadow performs nothing: the caller has to"]
pub struct Effects {
    /// One bit for each decoder.
    released: u32,
    changed: Switches,
    now: Switches,
    /// The base and size that were committed, or what stood against it.
    commit: Option<Result<(u64, u64), CommitError>>,
    /// The decoder that `commit` is about.
    decoder: u8,
    write_back: bool,
    /// `clear_memory`, if a reset is requested.
    reset: Option<bool>,
}

impl Effects {
    /// Nothing to perform.
    ///
    /// ```
    /// # use cxl_regs::effect::Effects;
    /// assert!(Effects::NONE.is_empty());
    /// ```
    pub const NONE: Effects = Effects {
        released: 0,
        changed: Switches(0),
        now: Switches(0),
        commit: None,
        decoder: 0,
        write_back: false,
        reset: None,
    };

    /// Whether there is nothing (left) to perform.
    ///
    /// ```
    /// # use cxl_regs::effect::Effects;
    /// assert!(Effects::default().is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.released == 0
            && self.changed.0 == 0
            && self.commit.is_none()
            && !self.write_back
            && self.reset.is_none()
    }

    /// Whether `effect` is in the set.
    ///
    /// ```
    /// # use cxl_regs::effect::{Effect, Effects};
    /// assert!(!Effects::NONE.contains(Effect::WriteBack));
    /// ```
    pub fn contains(mut self, effect: Effect) -> bool {
        self.any(|other| other == effect)
    }

    pub(crate) fn set_switches(&mut self, before: Switches, after: Switches) {
        self.changed = Switches(before.0 ^ after.0);
        self.now = after;
    }

    pub(crate) fn add_released(&mut self, decoder: u8) {
        self.released |= 1u32.wrapping_shl(u32::from(decoder));
    }

    pub(crate) fn set_commit(&mut self, decoder: u8, outcome: Result<(u64, u64), CommitError>) {
        self.commit = Some(outcome);
        self.decoder = decoder;
    }

    pub(crate) fn set_write_back(&mut self) {
        self.write_back = true;
    }

    pub(crate) fn set_reset(&mut self, clear_memory: bool) {
        self.reset = Some(clear_memory);
    }
}

impl Iterator for Effects {
    type Item = Effect;

    fn next(&mut self) -> Option<Effect> {
        if let Some(bit) = self.released.checked_ilog2() {
            self.released &= !1u32.wrapping_shl(bit);
            // CAST: a bit number is below 32.
            let decoder = bit as u8;
            return Some(Effect::Released { decoder });
        }
        for switch in Switch::ALL {
            if self.changed.0 & switch.bit() != 0 {
                self.changed.0 &= !switch.bit();
                let on = self.now.0 & switch.bit() != 0;
                return Some(Effect::Switched { switch, on });
            }
        }
        let decoder = self.decoder;
        match self.commit.take() {
            Some(Ok((base, size))) => {
                return Some(Effect::Committed {
                    decoder,
                    base,
                    size,
                });
            }
            Some(Err(error)) => return Some(Effect::CommitFailed { decoder, error }),
            None => {}
        }
        if self.write_back {
            self.write_back = false;
            return Some(Effect::WriteBack);
        }
        let clear_memory = self.reset.take()?;
        Some(Effect::Reset { clear_memory })
    }
}
