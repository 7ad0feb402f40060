// SPDX-License-Identifier: GPL-2.0

//! The device's memory in the guest: one memory slot, which follows the guest's decoder.

use crate::{
    decoder::{Decoder, Place},
    device::Device,
    error::Result,
    iommu::Iommu,
    memory::Memory,
    region::Region,
    slots::Slots,
};
use std::{
    rc::Rc,
    time::{Duration, Instant},
};

pub struct Window {
    device: Rc<Device>,
    region: Region,
    memory: Memory,
    /// DPA skip of the decoder before the guest wrote to it.
    skip: u64,
    /// Where the guest has it now, and the slot.
    placed: Option<(Place, u32)>,
    /// Whether the device reaches it there, too.
    dma: bool,
    /// How long it took to make it so, the last time.
    dma_took: Option<Duration>,
}

impl Window {
    /// Maps the whole memory once. The base of the first decoder is the host's physical address.
    pub fn new(device: &Rc<Device>, first: &Decoder) -> Result<Self> {
        let region = device.region(device.cxl().memory_region)?;
        Ok(Window {
            memory: device.map(&region, &(0..region.size), first.base)?,
            device: device.clone(),
            region,
            skip: first.skip,
            placed: None,
            dma: false,
            dma_took: None,
        })
    }

    pub fn size(&self) -> u64 {
        self.region.size
    }

    /// Whether DMA to the window's guest physical addresses works.
    pub fn dma(&self) -> bool {
        self.dma
    }

    pub fn dma_took(&self) -> Option<Duration> {
        self.dma_took
    }

    /// Moves the memory to where this decoder has it. While it is out of reach there is none: the
    /// guest reads all ones; a slot would end the machine with a fault.
    pub fn follow(
        &mut self,
        decoder: Option<&Decoder>,
        slots: &mut Slots,
        iommu: &Iommu,
    ) -> Result<()> {
        let wanted = decoder.and_then(|decoder| decoder.place(self.size(), self.skip));
        if wanted.as_ref() == self.placed.as_ref().map(|(place, _)| place) {
            return Ok(());
        }
        if let Some((place, slot)) = self.placed.take() {
            if std::mem::take(&mut self.dma) {
                iommu.unmap(place.at, place.part.end - place.part.start)?;
            }
            slots.remove(slot)?;
        }
        let Some(place) = wanted else {
            return Ok(());
        };
        // A guest may commit its decoder where its RAM is. Then it has no device memory.
        match slots.insert(place.at, &self.memory, place.part.clone()) {
            Ok(slot) => {
                // A container takes memory without pages, an iommufd does not.
                let start = Instant::now();
                let mapped = iommu.map(place.at, &self.memory, place.part.clone());
                self.dma = mapped.is_ok();
                self.dma_took = self.dma.then(|| start.elapsed());
                self.placed = Some((place, slot));
            }
            Err(error) => eprintln!("device memory: {error}"),
        }
        Ok(())
    }

    /// A dword of the memory, read in another way than by the guest.
    pub fn peek(&self, offset: u64) -> u32 {
        let mut dword = [0xff; 4];
        let _ = self.device.read(&self.region, offset, &mut dword);
        u32::from_le_bytes(dword)
    }
}
