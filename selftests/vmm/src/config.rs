// SPDX-License-Identifier: GPL-2.0

//! The function's configuration space, as VFIO virtualises it: the machine only passes it on.
//! The body of the CXL Device DVSEC in it is a shadow, with doorbells that the driver answers.

use crate::{
    device::Device,
    error::{Attempt, Result},
    region::Region,
};
use std::rc::Rc;
use vfio_bindings::bindings::vfio::VFIO_PCI_CONFIG_REGION_INDEX;

const COMMAND: u64 = 0x04;
const COMMAND_MEMORY: u16 = 0x0002;
const BAR: u64 = 0x10;

pub struct Config {
    device: Rc<Device>,
    region: Region,
}

impl Config {
    pub fn new(device: &Rc<Device>) -> Result<Self> {
        Ok(Config {
            device: device.clone(),
            region: device.region(VFIO_PCI_CONFIG_REGION_INDEX)?,
        })
    }

    /// All ones where there is nothing, as on the bus.
    pub fn read(&self, at: u64, data: &mut [u8]) {
        if self.device.read(&self.region, at, data).is_err() {
            data.fill(0xff);
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
        let mut bar = [0; 4];
        self.read(BAR + 4 * u64::from(index), &mut bar);
        u32::from_le_bytes(bar)
    }

    /// What a reset of the machine does first: no access to the function from here on.
    pub fn disable(&self) -> Result<()> {
        self.device
            .write(&self.region, COMMAND, &[0, 0])
            .attempt("the command register")
    }
}
