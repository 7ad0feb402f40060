// SPDX-License-Identifier: GPL-2.0

//! The function's configuration space, as VFIO virtualises it: the machine only passes it on.
//! The body of the CXL Device DVSEC in it is a shadow, with doorbells that the driver answers. Only the base of its first range is
//! the machine's own: a guest physical address.

use crate::{
    device::Device,
    error::{Attempt, Error, Result},
    region::Region,
};
use std::rc::Rc;
use vfio_bindings::bindings::vfio::VFIO_PCI_CONFIG_REGION_INDEX;

const COMMAND: u64 = 0x04;
const COMMAND_MEMORY: u16 = 0x0002;
const BAR: u64 = 0x10;

// PCIe r6.0 7.9.6, CXL r4.0 8.1.3
const EXTENDED: u64 = 0x100;
const DVSEC: u32 = 0x23;
const CXL_VENDOR: u32 = 0x1e98;
const CXL_DEVICE: u32 = 0;
const RANGE_1_BASE_HIGH: u64 = 0x20;

pub struct Config {
    device: Rc<Device>,
    region: Region,
    /// Where the base of range 1 is, its high half first, and what the guest reads there.
    range: Option<(u64, [u8; 8])>,
}

impl Config {
    pub fn new(device: &Rc<Device>) -> Result<Self> {
        Ok(Config {
            device: device.clone(),
            region: device.region(VFIO_PCI_CONFIG_REGION_INDEX)?,
            range: None,
        })
    }

    fn dword(&self, at: u64) -> u32 {
        let mut dword = [0; 4];
        self.read(at, &mut dword);
        u32::from_le_bytes(dword)
    }

    /// From here on range 1 of the DVSEC has this base.
    pub fn set_range_base(&mut self, base: u64) -> Result<()> {
        let mut at = EXTENDED;
        while at != 0 {
            let header = self.dword(at);
            if header & 0xffff == DVSEC
                && self.dword(at + 4) & 0xffff == CXL_VENDOR
                && self.dword(at + 8) & 0xffff == CXL_DEVICE
            {
                let mut bytes = [0; 8];
                bytes[..4].copy_from_slice(&((base >> 32) as u32).to_le_bytes());
                bytes[4..].copy_from_slice(&(base as u32).to_le_bytes());
                self.range = Some((at + RANGE_1_BASE_HIGH, bytes));
                return Ok(());
            }
            // Lists go up here: VFIO checked it.
            at = u64::from(header >> 20);
        }
        Err(Error::new("there is no CXL Device DVSEC"))
    }

    /// All ones where there is nothing, as on the bus.
    pub fn read(&self, at: u64, data: &mut [u8]) {
        if self.device.read(&self.region, at, data).is_err() {
            data.fill(0xff);
        }
        if let Some((start, base)) = self.range {
            for (at, byte) in (at..).zip(data) {
                let own = at.checked_sub(start).and_then(|i| base.get(i as usize));
                *byte = *own.unwrap_or(byte);
            }
        }
    }

    pub fn write(&self, at: u64, data: &[u8]) {
        // What VFIO refuses is dropped, as on the bus.
        let _ = self.device.write(&self.region, at, data);
    }

    pub fn memory_space(&self) -> bool {
        let mut command = [0; 2];
        self.read(COMMAND, &mut command);
        u16::from_le_bytes(command) & COMMAND_MEMORY != 0
    }

    /// The BAR register with this index, 0 to 5.
    pub fn bar(&self, index: u32) -> u32 {
        self.dword(BAR + 4 * u64::from(index))
    }

    /// What a reset of the machine does first: no access to the function from here on.
    pub fn disable(&self) -> Result<()> {
        self.device
            .write(&self.region, COMMAND, &[0, 0])
            .attempt("the command register")
    }
}
