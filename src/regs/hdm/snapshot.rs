// SPDX-License-Identifier: GPL-2.0

//! From what a device returned for its HDM Decoder Capability to a shadow, or to the fact that
//! stands against it.

use super::{
    capability,
    control,
    decoders,
    dwords,
    CommitError,
    Decoder,
    HdmShadow,
    BACK_INVALIDATE,
    DECODER,
    DECODERS,
    DECODER_DWORDS,
    HEADER,
    HEADER_DWORDS,
    POISON,
    UIO_CAPABLE, //
};
use crate::{
    block::Rules,
    policy::Policy,
    table::Features, //
};
use core::fmt;

/// What a shadow has to know beside the registers themselves.
///
/// ```
/// use cxl_regs::{hdm::Options, policy::Policy};
///
/// assert_eq!(Options::default().policy, Policy::DEFAULT);
/// assert!(!Options::default().back_invalidate);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// The component has a BI Decoder Capability (id 12): BI and target type can be chosen.
    pub back_invalidate: bool,
    /// The answers to open questions.
    pub policy: Policy,
}

/// Why a snapshot of an HDM Decoder Capability is refused.
///
/// ```
/// use cxl_regs::hdm::{HdmShadow, Options, SnapshotError};
///
/// let error = HdmShadow::from_snapshot(&[0xf; 12], Options::default()).unwrap_err();
/// assert_eq!(error, SnapshotError::Count { encoding: 0xf });
/// assert_eq!(error.to_string(), "HDM decoder count encoding 0xf is reserved");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotError {
    /// Fewer dwords were given than the decoders take.
    Short {
        /// The dwords needed.
        need: usize,
        /// The dwords given.
        have: usize,
    },
    /// A dword with reserved bits reads all-ones: the device is gone.
    AllOnes {
        /// The dword's offset.
        offset: usize,
    },
    /// The number of decoders has a reserved encoding.
    Count {
        /// DECODER_COUNT.
        encoding: u32,
    },
    /// COMMIT, COMMITTED and ERROR_NOT_COMMITTED describe none of the states of a decoder. COMMIT
    /// alone is a question that the device answers within 10 ms.
    State {
        /// The decoder's number.
        decoder: u8,
        /// Its Control register.
        control: u32,
    },
    /// A decoder is committed against a rule.
    Committed {
        /// The decoder's number.
        decoder: u8,
        /// The rule.
        error: CommitError,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Short { need, have } => {
                write!(f, "HDM decoders have {need} dwords, snapshot only {have}")
            }
            Self::AllOnes { offset } => write!(f, "HDM decoders read all-ones at {offset:#04x}"),
            Self::Count { encoding } => {
                write!(f, "HDM decoder count encoding {encoding:#x} is reserved")
            }
            Self::State { decoder, control } => {
                write!(
                    f,
                    "HDM decoder {decoder} is in no legal state (ctrl {control:#x})"
                )
            }
            Self::Committed { decoder, error } => {
                write!(f, "HDM decoder {decoder} is committed, but {error}")
            }
        }
    }
}

impl HdmShadow {
    /// The shadow of a device whose HDM Decoder Capability reads `hardware`, dword by dword.
    ///
    /// [`dwords`] says how many are needed; more are ignored.
    ///
    /// ```
    /// use cxl_regs::hdm::{CommitError, HdmShadow, Options, SnapshotError};
    ///
    /// let mut hardware = [0; 12];
    /// hardware[8] = 0x600; // COMMIT and COMMITTED, but no size
    /// assert_eq!(
    ///     HdmShadow::from_snapshot(&hardware, Options::default()).unwrap_err(),
    ///     SnapshotError::Committed { decoder: 0, error: CommitError::SizeZero },
    /// );
    ///
    /// hardware[7] = 0x1; // 4 GiB
    /// let hdm = HdmShadow::from_snapshot(&hardware, Options::default()).unwrap();
    /// assert!(hdm.decoder(0).unwrap().is_committed());
    /// ```
    pub fn from_snapshot(hardware: &[u32], options: Options) -> Result<Self, SnapshotError> {
        let short = |need| SnapshotError::Short {
            need,
            have: hardware.len(),
        };
        let &[capability, ..] = hardware else {
            return Err(short(1));
        };
        if capability == u32::MAX {
            return Err(SnapshotError::AllOnes { offset: 0 });
        }
        let encoding = capability::DECODER_COUNT.get(capability);
        let (Some(count), Some(need)) = (decoders(encoding), dwords(capability)) else {
            return Err(SnapshotError::Count { encoding });
        };
        let Some(hardware) = hardware.get(..need) else {
            return Err(short(need));
        };

        let poison = capability::POISON_ON_DECODE_ERROR.is_set(capability);
        let uio = capability::UIO_CAPABLE.is_set(capability);
        let features = Features::NONE
            .with(POISON, poison)
            .with(UIO_CAPABLE, uio)
            .with(BACK_INVALIDATE, options.back_invalidate);
        let mut shadow = Self {
            header_rules: Rules::new(HEADER, features),
            decoder_rules: Rules::new(DECODER, features),
            features,
            policy: options.policy,
            count,
            header: [0; HEADER_DWORDS],
            decoders: [Decoder::FREE; DECODERS],
        };
        shadow.load(hardware)?;
        for number in 0..count {
            shadow.check_snapshot(number)?;
        }
        Ok(shadow)
    }

    fn load(&mut self, hardware: &[u32]) -> Result<(), SnapshotError> {
        let all_ones = |dword: usize| SnapshotError::AllOnes {
            offset: dword.wrapping_mul(4),
        };
        self.header_rules
            .load(&mut self.header, hardware)
            .map_err(all_ones)?;
        let decoders = hardware.get(HEADER_DWORDS..).unwrap_or(&[]);
        let blocks = decoders.chunks_exact(DECODER_DWORDS);
        let starts = (HEADER_DWORDS..hardware.len()).step_by(DECODER_DWORDS);
        for (start, (block, decoder)) in starts.zip(blocks.zip(&mut self.decoders)) {
            self.decoder_rules
                .load(&mut decoder.words, block)
                .map_err(|dword| all_ones(start.wrapping_add(dword)))?;
        }
        Ok(())
    }

    fn check_snapshot(&self, number: u8) -> Result<(), SnapshotError> {
        let Some(decoder) = self.decoder(number) else {
            return Ok(());
        };
        let control = decoder.control();
        let state = (
            control::COMMIT.is_set(control),
            control::COMMITTED.is_set(control),
            control::ERROR_NOT_COMMITTED.is_set(control),
        );
        match state {
            (false, false, false) | (true, false, true) => Ok(()),
            (true, true, false) => match self.check(number) {
                Ok(_) => Ok(()),
                Err(error) => Err(SnapshotError::Committed {
                    decoder: number,
                    error,
                }),
            },
            _ => Err(SnapshotError::State {
                decoder: number,
                control,
            }),
        }
    }
}
