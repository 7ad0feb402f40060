// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio list`: every CXL function.

use crate::{
    check::{
        self,
        State, //
    },
    device::{
        cxl::Cxl,
        preflight::{
            self,
            Outcome,
            Window, //
        },
        Device, //
    },
    error::{
        Refusal,
        Result, //
    },
    ffi,
    host::Host,
    output::{
        Amount,
        Table, //
    },
};
use serde::Serialize;
use std::fmt;

#[derive(Serialize)]
pub struct Entry {
    address: String,
    /// VENDOR:DEVICE
    device: String,
    class: String,
    cxl: Cxl,
    window: Option<Window>,
    driver: Option<String>,
    group: Option<String>,
    numa_node: Option<String>,
    /// Whether its memory is passed through, now.
    passed_through: bool,
    /// What stands in the way.
    against: Vec<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
pub struct List(Vec<Entry>);

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return writeln!(f, "There is no CXL function on this machine.");
        }
        let head = [
            "Address",
            "Device",
            "Type",
            "Window",
            "Driver",
            "Group",
            "Passed through",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let or_dash = |text: &Option<String>| text.clone().unwrap_or("-".into());
        for entry in &self.0 {
            let window = entry.window.map(|window| {
                let base = window.base;
                format!("{base:#x} {}", Amount(window.size))
            });
            let kind = entry.cxl.kind.map(|kind| kind.to_string());
            let verdict = match (entry.passed_through, entry.against.as_slice()) {
                (true, _) => "yes".to_owned(),
                (false, []) => "can be".to_owned(),
                (false, [only]) => format!("no: {only}"),
                (false, [first, rest @ ..]) => format!("no: {first} (and {} more)", rest.len()),
            };
            rows.push(vec![
                entry.address.clone(),
                entry.device.clone(),
                or_dash(&kind),
                or_dash(&window),
                or_dash(&entry.driver),
                or_dash(&entry.group),
                verdict,
            ]);
        }
        Table(rows).fmt(f)
    }
}

pub fn run(host: &Host) -> Result<List> {
    let devices = Device::all(host);
    let hidden = |device: &Device<'_>| device.config().is_some_and(|config| !config.is_whole());
    if !ffi::is_root() && devices.iter().any(hidden) {
        return Err(Refusal::new(
            "which functions are CXL is in the part of configuration space that only root can read",
            "Run this as root.",
        ));
    }
    Ok(List(devices.iter().filter_map(entry).collect()))
}

fn entry(device: &Device<'_>) -> Option<Entry> {
    let config = device.config()?;
    let cxl = Cxl::new(&config)?;
    let window = match device.is_ours() {
        true => check::bound_window(device),
        false => match preflight::look(device) {
            Outcome::Passed(window, _) => Some(window),
            Outcome::Plain(_) | Outcome::Refused(..) | Outcome::Unknown(_) => None,
        },
    };
    let mut against: Vec<String> = (check::look_at(device).findings.into_iter())
        .filter(|finding| finding.state == State::Bad)
        .map(|finding| finding.fact)
        .collect();
    if !cxl.mem_capable || !cxl.trained {
        against.push("it has no CXL memory in use".into());
    }
    let passed_through = device.is_ours() && window.is_some();
    Some(Entry {
        address: device.address.clone(),
        device: device.kind(),
        class: format!("{:06x}", device.class()),
        window,
        driver: device.driver(),
        group: device.group(),
        numa_node: device.text("numa_node"),
        passed_through,
        against,
        cxl,
    })
}
