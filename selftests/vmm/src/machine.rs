// SPDX-License-Identifier: GPL-2.0

//! The machine: what an access of the guest means that is not memory.

use crate::{
    bars::Bars,
    component::Component,
    config::Config,
    cpu,
    device::Device,
    error::{Error, Result},
    guest::{self, ECAM},
    iommu::Iommu,
    memory::Memory,
    report::Report,
    slots::Slots,
    window::Window,
};
use kvm_ioctls::{VcpuExit, VcpuFd};
use std::rc::Rc;

// I/O ports, as in guest/boot.h and ../freestanding/print.h.
const LETTER: u16 = 0xe9;
const VERDICT: u16 = 0xf4;
const RESET: u16 = 0xcf9;
const OFF: u16 = 0x604;
const PEEK: u16 = 0x700;
const WINDOW_DMA: u16 = 0x704;

/// The function is device 1 of bus 0, which has no other.
const FUNCTION: u64 = 1 << 15;
const CONFIG_SIZE: u64 = 4096;

pub struct Machine {
    pub slots: Slots,
    pub bars: Bars,
    pub window: Window,
    pub component: Component,
    pub config: Config,
    pub device: Rc<Device>,
    pub iommu: Iommu,
    pub ram: Memory,
    /// Page of the device's memory that the guest wants read in another way.
    pub peek: u64,
}

/// Why the CPU came back for good.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Reset,
    Off,
}

impl Machine {
    /// Looks at what the guest may have moved: BARs, and the memory. It is looked at after every
    /// write to a register and every reset, since doorbells and resets change it as well.
    pub fn follow(&mut self) -> Result<()> {
        self.bars.follow(&self.config, &mut self.slots)?;
        // Without Memory Space the registers of v6 do not answer.
        let decoder = match self.config.memory_space() {
            true => Some(self.component.decoder()?),
            false => None,
        };
        self.window
            .follow(decoder.as_ref(), &mut self.slots, &self.iommu)
    }

    /// Where in configuration space an address is.
    fn config_offset(address: u64) -> Option<u64> {
        let offset = address.checked_sub(ECAM)?.checked_sub(FUNCTION)?;
        (offset < CONFIG_SIZE).then_some(offset)
    }

    fn read(&self, address: u64, data: &mut [u8]) {
        if let Some(offset) = Self::config_offset(address) {
            self.config.read(offset, data);
        } else if let Some((bar, offset)) = self.bars.find(address) {
            match self.component.find(bar, offset) {
                Some(register) => self.component.read(register, data),
                None => self.bars.read(bar, offset, data),
            }
        } else {
            data.fill(0xff);
        }
    }

    fn write(&mut self, address: u64, data: &[u8]) -> Result<()> {
        if let Some(offset) = Self::config_offset(address) {
            self.config.write(offset, data);
            self.follow()?;
        } else if let Some((bar, offset)) = self.bars.find(address) {
            match self.component.find(bar, offset) {
                Some(register) => {
                    self.component.write(register, data);
                    self.follow()?;
                }
                None => self.bars.write(bar, offset, data),
            }
        }
        Ok(())
    }

    fn port_in(&self, port: u16, data: &mut [u8]) {
        match port {
            PEEK if data.len() == 4 => {
                data.copy_from_slice(&self.window.peek(4096 * self.peek).to_le_bytes());
            }
            WINDOW_DMA => data.fill(self.window.dma().into()),
            _ => data.fill(0xff),
        }
    }

    fn port_out(&mut self, port: u16, data: &[u8], report: &mut Report) -> Option<Stop> {
        match (port, data) {
            (LETTER, letters) => letters.iter().for_each(|letter| report.letter(*letter)),
            (VERDICT, &[verdict]) => report.verdict(verdict),
            (PEEK, &[a, b, c, d]) => self.peek = u64::from(u32::from_le_bytes([a, b, c, d])),
            (RESET, _) => return Some(Stop::Reset),
            (OFF, _) => return Some(Stop::Off),
            _ => (),
        }
        None
    }

    /// Runs the guest until it wants a reset or the machine off.
    pub fn run(&mut self, vcpu: &mut VcpuFd, report: &mut Report) -> Result<Stop> {
        loop {
            let mut stop = None;
            match vcpu.run() {
                Ok(VcpuExit::MmioRead(address, data)) => match cpu::port(address) {
                    Some(port) => self.port_in(port, data),
                    None => self.read(address, data),
                },
                Ok(VcpuExit::MmioWrite(address, data)) => match cpu::port(address) {
                    Some(port) => stop = self.port_out(port, data, report),
                    None => self.write(address, data)?,
                },
                Ok(VcpuExit::IoIn(port, data)) => self.port_in(port, data),
                Ok(VcpuExit::IoOut(port, data)) => stop = self.port_out(port, data, report),
                Ok(VcpuExit::Intr) => (),
                Ok(exit) => return Err(Error::new(format!("the guest is lost: {exit:?}"))),
                // KVM could not map what a slot promises.
                Err(error) => {
                    return Err(Error::new(format!(
                        "KVM_RUN at {:#x}: {error}",
                        cpu::at(vcpu)
                    )));
                }
            }
            if let Some(stop) = stop {
                Self::complete(vcpu)?;
                return Ok(stop);
            }
        }
    }

    /// KVM ends the guest's last access when it is entered again, and on arm64 goes on behind its instruction: what begins anew
    /// would do so at the second.
    fn complete(vcpu: &mut VcpuFd) -> Result<()> {
        vcpu.set_kvm_immediate_exit(1);
        let ended = vcpu.run().map(|exit| format!("{exit:?}"));
        vcpu.set_kvm_immediate_exit(0);
        match ended {
            Err(error) if error.errno() == libc::EINTR => Ok(()),
            ended => Err(Error::new(format!(
                "KVM_RUN with immediate_exit: {ended:?}"
            ))),
        }
    }

    /// What a reset of the machine does to the function, in this order: out of the guest's reach,
    /// reset, and back where its registers say.
    pub fn reset(&mut self) -> Result<()> {
        self.config.disable()?;
        self.follow()?;
        self.device.reset()?;
        self.follow()
    }

    /// Puts the guest at its beginning.
    pub fn boot(&self, vcpu: &VcpuFd, round: u64) -> Result<()> {
        guest::load(&self.ram, round)?;
        cpu::start(self.slots.vm(), vcpu, &self.ram)
    }
}
