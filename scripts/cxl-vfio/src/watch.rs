// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio watch`: the driver's tracepoints and counters as they change.

use crate::{
    device::Device,
    error::{
        Refusal,
        Result, //
    },
    ffi,
    host::Host, //
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::{
        Read,
        Write, //
    },
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    time::{
        Duration,
        Instant, //
    },
};

const LOOK_MS: i32 = 500;

/// A buffer of our own in tracefs, removed at the end.
struct Instance(PathBuf);

impl Drop for Instance {
    fn drop(&mut self) {
        // The files below are not ours to remove, and the kernel takes them along.
        let _ = fs::remove_dir(&self.0);
    }
}

/// What the tracepoints say.
struct Trace {
    pipe: File,
    /// The kernel keeps it as long as the pipe is open, which therefore stands first.
    _instance: Instance,
}

impl Trace {
    fn new(host: &Host) -> std::io::Result<Self> {
        let instances = host.path("/sys/kernel/tracing/instances");
        let folder = instances.join(format!("cxl-vfio-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let instance = Instance(folder);
        fs::write(instance.0.join("events/cxl_vfio_pci/enable"), "1")?;
        let pipe = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(instance.0.join("trace_pipe"))?;
        Ok(Self {
            pipe,
            _instance: instance,
        })
    }

    /// What happened since the last call, in whole lines.
    fn take(&mut self, rest: &mut String) -> Vec<String> {
        let mut bytes = [0; 4096];
        while let Ok(len @ 1..) = self.pipe.read(&mut bytes) {
            rest.push_str(&String::from_utf8_lossy(&bytes[..len]));
        }
        let end = rest.rfind('\n').map_or(0, |at| at + 1);
        let whole: String = rest.drain(..end).collect();
        whole.lines().map(str::to_owned).collect()
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Event<'a> {
    /// A tracepoint was hit.
    Trace {
        time: &'a str,
        event: &'a str,
        address: &'a str,
        text: &'a str,
    },
    /// The gate opened or closed, or a counter grew.
    State {
        address: &'a str,
        name: &'a str,
        value: &'a str,
    },
}

impl Event<'_> {
    /// False when nobody reads any more.
    fn print(&self, json: bool) -> bool {
        let line = match self {
            _ if json => serde_json::to_string(self).unwrap_or_default(),
            Self::Trace {
                time,
                event,
                address,
                text,
            } => format!("{time:>14}  {address}  {event:<24}  {text}"),
            Self::State {
                address,
                name,
                value,
            } => format!("{:>14}  {address}  {name:<24}  {value}", ""),
        };
        let mut out = std::io::stdout();
        writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
    }
}

/// "  prog-123  [000] .....  12.345678: cxl_vfio_gate: 0000:0d:00.0 open"
fn parse(line: &str) -> Option<Event<'_>> {
    let (before, rest) = line.split_once(": ")?;
    let (event, rest) = rest.split_once(": ")?;
    let (address, text) = rest.split_once(' ')?;
    Some(Event::Trace {
        time: before.split_whitespace().last()?,
        event,
        address,
        text,
    })
}

/// Gate and counters of a device, by name.
fn states(device: &Device<'_>) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    if let Some(gate) = device.debug("gate") {
        states.insert(
            "gate".into(),
            gate.lines().last().unwrap_or_default().to_owned(),
        );
    }
    let counters = device.debug("counters").unwrap_or_default();
    for (name, value) in counters.lines().filter_map(|line| line.split_once(": ")) {
        states.insert(name.to_owned(), value.to_owned());
    }
    states
}

pub fn run(host: &Host, json: bool, address: Option<&str>, seconds: Option<u64>) -> Result<()> {
    let devices = match address {
        Some(address) => vec![Device::find(host, address)?],
        None => Device::all(host)
            .into_iter()
            .filter(Device::is_ours)
            .collect(),
    };
    if let Some(other) = devices.iter().find(|device| !device.is_ours()) {
        let address = &other.address;
        return Err(Refusal::new(
            format!("{address} is not bound to cxl-vfio-pci: there is nothing to watch"),
            format!("`cxl-vfio bind {address}` binds it."),
        ));
    }
    if devices.is_empty() {
        return Err(Refusal::new(
            "no device is bound to cxl-vfio-pci",
            "`cxl-vfio list` shows what there is.",
        ));
    }
    let mut trace = Trace::new(host).map_err(|error| {
        Refusal::new(
            format!("the driver's tracepoints cannot be read: {error}"),
            "Run this as root, with tracefs mounted: mount -t tracefs none /sys/kernel/tracing",
        )
    })?;
    ffi::catch_stop();
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut rest = String::new();
    let mut known: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); devices.len()];
    let mut first = true;
    loop {
        for line in trace.take(&mut rest) {
            let Some(event @ Event::Trace { address, .. }) = parse(&line) else {
                continue;
            };
            let wanted = devices.iter().any(|device| device.address == address);
            if wanted && !event.print(json) {
                return Ok(());
            }
        }
        for (device, known) in devices.iter().zip(&mut known) {
            let now = states(device);
            for (name, value) in &now {
                // At first what the gate is, then what changes.
                let changed = if first {
                    name == "gate"
                } else {
                    known.get(name) != Some(value)
                };
                let address = &device.address;
                if changed
                    && !(Event::State {
                        address,
                        name,
                        value,
                    })
                    .print(json)
                {
                    return Ok(());
                }
            }
            *known = now;
        }
        first = false;
        let late = end.is_some_and(|end| Instant::now() >= end);
        if late || ffi::is_stopped() {
            return Ok(());
        }
        ffi::wait_readable(&trace.pipe, LOOK_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_trace() {
        let line = "     cxl_show-81      [000] .....    12.345678: cxl_vfio_gate: 0000:0d:00.0 closed: not open";
        let Some(Event::Trace {
            time,
            event,
            address,
            text,
        }) = parse(line)
        else {
            panic!("not understood");
        };
        assert_eq!((time, event), ("12.345678", "cxl_vfio_gate"));
        assert_eq!((address, text), ("0000:0d:00.0", "closed: not open"));
        assert!(parse("# tracer: nop").is_none());
    }
}
