// SPDX-License-Identifier: GPL-2.0

//! From what a device returned for its HDM Decoder Capability to a shadow, or to the fact that
//! stands against it.

use super::{
    capability,
    control,
    decoders,
    dwords,
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
    table::Features,
    unfit::{
        Block,
        Unfit, //
    }, //
};

/// What a shadow has to know beside the registers themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// The component has a BI Decoder Capability (id 12): BI and target type can be chosen.
    pub back_invalidate: bool,
    /// Who may move or release what is committed.
    pub lock: Lock,
}

/// Who may move or release a committed decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lock {
    /// As hardware has it (8.2.4.20.7): nobody moves it, and clearing COMMIT releases it unless it is
    /// locked.
    #[default]
    Hardware,
    /// Clearing COMMIT releases even a locked decoder, and clears its LOCK_ON_COMMIT, as the v3
    /// series of the kernel patches had it.
    Releasable,
    /// A VMM places it, as in the v2 series: what the device had committed starts at 0 and without
    /// LOCK_ON_COMMIT. Until that is set, the base can be written, and clearing COMMIT releases. While
    /// it is set, nothing but LOCK_ON_COMMIT itself can be changed.
    Placeable,
}

impl HdmShadow {
    /// The shadow of a device whose HDM Decoder Capability reads `hardware`, dword by dword.
    ///
    /// [`dwords`] says how many are needed; more are ignored. What decoder 0 is committed to is
    /// all that the guest can commit it to again.
    pub fn from_snapshot(hardware: &[u32], options: Options) -> Result<Self, Unfit> {
        let &[capability, ..] = hardware else {
            return Err(Block::Hdm.short(0, 0));
        };
        if capability == u32::MAX {
            return Err(Block::Hdm.all_ones(0));
        }
        let encoding = capability::DECODER_COUNT.get(capability);
        let (Some(count), Some(need)) = (decoders(encoding), dwords(capability)) else {
            return Err(Block::Hdm.unfit(0, encoding.into(), "a number of decoders"));
        };
        let Some(hardware) = hardware.get(..need) else {
            return Err(Block::Hdm.short(0, hardware.len()));
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
            lock: options.lock,
            count,
            header: [0; HEADER_DWORDS],
            decoders: [Decoder::FREE; DECODERS],
            committed: None,
        };
        shadow.load(hardware)?;
        let [first, ..] = &shadow.decoders;
        shadow.committed = first.is_committed().then_some(*first);
        if let (Lock::Placeable, [first, ..]) = (options.lock, &mut shadow.decoders) {
            if first.is_committed() {
                first.take_from_its_place();
            }
        }
        Ok(shadow)
    }

    fn load(&mut self, hardware: &[u32]) -> Result<(), Unfit> {
        self.header_rules
            .load(&mut self.header, hardware)
            .map_err(|dword| Block::Hdm.all_ones(dword))?;
        let decoders = hardware.get(HEADER_DWORDS..).unwrap_or(&[]);
        let blocks = decoders.chunks_exact(DECODER_DWORDS);
        let starts = (HEADER_DWORDS..hardware.len()).step_by(DECODER_DWORDS);
        for (start, (block, decoder)) in starts.zip(blocks.zip(&mut self.decoders)) {
            self.decoder_rules
                .load(&mut decoder.words, block)
                .map_err(|dword| Block::Hdm.all_ones(start.wrapping_add(dword)))?;
            // CAST: at most 4 + 32 * 8.
            check(decoder, (start << 2) as u32)?;
        }
        Ok(())
    }
}

/// Checks that a decoder, whose registers start at `offset`, is in one of its states, and decodes
/// something if it is committed.
fn check(decoder: &Decoder, offset: u32) -> Result<(), Unfit> {
    let unfit = |register: u16, found, expected| {
        let offset = offset.wrapping_add(register.into());
        Err(Block::Hdm.unfit(offset, found, expected))
    };
    let control = decoder.control();
    let state = (
        control::COMMIT.is_set(control),
        control::COMMITTED.is_set(control),
        control::ERROR_NOT_COMMITTED.is_set(control),
    );
    match state {
        (false, false, false) | (true, false, true) => Ok(()),
        (true, true, false) if decoder.granularity().is_none() => {
            unfit(control::IG.offset(), control.into(), "a granularity")
        }
        (true, true, false) if decoder.ways().is_none() => {
            unfit(control::IW.offset(), control.into(), "a number of ways")
        }
        (true, true, false) => match decoder.end() {
            Some(end) if end > decoder.base() => Ok(()),
            Some(_) => unfit(super::size_low::SIZE_LOW.offset(), 0, "a size"),
            None => {
                let base = decoder.base();
                unfit(0, base, "a base and a size that do not wrap")
            }
        },
        // COMMIT alone is a question that the device answers within 10 ms.
        _ => unfit(control::COMMIT.offset(), control.into(), "a legal state"),
    }
}
