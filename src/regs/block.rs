// SPDX-License-Identifier: GPL-2.0

//! A block of registers: `N` dwords of values under `N` dwords of attributes, and how both are
//! seen field by field.

use crate::{
    access::Lane,
    attr::{
        Attr,
        Masks, //
    },
    table::{
        self,
        Features,
        Register, //
    }, //
};

/// The attributes of a block of `N` dwords, for one device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules<const N: usize> {
    masks: [Masks; N],
}

impl<const N: usize> Rules<N> {
    /// The attributes that `table` gives to a device with the capabilities `features`.
    pub(crate) const fn new(table: &[Register], features: Features) -> Self {
        Self {
            masks: table::masks(table, features),
        }
    }

    /// The attributes, dword by dword.
    pub(crate) const fn masks(&self) -> &[Masks; N] {
        &self.masks
    }

    /// Applies the write rule to the dword of `lane`. `value` is already in the dword's place.
    ///
    /// Returns the dword before and after, or `None` outside the block.
    #[inline]
    pub(crate) fn write(
        &self,
        words: &mut [u32; N],
        lane: Lane,
        value: u32,
        locked: u32,
    ) -> Option<(u32, u32)> {
        let masks = self.masks.get(lane.index())?;
        let word = words.get_mut(lane.index())?;
        let old = *word;
        *word = masks.write(old, value, lane.mask(), locked);
        Some((old, *word))
    }

    /// The doorbells in the dword of `lane` that a write of `value` rings.
    #[inline]
    pub(crate) fn rung(&self, lane: Lane, value: u32) -> u32 {
        self.masks
            .get(lane.index())
            .map_or(0, |masks| masks.rung(value, lane.mask()))
    }

    /// The bits in the dword of `lane` that a write of `value` clears.
    #[inline]
    pub(crate) fn cleared(&self, lane: Lane, value: u32) -> u32 {
        self.masks
            .get(lane.index())
            .map_or(0, |masks| masks.cleared(value, lane.mask()))
    }

    /// Applies the reset rule to every dword.
    pub(crate) fn reset(&self, words: &mut [u32; N], locked: u32) {
        for (word, masks) in words.iter_mut().zip(&self.masks) {
            *word = masks.reset(*word, locked);
        }
    }

    /// Takes over what the device has changed by itself since the last look at it. All-ones is
    /// what nobody answers.
    pub(crate) fn refresh(
        &self,
        words: &mut [u32; N],
        dword: usize,
        hardware: impl FnOnce() -> Option<u32>,
    ) {
        let (Some(masks), Some(word)) = (self.masks.get(dword), words.get_mut(dword)) else {
            return;
        };
        if masks.live() == 0 {
            return;
        }
        match hardware() {
            None | Some(u32::MAX) => {}
            Some(now) => *word = (*word & !masks.live()) | (now & masks.live()),
        }
    }

    /// Takes over what a device returned for its registers: reserved bits become 0.
    ///
    /// The error is the number of the first dword that reads all-ones although it has bits that
    /// cannot: the device is gone, or was never there. Missing dwords are left alone.
    pub(crate) fn load(&self, words: &mut [u32; N], hardware: &[u32]) -> Result<(), usize> {
        let values = words.iter_mut().zip(hardware).zip(&self.masks);
        for (index, ((word, &value), masks)) in (0..N).zip(values) {
            if value == u32::MAX && masks.readable() != u32::MAX {
                return Err(index);
            }
            *word = value & masks.readable();
        }
        Ok(())
    }
}

/// A field with its value: a line of a human-readable dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldValue {
    /// The register's name.
    pub register: &'static str,
    /// The register's offset from the start of the shadow.
    pub offset: u16,
    /// The field's name.
    pub name: &'static str,
    /// The field's highest bit.
    pub hi: u8,
    /// The field's lowest bit.
    pub lo: u8,
    /// The field's value, from bit 0 up.
    pub value: u32,
    /// The attribute on this device.
    pub attr: Attr,
}

/// The fields of `table` that are not reserved, with their values in `words`. `start` is the
/// offset of `words` in the shadow.
pub(crate) fn fields<'a>(
    table: &'static [Register],
    features: Features,
    words: &'a [u32],
    start: u16,
) -> impl Iterator<Item = FieldValue> + 'a {
    table.iter().flat_map(move |register| {
        register.fields().iter().filter_map(move |field| {
            let attr = field.attr_with(features);
            if attr.is_reserved() {
                return None;
            }
            Some(FieldValue {
                register: register.name(),
                offset: start.wrapping_add(register.offset()),
                name: field.name(),
                hi: field.hi(),
                lo: field.lo(),
                value: field.get(*words.get(field.dword())?),
                attr,
            })
        })
    })
}
