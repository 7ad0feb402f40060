// SPDX-License-Identifier: GPL-2.0

//! /proc/iomem: who has which part of the host's address space.

use super::Host;
use crate::{
    device::preflight::Window,
    ffi, //
};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    pub base: u64,
    /// The last address.
    pub end: u64,
    pub name: String,
    /// How many ranges it is inside of.
    #[serde(skip)]
    pub depth: usize,
}

/// What an owner of a part of a window means for passing it through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A window of a host bridge, cxl-core's region, or the driver: as it must be.
    Cxl,
    /// Reserved by firmware, used by nobody.
    Reserved,
    /// Offered as a device of its own by dax.
    Dax,
    /// The host's own memory.
    Ram,
    /// Anybody else, such as the device's own driver.
    Other,
}

impl Range {
    pub fn owner(&self) -> Owner {
        let name = self.name.as_str();
        let numbered = |stem: &str| {
            name.strip_prefix(stem).is_some_and(|rest| {
                !rest.is_empty()
                    && rest
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'.')
            })
        };
        match name {
            "cxl_vfio_pci" => Owner::Cxl,
            "Soft Reserved" | "Reserved" => Owner::Reserved,
            "hmem" => Owner::Dax,
            _ if name.starts_with("CXL Window") || numbered("region") => Owner::Cxl,
            _ if name.starts_with("PCI Bus") || name.starts_with("PCI ECAM") => Owner::Reserved,
            _ if numbered("dax") || numbered("hmem.") || name.starts_with("dax_") => Owner::Dax,
            _ if name.starts_with("System RAM") => Owner::Ram,
            _ => Owner::Other,
        }
    }
}

/// A level of page tables, as the driver's counters name it, and what one entry of it maps.
pub type Level = (&'static str, u64);

/// The levels at which the kernel can map device memory, the largest first.
pub fn levels() -> Vec<Level> {
    let page = ffi::page_size();
    // A table fills a page, and an entry has 8 bytes.
    let entries = page / 8;
    let mut levels = vec![
        ("pud", page * entries * entries),
        ("pmd", page * entries),
        ("pte", page),
    ];
    // Of the architectures, x86 maps device memory with the largest: mm/Kconfig, ARCH_SUPPORTS_PUD_PFNMAP.
    levels.retain(|(name, _)| cfg!(target_arch = "x86_64") || *name != "pud");
    levels
}

/// Every range, in the order of the file; nothing if addresses are hidden from this person.
pub fn ranges(host: &Host) -> Option<Vec<Range>> {
    let bytes = host.bytes("/proc/iomem").ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let ranges: Vec<Range> = text.lines().filter_map(parse).collect();
    ranges.iter().any(|range| range.end != 0).then_some(ranges)
}

fn parse(line: &str) -> Option<Range> {
    let (place, name) = line.split_once(" : ")?;
    let (base, end) = place.trim().split_once('-')?;
    Some(Range {
        base: u64::from_str_radix(base, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
        name: name.trim().to_owned(),
        depth: (place.len() - place.trim_start().len()) / 2,
    })
}

/// Those that have a part of the window.
pub fn inside(ranges: &[Range], window: Window) -> impl Iterator<Item = &Range> {
    let end = window.base.saturating_add(window.size);
    ranges
        .iter()
        .filter(move |range| range.base < end && range.end >= window.base)
}

/// Whether firmware reserved a part of the window for a purpose. The kernel keeps that out of /proc/iomem until somebody uses
/// it.
pub fn soft_reserved(host: &Host, window: Window) -> bool {
    const MAP: &str = "/sys/firmware/memmap";
    let last = window.base.saturating_add(window.size - 1);
    host.names(MAP).iter().any(|entry| {
        let number = |name: &str| host.number(&format!("{MAP}/{entry}/{name}"));
        host.text(&format!("{MAP}/{entry}/type")).as_deref() == Some("Soft Reserved")
            && number("start").is_some_and(|start| start <= last)
            && number("end").is_some_and(|end| end >= window.base)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn reserved_for_a_purpose() {
        let root = std::env::temp_dir().join(format!("cxl-vfio-memmap-{}", std::process::id()));
        for (entry, [start, end, kind]) in [
            ["0x100000", "0x7fffffff", "System RAM"],
            ["0x110000000", "0x11fffffff", "Soft Reserved"],
        ]
        .into_iter()
        .enumerate()
        {
            let folder = root.join(format!("sys/firmware/memmap/{entry}"));
            fs::create_dir_all(&folder).expect("a directory can be made");
            for (name, text) in [("start", start), ("end", end), ("type", kind)] {
                fs::write(folder.join(name), text).expect("a file can be written");
            }
        }
        let host = Host::new(&root);
        let at = |base| {
            soft_reserved(
                &host,
                Window {
                    base,
                    size: 0x1000_0000,
                },
            )
        };
        assert!(at(0x1_1000_0000) && at(0x1_0800_0000) && at(0x1_1fff_f000));
        assert!(!at(0x1_2000_0000) && !at(0x1_0000_0000) && !at(0x4000_0000));
        fs::remove_dir_all(&root).expect("it can be removed");
    }

    #[test]
    fn owners() {
        let text =
            "110000000-14fffffff : CXL Window 0\n  110000000-11fffffff : Soft Reserved\n    \
                    110000000-11fffffff : dax0.0\n      110000000-11fffffff : System RAM (kmem)\n";
        let ranges: Vec<Range> = text.lines().filter_map(parse).collect();
        let window = Window {
            base: 0x1_1000_0000,
            size: 0x1000_0000,
        };
        let owners: Vec<Owner> = inside(&ranges, window).map(Range::owner).collect();
        assert_eq!(
            owners,
            [Owner::Cxl, Owner::Reserved, Owner::Dax, Owner::Ram]
        );
        assert_eq!(ranges[3].depth, 3);
        let behind = Window {
            base: 0x1_2000_0000,
            size: 0x1000,
        };
        assert_eq!(inside(&ranges, behind).count(), 1);
    }
}
