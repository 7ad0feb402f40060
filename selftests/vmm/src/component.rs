// SPDX-License-Identifier: GPL-2.0

//! The component register block: over its place in the BAR the guest finds the component register
//! region, as much of the block as that has. The rest of the block is the BAR's.

use crate::{
    cxl_info::Interface,
    decoder::{Decoder, COMMIT, LOCK_ON_COMMIT},
    device::Device,
    error::{Attempt, Error, Result},
    region::Region,
    translation::{with_half, Translation},
};
use std::{ops::Range, rc::Rc};

/// The CXL.cache and CXL.mem registers in the block, CXL r4.0 8.2.3.
pub const CACHE_MEM: Range<u64> = 0x1000..0x2000;
// CXL r4.0 8.2.4: the capability array starts behind the CXL.io registers, and its pointers count
// from there.
const ARRAY: u64 = CACHE_MEM.start;
const ARRAY_ID: u32 = 1;
const HDM_ID: u32 = 5;
const DECODER_0: u64 = 0x10;
const DECODER_SIZE: u64 = 0x20;
/// Of a decoder.
const CONTROL: u64 = 0x10;
const COUNT: u32 = 0xf;

pub struct Component {
    device: Rc<Device>,
    region: Region,
    /// What of the block the region is.
    shown: Range<u64>,
    bar: u32,
    bar_region: Region,
    block: Range<u64>,
    interface: Interface,
    /// Offset of the HDM Decoder Capability in the block.
    hdm: u64,
    decoders: u64,
    translation: Translation,
}

/// How many decoders the count in the HDM Decoder Capability Register means.
fn decoders(capability: u32) -> u64 {
    match u64::from(capability & COUNT) {
        0 => 1,
        count => 2 * count,
    }
}

/// Finds a capability in the array; `register` reads a dword of the block.
fn capability(id: u32, mut register: impl FnMut(u64) -> Result<u32>) -> Result<u64> {
    let header = register(ARRAY)?;
    if header & 0xffff != ARRAY_ID {
        return Err(Error::new(format!(
            "{header:#x} is no header of a capability array"
        )));
    }
    for i in 1..=u64::from(header >> 24) {
        let element = register(ARRAY + 4 * i)?;
        if element & 0xffff == id {
            return Ok(ARRAY + u64::from(element >> 20));
        }
    }
    Err(Error::new(format!(
        "the capability array has no element {id}"
    )))
}

impl Component {
    pub fn new(device: &Rc<Device>) -> Result<Self> {
        let cxl = *device.cxl();
        let region = device.region(cxl.component_region)?;
        let (block, shown) = (cxl.block(), cxl.first..cxl.first + region.size);
        if shown.end > block.end - block.start {
            return Err(Error::new(format!(
                "the component register region has {:#x} bytes, from {:#x} of the block on",
                region.size, cxl.first
            )));
        }
        let mut component = Component {
            device: device.clone(),
            region,
            shown,
            bar: cxl.component_bar,
            bar_region: device.region(cxl.component_bar)?,
            block,
            interface: cxl.interface,
            hdm: 0,
            decoders: 0,
            translation: Translation::default(),
        };
        component.hdm = capability(HDM_ID, |at| component.dword(at))?;
        component.decoders = decoders(component.dword(component.hdm)?);
        Ok(component)
    }

    fn dword(&self, at: u64) -> Result<u32> {
        let mut dword = [0; 4];
        // Where the region has the decoders alone, the array that leads there is read through the BAR.
        let (region, offset) = if self.shown.contains(&at) {
            (&self.region, at - self.shown.start)
        } else {
            (&self.bar_region, self.block.start + at)
        };
        self.device
            .read(region, offset, &mut dword)
            .map_err(|error| Error::new(format!("component register {at:#x}: {error}")))?;
        Ok(u32::from_le_bytes(dword))
    }

    /// Has the guest's first decoder be at a guest physical address, which is the kernel's to keep with v2,
    /// and the VMM's with the others: `first` is what the kernel has.
    pub fn place(&mut self, first: &Decoder, base: u64) -> Result<()> {
        if self.interface != Interface::V2 {
            self.translation = Translation::new(base, first.base);
            return Ok(());
        }
        let decoder = self.hdm + DECODER_0;
        let write = |at: u64, value: u32| {
            self.device
                .write(&self.region, at - self.shown.start, &value.to_le_bytes())
                .attempt("decoder 0")
        };
        if first.locked() {
            write(decoder + CONTROL, first.control & !LOCK_ON_COMMIT)?;
        }
        write(decoder, base as u32)?;
        write(decoder + 4, (base >> 32) as u32)?;
        write(decoder + CONTROL, first.control | COMMIT | LOCK_ON_COMMIT)
    }

    /// With v6 nothing that is written to a decoder moves it: the guest is told so.
    fn control(&self, control: u32) -> u32 {
        let is_committed = Decoder::new([0, 0, 0, 0, control, 0, 0]).committed();
        match self.interface {
            Interface::V6 if is_committed => control | LOCK_ON_COMMIT,
            _ => control,
        }
    }

    /// Decoder 0, as the guest sees it.
    pub fn decoder(&self) -> Result<Decoder> {
        let mut dwords = [0; 7];
        for (at, dword) in (self.hdm + DECODER_0..).step_by(4).zip(&mut dwords) {
            *dword = self.dword(at)?;
        }
        let decoder = Decoder::new(dwords);
        Ok(Decoder {
            base: self.translation.to_guest(decoder.base, decoder.committed()),
            control: self.control(decoder.control),
            ..decoder
        })
    }

    /// The offset in the block of an offset in a BAR, if the block is there.
    pub fn find(&self, bar: u32, offset: u64) -> Option<u64> {
        let at = offset.checked_sub(self.block.start)?;
        (bar == self.bar && self.shown.contains(&at)).then_some(at)
    }

    /// Whether this is a decoder's control register.
    fn is_control(&self, at: u64) -> bool {
        at.checked_sub(self.hdm + DECODER_0).is_some_and(|offset| {
            offset / DECODER_SIZE < self.decoders && offset % DECODER_SIZE == CONTROL
        })
    }

    /// The decoder whose base is there, by its first register, and whether this is the high half.
    fn base_at(&self, at: u64) -> Option<(u64, bool)> {
        let offset = at.checked_sub(self.hdm + DECODER_0)?;
        let register = offset % DECODER_SIZE;
        (offset / DECODER_SIZE < self.decoders && register < 8)
            .then_some((at - register, register >= 4))
    }

    fn base(&self, decoder: u64) -> Result<u64> {
        let base = u64::from(self.dword(decoder + 4)?) << 32 | u64::from(self.dword(decoder)?);
        let committed =
            Decoder::new([0, 0, 0, 0, self.dword(decoder + CONTROL)?, 0, 0]).committed();
        Ok(self.translation.to_guest(base, committed))
    }

    /// All ones for an access that registers do not take, as a device may answer.
    pub fn read(&self, at: u64, data: &mut [u8]) {
        let answer = match (self.base_at(at), data.len()) {
            (None, 4) if self.is_control(at) => self.dword(at).map(|control| {
                data.copy_from_slice(&self.control(control).to_le_bytes());
            }),
            (None, _) => self
                .device
                .read(&self.region, at - self.shown.start, data)
                .attempt("component registers"),
            (Some((decoder, high)), 4) => self.base(decoder).map(|base| {
                let half = if high { base >> 32 } else { base } as u32;
                data.copy_from_slice(&half.to_le_bytes());
            }),
            (Some(_), _) => Err(Error::new("no dword")),
        };
        if answer.is_err() {
            data.fill(0xff);
        }
    }

    /// What registers do not take is dropped. One half of a base for the guest may be both for the kernel.
    pub fn write(&self, at: u64, data: &[u8]) {
        let _ = match (self.base_at(at), data.try_into().map(u32::from_le_bytes)) {
            (None, _) => self
                .device
                .write(&self.region, at - self.shown.start, data)
                .attempt("component registers"),
            (Some((decoder, high)), Ok(half)) => self.base(decoder).and_then(|base| {
                let base = self.translation.to_host(with_half(base, high, half));
                let (low, high) = (base as u32, (base >> 32) as u32);
                let decoder = decoder - self.shown.start;
                self.device
                    .write(&self.region, decoder, &low.to_le_bytes())
                    .and_then(|()| {
                        self.device
                            .write(&self.region, decoder + 4, &high.to_le_bytes())
                    })
                    .attempt("the base of a decoder")
            }),
            (Some(_), Err(_)) => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(registers: &'static [u32]) -> impl FnMut(u64) -> Result<u32> {
        |at| {
            let index = (at - ARRAY) as usize / 4;
            let register = registers.get(index).copied();
            register.ok_or_else(|| Error::new("outside"))
        }
    }

    #[test]
    fn a_capability_is_found_behind_others_and_null_elements() {
        let array = array(&[0x0300_0001, 0x1000_0002, 0, 0x2000_0005]);
        assert_eq!(capability(HDM_ID, array).unwrap(), 0x1200);
    }

    #[test]
    fn the_number_of_decoders_is_coded() {
        assert_eq!([0, 1, 2, 5, 0x10].map(decoders), [1, 2, 4, 10, 1]);
    }

    #[test]
    fn the_array_ends_where_it_says() {
        assert!(capability(HDM_ID, array(&[0x0100_0001, 0x1000_0002, 0x2000_0005])).is_err());
        assert!(capability(HDM_ID, array(&[0x0000_0001])).is_err());
    }

    #[test]
    fn what_is_no_array_is_not_walked() {
        assert!(capability(HDM_ID, array(&[u32::MAX])).is_err());
        assert!(capability(HDM_ID, array(&[0])).is_err());
        // An array that claims more than the block has ends with the error of the read.
        assert!(capability(HDM_ID, array(&[0xff00_0001])).is_err());
    }
}
