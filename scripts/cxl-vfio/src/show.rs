// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio show`: what the user of a bound device is told, and whether it is true.

mod tries;
pub mod vfio;

use crate::{
    device::{
        Device,
        DRIVER, //
    },
    error::{
        Refusal,
        Result, //
    },
    host::{
        log::{
            last_sentence,
            Log, //
        },
        Host, //
    },
    output::{
        Amount,
        Table, //
    },
};
use cxl_regs::{
    cm::{
        self,
        CapabilityArray, //
    },
    hdm::{
        self,
        HdmShadow,
        Options, //
    },
};
use serde::Serialize;
use std::{
    fmt,
    io, //
};
use tries::{
    protection,
    Memory,
    Try, //
};
use vfio::{
    CxlInfo,
    Region,
    Uapi,
    Vfio, //
};

#[derive(Serialize)]
struct RegionLine {
    index: u32,
    size: u64,
    read: bool,
    write: bool,
    mmap: bool,
    name: String,
}

#[derive(Serialize)]
struct DecoderLine {
    number: u8,
    committed: bool,
    locked: bool,
    base: u64,
    size: u64,
    ways: Option<u8>,
    granularity: Option<u16>,
}

#[derive(Serialize)]
pub struct Show {
    address: String,
    kernel_log: Option<String>,
    interface: &'static str,
    flags: Vec<&'static str>,
    capability: String,
    registers: String,
    regions: Vec<RegionLine>,
    decoders: Vec<DecoderLine>,
    memory: Vec<Try>,
    protection: Vec<Try>,
}

impl Show {
    pub fn is_good(&self) -> bool {
        let mut tries = self.memory.iter().chain(&self.protection);
        !self.memory.is_empty() && tries.all(|tried| tried.good)
    }
}

pub fn run(host: &Host, address: &str) -> Result<Show> {
    let device = Device::find(host, address)?;
    if !device.is_ours() {
        return Err(Refusal::new(
            format!("{address} is not bound to {DRIVER}"),
            format!("`cxl-vfio bind {address}` binds it; `cxl-vfio check {address}` looks at it without."),
        ));
    }
    let vfio = Vfio::open(&device)?;
    let Some(cxl) = vfio.cxl else {
        return Err(Refusal::new(
            format!("{address} is bound as plain PCI: it has no CXL memory to show"),
            format!("`cxl-vfio check {address}` says why."),
        ));
    };
    look(&device, &vfio, cxl).map_err(|error| {
        Refusal::new(
            format!("{address} cannot be read: {error}"),
            format!("/sys/kernel/debug/{DRIVER}-{}/gate says whether its memory is out of reach, and why.", device.address),
        )
    })
}

fn look(device: &Device<'_>, vfio: &Vfio, cxl: CxlInfo) -> io::Result<Show> {
    set_memory_space(vfio)?;
    let registers = Registers {
        vfio,
        region: vfio.region(cxl.registers)?,
        first: cxl.first,
        bar: vfio.region(cxl.bar)?,
        bar_offset: cxl.bar_offset,
    };
    let (at, hdm) = read_decoders(&registers)?;
    let decoders: Vec<DecoderLine> = (0..).zip(hdm.decoders()).map(decoder_line).collect();
    let memory = Memory {
        device,
        vfio,
        region: vfio.region(cxl.memory)?,
        base: match cxl.uapi {
            // The base is the guest's.
            Uapi::V2 => window_base(device).unwrap_or(0),
            Uapi::V3 | Uapi::V6 => decoders.first().map_or(0, |decoder| decoder.base),
        },
    };
    let lines = Log::whole(device.host)
        .map(|mut log| log.take())
        .unwrap_or_default();
    let said = last_sentence(&lines, &device.address, "CXL memory ");
    let name_of = |flag: usize, name| (vfio.flags & 1 << flag != 0).then_some(name);
    const NAMES: [&str; 10] = [
        "RESET", "PCI", "PLATFORM", "AMBA", "CCW", "AP", "FSL_MC", "CAPS", "CDX", "CXL",
    ];
    Ok(Show {
        address: device.address.clone(),
        kernel_log: said.map(|rest| format!("CXL memory {rest}")),
        interface: match cxl.uapi {
            Uapi::V2 => "v2",
            Uapi::V3 => "v3",
            Uapi::V6 => "v6 (experimental)",
        },
        flags: NAMES
            .into_iter()
            .enumerate()
            .filter_map(|(flag, name)| name_of(flag, name))
            .collect(),
        capability: format!(
            "memory is region {}{}",
            cxl.memory,
            if cxl.committed {
                ", committed by firmware"
            } else {
                ""
            }
        ),
        registers: format!(
            "region {}: {} of BAR {}, at {:#x}",
            cxl.registers,
            Amount(registers.region.size),
            cxl.bar,
            cxl.bar_offset + cxl.first
        ),
        regions: region_lines(vfio, &cxl),
        decoders,
        memory: memory.tries(),
        protection: protection(&registers, at, cxl.uapi)?,
    })
}

/// The component register block of an open device. Where the region has only a part of it, the BAR has
/// the capability array.
pub struct Registers<'a> {
    vfio: &'a Vfio,
    region: Region,
    /// What of the block is at offset 0 of the region.
    first: u64,
    bar: Region,
    bar_offset: u64,
}

impl Registers<'_> {
    /// The region that has a dword of the block, and its offset there.
    fn find(&self, at: u64) -> (&Region, u64) {
        match at.checked_sub(self.first) {
            Some(offset) if offset < self.region.size => (&self.region, offset),
            _ => (&self.bar, self.bar_offset + at),
        }
    }

    fn read32(&self, at: u64) -> io::Result<u32> {
        let (region, at) = self.find(at);
        self.vfio.read32(region, at)
    }

    fn write32(&self, at: u64, value: u32) -> io::Result<()> {
        let (region, at) = self.find(at);
        self.vfio.write32(region, at, value)
    }
}

/// Where the host has the memory, as the driver says in debugfs.
fn window_base(device: &Device<'_>) -> Option<u64> {
    let text = device.debug("gate")?;
    let base = text.strip_prefix("window: 0x")?.split(' ').next()?;
    u64::from_str_radix(base, 16).ok()
}

/// As a guest's driver does before it uses the memory.
fn set_memory_space(vfio: &Vfio) -> io::Result<()> {
    const COMMAND: u64 = 4;
    const MEMORY: u16 = 1 << 1;
    let config = vfio.region(vfio::CONFIG_REGION)?;
    let command = vfio.read32(&config, COMMAND)? as u16;
    vfio.write16(&config, COMMAND, command | MEMORY)
}

/// Where the HDM Decoder Capability is, and what its registers say.
fn read_decoders(registers: &Registers<'_>) -> io::Result<(u64, HdmShadow)> {
    let read = |start: u64, count: usize| -> io::Result<Vec<u32>> {
        (0..count as u64)
            .map(|dword| registers.read32(start + 4 * dword))
            .collect()
    };
    let start = u64::from(cm::CACHEMEM_OFFSET);
    let header = registers.read32(start)?;
    let words = read(start, CapabilityArray::dwords(header))?;
    let wrong = |error: &dyn fmt::Display| io::Error::other(error.to_string());
    let array = CapabilityArray::from_snapshot(&words).map_err(|error| wrong(&error))?;
    let offset = array.hdm().ok_or(io::ErrorKind::NotFound)?;
    let at = start + u64::from(offset);
    let count = hdm::dwords(registers.read32(at)?).ok_or(io::ErrorKind::InvalidData)?;
    let words = read(at, count)?;
    let hdm =
        HdmShadow::from_snapshot(&words, Options::default()).map_err(|error| wrong(&error))?;
    Ok((at, hdm))
}

fn decoder_line((number, decoder): (u8, &hdm::Decoder)) -> DecoderLine {
    DecoderLine {
        number,
        committed: decoder.is_committed(),
        locked: decoder.is_locked(),
        base: decoder.base(),
        size: decoder.size(),
        ways: decoder.ways(),
        granularity: decoder.granularity(),
    }
}

fn region_lines(vfio: &Vfio, cxl: &CxlInfo) -> Vec<RegionLine> {
    let name = |index: u32| match index {
        _ if index == cxl.memory => "device memory".into(),
        _ if index == cxl.registers => "component registers".into(),
        vfio::CONFIG_REGION => "configuration space".into(),
        _ if index == cxl.bar => format!("BAR {index}, without the component registers"),
        0..=5 => format!("BAR {index}"),
        6 => "expansion ROM".into(),
        _ => String::new(),
    };
    let regions = (0..vfio.regions).filter_map(|index| Some((index, vfio.region(index).ok()?)));
    regions
        .filter(|(_, region)| region.size != 0)
        .map(|(index, region)| RegionLine {
            index,
            size: region.size,
            read: region.flags & vfio::REGION_READ != 0,
            write: region.flags & vfio::REGION_WRITE != 0,
            mmap: region.flags & vfio::REGION_MMAP != 0,
            name: name(index),
        })
        .collect()
}

/// A part of the text, whose first line starts with its name.
fn part(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    let mut names = std::iter::once(name).chain(std::iter::repeat(""));
    for line in text.lines() {
        writeln!(f, "{:<13}{line}", names.next().unwrap_or(""))?;
    }
    writeln!(f)
}

fn lines_of(tries: &[Try]) -> String {
    let word = |good| if good { "ok   " } else { "WRONG" };
    let lines = tries
        .iter()
        .map(|Try { good, what }| format!("{}  {what}\n", word(*good)));
    lines.collect()
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self
            .kernel_log
            .as_deref()
            .unwrap_or("(not in the log any more)");
        part(f, "Kernel log", log)?;
        let device = format!(
            "interface {}\nflags {}\n{}\ncomponent registers are {}",
            self.interface,
            self.flags.join(" "),
            self.capability,
            self.registers
        );
        part(f, "Device", &device)?;

        let flag = |set, name: &str| if set { name.to_owned() } else { String::new() };
        let head = ["#", "size", "access", "", "", ""]
            .map(str::to_owned)
            .to_vec();
        let row = |line: &RegionLine| {
            vec![
                line.index.to_string(),
                Amount(line.size).to_string(),
                flag(line.read, "read"),
                flag(line.write, "write"),
                flag(line.mmap, "mmap"),
                line.name.clone(),
            ]
        };
        let rows = std::iter::once(head).chain(self.regions.iter().map(row));
        part(f, "Regions", &Table(rows.collect()).to_string())?;

        let head = [
            "#",
            "base",
            "size",
            "ways",
            "granularity",
            "committed",
            "locked",
        ];
        let row = |line: &DecoderLine| {
            let number =
                |value: Option<String>| value.filter(|_| line.committed).unwrap_or("-".into());
            vec![
                line.number.to_string(),
                number(Some(format!("{:#x}", line.base))),
                number(Some(Amount(line.size).to_string())),
                number(line.ways.map(|ways| ways.to_string())),
                number(
                    line.granularity
                        .map(|bytes| Amount(bytes.into()).to_string()),
                ),
                if line.committed { "yes" } else { "no" }.into(),
                number(Some(if line.locked { "yes" } else { "no" }.into())),
            ]
        };
        let rows =
            std::iter::once(head.map(str::to_owned).to_vec()).chain(self.decoders.iter().map(row));
        part(f, "Decoders", &Table(rows.collect()).to_string())?;
        part(f, "Memory", &lines_of(&self.memory))?;
        part(f, "Protection", &lines_of(&self.protection))?;
        writeln!(
            f,
            "{:<13}{}",
            "Verdict",
            if self.is_good() {
                "PASSED: the device is passed through with its memory"
            } else {
                "FAILED: the lines marked WRONG say what"
            }
        )
    }
}
