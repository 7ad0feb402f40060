// SPDX-License-Identifier: GPL-2.0

//! The physical registers that decide whether a function's memory is decoded: where they are, what
//! they say, and waiting for them. Decoders are written by `restore` alone, with nothing but what firmware
//! had committed.

#![forbid(unsafe_code)]

mod activation;
mod caching;
mod config;
mod cxl_reset;
mod obstacle;
mod ras;
mod registers;
mod restore;

pub(crate) use self::{
    activation::activation_ms,
    caching::Control2,
    config::{
        Config,
        Service, //
    },
    obstacle::Obstacle,
    ras::{
        Reporting,
        Unread, //
    },
};

use self::registers::{
    bit,
    decoder0,
    offset, //
};
use crate::ffi::{
    awake::Awake,
    io::Mmio,
    pci::PciDev, //
};
use cxl_regs::{
    cm,
    dvsec,
    hdm,
    CapabilityArray, //
};
use kernel::{
    new_mutex,
    num::casts::u32_as_usize,
    prelude::*,
    sync::{
        aref::ARef,
        Mutex, //
    },
};

/// The command register of configuration space.
const COMMAND: u16 = 0x04;

/// Where a function has its registers.
#[derive(Copy, Clone)]
pub(crate) struct Layout {
    /// Offset of the CXL Device DVSEC in configuration space.
    pub(crate) dvsec: u16,
    /// Its length, in bytes.
    pub(crate) dvsec_len: u16,
    /// Offset of the Advanced Features capability in configuration space, if there is one.
    pub(crate) advanced_features: Option<u8>,
    /// The BAR that has the component register block.
    pub(crate) bar: u8,
    /// Offset of the block in that BAR.
    pub(crate) block: usize,
    /// Offset of the HDM Decoder Capability in the block.
    pub(crate) hdm: usize,
    /// Offset of the RAS Capability in the block, if there is one.
    pub(crate) ras: Option<usize>,
}

/// The configuration of a window, as firmware committed it.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Host physical address.
    pub(crate) base: u64,
    /// Size.
    pub(crate) size: u64,
    /// Device physical address space left out below it.
    pub(crate) skip: u64,
    /// The control register, COMMITTED included.
    pub(crate) control: u32,
    /// The global control register.
    global: u32,
    /// The DVSEC's control register.
    dvsec_control: u16,
    /// The base of the DVSEC's range 1.
    range_base: u64,
    /// Whether the DVSEC disables the function's caches.
    pub(crate) disables_caching: bool,
}

impl Commit {
    /// Whether only a reset releases it.
    pub(crate) fn is_locked(&self) -> bool {
        self.control & bit::LOCK_ON_COMMIT != 0
    }
}

/// The registers of a function.
pub(crate) struct Hardware {
    pdev: ARef<PciDev>,
    mmio: Mmio,
    layout: Layout,
    /// What the BAR has in configuration space.
    bar: [u32; 2],
    /// Held while Memory Space may be enabled for registers alone, and while registers are used that need
    /// it to stay as it is. It comes after all other locks.
    registers: Pin<KBox<Mutex<()>>>,
}

/// A BAR in configuration space, and the dword behind it, which has its upper half if it has one.
fn read_bar(pdev: &PciDev, bar: u8) -> [u32; 2] {
    /// The first one.
    const BASE_ADDRESS: u16 = 0x10;

    let low = BASE_ADDRESS.saturating_add(u16::from(bar).saturating_mul(4));
    [low, low.saturating_add(4)].map(|at| pdev.read_config32(at))
}

impl Hardware {
    /// For a function whose registers were found. The mapping is of the BAR in `layout`.
    pub(crate) fn new(pdev: &PciDev, mmio: Mmio, layout: Layout) -> Result<Self> {
        let registers = new_mutex!((), "cxl_vfio_pci_registers");
        Ok(Self {
            bar: read_bar(pdev, layout.bar),
            pdev: pdev.into(),
            mmio,
            layout,
            registers: KBox::pin_init(registers, GFP_KERNEL)?,
        })
    }

    /// The BAR with the component registers.
    pub(crate) fn bar(&self) -> &Mmio {
        &self.mmio
    }

    /// Where the registers are.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Reads a dword of the component register block; all-ones while the PCI core has the function
    /// offline, because the recovery of a fatal error resets the link without holding the gate.
    pub(crate) fn component(&self, offset: usize) -> u32 {
        match self.layout.block.checked_add(offset) {
            Some(at) if !self.pdev.is_disconnected() => self.mmio.read32(at),
            _ => u32::MAX,
        }
    }

    /// Runs `use_them` alone at the registers.
    pub(crate) fn alone<R>(&self, use_them: impl FnOnce() -> R) -> R {
        let _alone = self.registers.lock();
        use_them()
    }

    /// Has the function answer at its BARs while `use_them` runs, even if its user has disabled
    /// Memory Space: a VMM does that before it resets a device. The caller keeps others from
    /// writing the command register.
    pub(crate) fn with_registers<R>(&self, use_them: impl FnOnce() -> R) -> R {
        // Nobody disables it again while another task uses them.
        let _alone = self.registers.lock();
        let enabled = self.set_memory_space(true);
        let result = use_them();
        if enabled {
            self.set_memory_space(false);
        }
        result
    }

    /// Has Memory Space enabled while `run` runs, which takes longer than anybody may wait for the
    /// registers. No user switches it meanwhile.
    pub(crate) fn with_memory_space<R>(&self, run: impl FnOnce() -> R) -> R {
        let enabled = self.alone(|| self.set_memory_space(true));
        let result = run();
        if enabled {
            self.alone(|| self.set_memory_space(false));
        }
        result
    }

    /// The command register.
    pub(crate) fn command(&self) -> u16 {
        self.pdev.read_config16(COMMAND)
    }

    /// Whether Memory Space is enabled now.
    pub(crate) fn has_memory_space(&self) -> bool {
        self.command() & bit::MEMORY_SPACE != 0
    }

    /// Enables Memory Space, for memory that is within reach whatever a user makes of it. A task that
    /// changes it meanwhile holds the gate, and comes here after that.
    pub(crate) fn enable_memory_space(&self) {
        self.alone(|| self.set_memory_space(true));
    }

    /// Whether that changed it. Writes no more than the byte that has it: the core masks an interrupt in the
    /// other one at any time.
    fn set_memory_space(&self, on: bool) -> bool {
        let [command, interrupts] = self.command().to_le_bytes();
        let [memory_space, _] = bit::MEMORY_SPACE.to_le_bytes();
        let wanted = if on {
            command | memory_space
        } else {
            command & !memory_space
        };
        // One that is gone reads ones.
        let changes = wanted != command && [command, interrupts] != [u8::MAX; 2];
        if changes {
            self.pdev.write_config8(COMMAND, wanted);
        }
        changes
    }

    fn hdm(&self, offset: usize) -> u32 {
        match self.layout.hdm.checked_add(offset) {
            Some(at) => self.component(at),
            None => u32::MAX,
        }
    }

    fn set_component(&self, offset: usize, value: u32) {
        match self.layout.block.checked_add(offset) {
            Some(at) if !self.pdev.is_disconnected() => self.mmio.write32(at, value),
            _ => (),
        }
    }

    fn set_hdm(&self, offset: usize, value: u32) {
        if let Some(at) = self.layout.hdm.checked_add(offset) {
            self.set_component(at, value);
        }
    }

    fn hdm64(&self, low: usize, high: usize) -> u64 {
        u64::from(self.hdm(high)) << 32 | u64::from(self.hdm(low))
    }

    fn set_hdm64(&self, low: usize, high: usize, value: u64) {
        // CAST: The two halves.
        self.set_hdm(low, value as u32);
        self.set_hdm(high, (value >> 32) as u32);
    }

    fn config16(&self, offset: u16) -> u16 {
        self.pdev
            .read_config16(self.layout.dvsec.saturating_add(offset))
    }

    fn config32(&self, offset: u16) -> u32 {
        self.pdev
            .read_config32(self.layout.dvsec.saturating_add(offset))
    }

    fn set_config16(&self, offset: u16, value: u16) {
        self.pdev
            .write_config16(self.layout.dvsec.saturating_add(offset), value);
    }

    fn set_config32(&self, offset: u16, value: u32) {
        self.pdev
            .write_config32(self.layout.dvsec.saturating_add(offset), value);
    }

    /// Reads the CXL Device DVSEC for a shadow.
    pub(crate) fn dvsec_words(&self) -> [u32; dvsec::DWORDS] {
        let mut words = [0; dvsec::DWORDS];
        for (offset, word) in (0u16..self.layout.dvsec_len).step_by(4).zip(&mut words) {
            *word = self.config32(offset);
        }
        words
    }

    /// Reads a dword of the CXL Device DVSEC.
    pub(crate) fn dvsec_word(&self, offset: u16) -> u32 {
        self.config32(offset)
    }

    /// Reads the capability array for a shadow.
    pub(crate) fn array_words(&self) -> Result<KVec<u32>> {
        let start = u32_as_usize(cm::CACHEMEM_OFFSET);
        let header = self.component(start);
        let count = CapabilityArray::dwords(header);
        let mut words = KVec::with_capacity(count, GFP_KERNEL)?;
        for offset in (start..).step_by(4).take(count) {
            words.push(self.component(offset), GFP_KERNEL)?;
        }
        Ok(words)
    }

    /// Reads the registers of the HDM Decoder Capability for a shadow: only the first if that does
    /// not say how many there are, which the shadow refuses.
    pub(crate) fn hdm_words(&self) -> Result<KVec<u32>> {
        let capability = self.hdm(0);
        let count = hdm::dwords(capability).unwrap_or(1);
        let mut words = KVec::from_elem(0, count, GFP_KERNEL)?;
        for offset in hdm::offsets(capability).map(usize::from) {
            if let Some(word) = words.get_mut(offset / 4) {
                *word = self.hdm(offset);
            }
        }
        if let Some(word) = words.first_mut() {
            *word = capability;
        }
        Ok(words)
    }

    /// What decoder 0 and the DVSEC are set to now.
    pub(crate) fn commit(&self) -> Commit {
        Commit {
            base: self.hdm64(decoder0::BASE_LOW, decoder0::BASE_HIGH),
            size: self.hdm64(decoder0::SIZE_LOW, decoder0::SIZE_HIGH),
            skip: self.hdm64(decoder0::SKIP_LOW, decoder0::SKIP_HIGH),
            control: self.hdm(decoder0::CONTROL),
            global: self.hdm(decoder0::GLOBAL_CONTROL),
            dvsec_control: self.config16(offset::CONTROL),
            range_base: self.range_base(),
            disables_caching: self.config16(offset::CONTROL2) & bit::DISABLE_CACHING != 0,
        }
    }

    fn range_base(&self) -> u64 {
        u64::from(self.config32(offset::RANGE1_BASE_HIGH)) << 32
            | u64::from(self.config32(offset::RANGE1_BASE_LOW))
    }

    /// Says where the HDM Decoder Capability is, counted from the CXL.cache and CXL.mem registers.
    pub(crate) fn set_hdm_offset(&mut self, offset: u16) {
        self.layout.hdm = u32_as_usize(cm::CACHEMEM_OFFSET).saturating_add(offset.into());
    }

    /// Says where the RAS Capability is, likewise.
    pub(crate) fn set_ras_offset(&mut self, offset: u16) {
        self.layout.ras = u32_as_usize(cm::CACHEMEM_OFFSET).checked_add(offset.into());
    }

    fn check_decoder(&self, expected: &Commit) -> Result<(), Obstacle> {
        let control = self.hdm(decoder0::CONTROL);
        if control == u32::MAX {
            return Err(Obstacle::Gone);
        }
        if control != expected.control
            || self.hdm64(decoder0::BASE_LOW, decoder0::BASE_HIGH) != expected.base
            || self.hdm64(decoder0::SIZE_LOW, decoder0::SIZE_HIGH) != expected.size
            || self.hdm(decoder0::GLOBAL_CONTROL) & bit::GLOBAL_ENABLE == 0
        {
            return Err(Obstacle::Decoder { control });
        }
        Ok(())
    }

    /// Whether the registers are as they were when the function was bound.
    pub(crate) fn is_put_back(&self, saved: &Commit) -> bool {
        self.stay_awake().is_ok_and(|_awake| {
            self.with_registers(|| self.check_decoder(saved)).is_ok() && !self.lost_dvsec(saved)
        })
    }

    /// Clears status bits of the DVSEC that the function would keep.
    pub(crate) fn clear_status(&self, status: u16, status2: u16) {
        if status != 0 {
            self.set_config16(offset::STATUS, status);
        }
        if status2 != 0 {
            self.set_config16(offset::STATUS2, status2);
        }
    }

    fn check_dvsec(&self) -> Result<(), Obstacle> {
        let control = self.config16(offset::CONTROL);
        if control & bit::MEM_ENABLE == 0 {
            return Err(Obstacle::MemDisabled { control });
        }
        let range = self.config32(offset::RANGE1_SIZE_LOW);
        if range == u32::MAX {
            return Err(Obstacle::Gone);
        }
        if !activation::is_active(range) {
            return Err(Obstacle::Inactive { range });
        }
        Ok(())
    }

    /// The function.
    pub(crate) fn pdev(&self) -> &PciDev {
        &self.pdev
    }

    /// Keeps the function awake, if it is there and awake. What puts it to sleep or wakes it up writes
    /// its configuration space, Memory Space included, and waits for nobody but who keeps it awake.
    pub(crate) fn stay_awake(&self) -> Result<Awake<'_>, Obstacle> {
        if !self.pdev.answers() {
            return Err(Obstacle::Gone);
        }
        let awake = self.pdev.stay_awake().ok_or(Obstacle::Asleep)?;
        if !self.is_in_d0() {
            return Err(Obstacle::Asleep);
        }
        self.check_bar()?;
        Ok(awake)
    }

    /// Whether the registers are where they were at bind: what resets the function by itself, or fails
    /// halfway, does not put its BARs back, and nothing answers where they were.
    pub(crate) fn check_bar(&self) -> Result<(), Obstacle> {
        if read_bar(&self.pdev, self.layout.bar) == self.bar {
            Ok(())
        } else {
            Err(Obstacle::BarLost {
                bar: self.layout.bar,
            })
        }
    }

    /// Whether the function is in D0. What puts it to sleep waits 10 ms before the PCI core knows.
    fn is_in_d0(&self) -> bool {
        /// The low word of Power Management Control/Status in its capability, and the state in that.
        const CONTROL: u16 = 4;
        const STATE: u16 = 3;

        let pm = u16::from(self.pdev.pm_cap());
        let state = || self.pdev.read_config16(pm.saturating_add(CONTROL)) & STATE;
        self.pdev.is_in_d0() && (pm == 0 || state() == 0)
    }

    /// Whether what [`Hardware::restore`] found or made is still there, in as few reads as show it: a
    /// function that is gone reads all-ones, one that was reset has lost Mem_Enable or COMMITTED, and
    /// a decoder that is committed keeps its base and size. `decodes_bars` says whether the
    /// function's BARs are to answer, so that the decoder can be read at all. They may not, because what
    /// the PCI core or vfio-pci-core restored was saved before its user enabled Memory Space: then it is
    /// enabled. The caller keeps others from writing the command register, and is [alone] at the registers.
    ///
    /// [alone]: Hardware::alone
    pub(crate) fn look(&self, expected: &Commit, decodes_bars: bool) -> Result<(), Obstacle> {
        if !self.pdev.is_in_d0() {
            return Err(Obstacle::Asleep);
        }
        self.check_dvsec()?;
        if decodes_bars {
            self.check_bar()?;
            self.set_memory_space(true);
            let control = self.hdm(decoder0::CONTROL);
            if control == u32::MAX {
                return Err(Obstacle::Gone);
            }
            if control != expected.control {
                return Err(Obstacle::Decoder { control });
            }
        }
        Ok(())
    }

    /// Whether the window is decoded now, whatever the user made of Memory Space. The caller keeps
    /// others from writing the command register.
    pub(crate) fn decodes(&self, expected: &Commit) -> bool {
        self.stay_awake().is_ok_and(|_awake| {
            self.check_dvsec().is_ok()
                && self.with_registers(|| self.check_decoder(expected)).is_ok()
        })
    }

    /// Runs `touch` while the window is decoded, whatever the user made of Memory Space: to the end, or this
    /// fails. The caller keeps everybody from changing hardware.
    pub(crate) fn while_decoding<R>(
        &self,
        expected: &Commit,
        touch: impl FnOnce() -> R,
    ) -> Result<R, Obstacle> {
        let _awake = self.stay_awake()?;
        let is_decoding = || {
            self.check_dvsec()
                .and_then(|()| self.check_decoder(expected))
        };
        self.with_registers(|| {
            is_decoding()?;
            let result = touch();
            // An interrupt that masks INTx writes the command register as it found it, and asks nobody.
            if !self.has_memory_space() {
                return Err(Obstacle::Busy);
            }
            is_decoding()?;
            Ok(result)
        })
    }
}
