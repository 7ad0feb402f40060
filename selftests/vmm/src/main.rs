// SPDX-License-Identifier: GPL-2.0

//! The smallest VMM that gives a CXL Type-2 device with its memory to a guest.
//!
//!     cxl_vmm container|iommufd ADDRESS [v2|v3|v6]
//!
//! The function at ADDRESS is bound to cxl-vfio-pci; which interface it speaks is found out, or insisted
//! on. README.md walks through the source.

mod answer;
mod bars;
mod component;
mod config;
mod cpu;
mod cxl_info;
mod decoder;
mod device;
mod error;
mod guest;
mod iommu;
mod machine;
mod memory;
mod region;
mod report;
mod slots;
mod translation;
mod window;

use crate::{
    bars::Bars,
    component::Component,
    config::Config,
    cxl_info::Interface,
    device::Device,
    error::{Attempt, Result},
    iommu::{Iommu, Mode},
    machine::{Machine, Stop},
    memory::Memory,
    report::Report,
    slots::Slots,
    window::Window,
};
use kvm_ioctls::Kvm;
use std::{fs, process::ExitCode, rc::Rc, time::Instant};

/// The guest boots as firmware left the device, and as a reset of the machine leaves it.
const ROUNDS: u64 = 2;

fn run(mode: Mode, address: &str, expected: Option<Interface>, report: &mut Report) -> Result<()> {
    let start = Instant::now();

    // 1. A machine with RAM, which the device reaches at the same addresses as the CPU.
    let kvm = Kvm::new().attempt("/dev/kvm")?;
    let mut slots = Slots::new(cpu::create_vm(&kvm)?);
    let ram = Memory::ram(guest::RAM_SIZE)?;
    slots.insert(0, &ram, 0..ram.size())?;
    let iommu = Iommu::open(mode, slots.vm())?;

    // 2. The device, and what it says about itself.
    let device = Rc::new(Device::open(address, &iommu)?);
    iommu.map(0, &ram, 0..ram.size())?;
    let cxl = *device.cxl();
    cxl.insist(expected)?;
    report.check(true, "the device is opened");
    report.note(&format!("{cxl:x?}"));

    // 3. Its configuration space and BARs, with the component registers over their place.
    let mut config = Config::new(&device)?;
    let bars = Bars::new(&device)?;
    report.check(
        !bars.maps(
            cxl.component_bar,
            cxl.block().start + component::CACHE_MEM.start,
            component::CACHE_MEM.end - component::CACHE_MEM.start,
        ),
        "no page of the CXL.cache and CXL.mem registers can be mapped",
    );
    let mut component = Component::new(&device)?;

    // 4. Its memory. The decoder is as firmware left it: with the host's address, or with v2 without any.
    let first = component.decoder()?;
    report.check(
        first.committed() == cxl.committed,
        "the decoder is committed if the device says so",
    );
    let window = Window::new(&device, &first)?;
    report.check(
        window.size() >= first.size && first.size != 0,
        "the memory region has what the decoder decodes",
    );
    report.note(&format!(
        "{} MiB of device memory, decoder at {:#x}{}",
        window.size() >> 20,
        first.base,
        if first.locked() { ", locked" } else { "" }
    ));

    // 5. Its address in the guest, which the guest finds in the decoder and in the DVSEC.
    let base = guest::place(first.base);
    component.place(&first, base)?;
    config.set_range_base(base)?;

    // 6. The guest runs, and the machine follows what it does to the registers.
    let mut vcpu = slots.vm().create_vcpu(0).attempt("KVM_CREATE_VCPU")?;
    cpu::set_up(&kvm, &vcpu)?;
    let mut machine = Machine {
        slots,
        bars,
        window,
        component,
        config,
        device,
        iommu,
        ram,
        peek: 0,
    };
    machine.follow()?;
    for round in 1..=ROUNDS {
        machine.boot(&vcpu, round)?;
        if round == 1 {
            report.note(&format!(
                "{:.1?} to the guest's first instruction",
                start.elapsed()
            ));
        }
        let stop = machine.run(&mut vcpu, report)?;
        report_pages(report);
        if let Some(took) = machine.window.dma_took() {
            report.note(&format!("{took:.1?} to map the device memory for DMA"));
        }
        let wanted = if round < ROUNDS {
            Stop::Reset
        } else {
            Stop::Off
        };
        report.check(stop == wanted, "the guest came to its end");
        if stop == Stop::Off {
            break;
        }
        // 7. The machine is reset, and the device with it.
        machine.reset()?;
    }
    Ok(())
}

/// Whether KVM maps the memory in large pages, as the kernel counts them.
fn report_pages(report: &mut Report) {
    let count = |size: &str| {
        let path = format!("/sys/kernel/debug/kvm/pages_{size}");
        let text = fs::read_to_string(path).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let what = "KVM maps the device memory in large pages";
    match (count("2m"), count("1g")) {
        (Some(two), Some(one)) => {
            // RAM may be in such pages, too.
            report.check(one > 0 || two > guest::RAM_SIZE as u64 >> 21, what);
            report.note(&format!("{two} pages of 2 MiB, {one} of 1 GiB"));
        }
        _ => report.skip(what),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (words, expected) = match arguments.last().and_then(|word| Interface::named(word)) {
        Some(interface) => (&arguments[..arguments.len() - 1], Some(interface)),
        None => (&arguments[..], None),
    };
    let (mode, address) = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["container", address] => (Mode::Container, address),
        ["iommufd", address] => (Mode::Iommufd, address),
        _ => {
            eprintln!("usage: cxl_vmm container|iommufd ADDRESS [v2|v3|v6]");
            return ExitCode::FAILURE;
        }
    };
    let mut report = Report::begin();
    let ended = run(mode, address, expected, &mut report);
    if let Err(error) = &ended {
        println!("Bail out! {error}");
    }
    if report.end() && ended.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
