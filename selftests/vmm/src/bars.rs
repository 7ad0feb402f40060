// SPDX-License-Identifier: GPL-2.0

//! The function's memory BARs, at the guest physical addresses that the guest gives them. What
//! VFIO lets us map of them becomes memory slots, and the rest is trapped.

use crate::{
    config::Config, device::Device, error::Result, memory::Memory, region::Region, slots::Slots,
};
use std::rc::Rc;

const COUNT: u32 = 6;
const IS_IO: u32 = 0x1;
const IS_64_BIT: u32 = 0x4;

struct Bar {
    index: u32,
    region: Region,
    /// The mappable areas: offset in the BAR, and the memory.
    areas: Vec<(u64, Memory)>,
    /// Where the guest has it now.
    at: Option<u64>,
    slots: Vec<u32>,
}

pub struct Bars {
    device: Rc<Device>,
    bars: Vec<Bar>,
}

impl Bars {
    pub fn new(device: &Rc<Device>) -> Result<Self> {
        let mut bars = Vec::new();
        for index in 0..COUNT {
            let region = device.region(index)?;
            if region.size == 0 {
                continue;
            }
            let mut areas = Vec::new();
            for area in &region.mappable {
                areas.push((area.start, device.map(&region, area, area.start)?));
            }
            bars.push(Bar {
                index,
                region,
                areas,
                at: None,
                slots: Vec::new(),
            });
        }
        Ok(Bars {
            device: device.clone(),
            bars,
        })
    }

    /// Looks where the guest wants them now.
    pub fn follow(&mut self, config: &Config, slots: &mut Slots) -> Result<()> {
        let enabled = config.memory_space();
        for bar in &mut self.bars {
            let low = config.bar(bar.index);
            let high = if low & IS_64_BIT != 0 && bar.index + 1 < COUNT {
                config.bar(bar.index + 1)
            } else {
                0
            };
            let at = u64::from(high) << 32 | u64::from(low & !0xf);
            let at = Some(at).filter(|&at| {
                let fits = at.checked_add(bar.region.size).is_some();
                enabled && low & IS_IO == 0 && at != 0 && fits
            });
            if at == bar.at {
                continue;
            }
            bar.at = at;
            for slot in bar.slots.drain(..) {
                slots.remove(slot)?;
            }
            let Some(at) = at else {
                continue;
            };
            for (offset, memory) in &bar.areas {
                // A guest may put a BAR where its RAM is. Then all accesses to it are trapped.
                match slots.insert(at + offset, memory, 0..memory.size()) {
                    Ok(slot) => bar.slots.push(slot),
                    Err(error) => eprintln!("BAR {}: {error}", bar.index),
                }
            }
        }
        Ok(())
    }

    /// The BAR at a guest physical address, and the offset in it.
    pub fn find(&self, address: u64) -> Option<(u32, u64)> {
        self.bars.iter().find_map(|bar| {
            let offset = address.checked_sub(bar.at?)?;
            (offset < bar.region.size).then_some((bar.index, offset))
        })
    }

    fn region(&self, index: u32) -> Option<&Region> {
        let bar = self.bars.iter().find(|bar| bar.index == index)?;
        Some(&bar.region)
    }

    pub fn read(&self, index: u32, offset: u64, data: &mut [u8]) {
        let read = self.region(index);
        let read = read.map(|region| self.device.read(region, offset, data));
        if !matches!(read, Some(Ok(()))) {
            data.fill(0xff);
        }
    }

    pub fn write(&self, index: u32, offset: u64, data: &[u8]) {
        if let Some(region) = self.region(index) {
            let _ = self.device.write(region, offset, data);
        }
    }

    /// Whether something of a BAR's range can be mapped; a BAR that does not exist maps nothing.
    pub fn maps(&self, index: u32, offset: u64, size: u64) -> bool {
        self.region(index)
            .is_some_and(|region| region.maps(offset..offset + size))
    }
}
