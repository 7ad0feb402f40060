// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio bind` and `unbind`. A device that cannot be bound is afterwards what it was, and keeps no other from being bound.

use crate::{
    advice,
    check::{
        self,
        Finding,
        Findings, //
    },
    cli::{
        Bind,
        Unbind, //
    },
    device::{
        Device,
        DRIVER, //
    },
    error::{
        Refusal,
        Result, //
    },
    ffi,
    host::{
        iommu,
        kernel,
        log::{
            last_sentence,
            Log, //
        },
        Host, //
    },
    owner::Owner,
    persist,
};
use serde::Serialize;
use std::{
    fmt,
    fs::File,
    io, //
};

/// What became of a device.
#[derive(Serialize)]
pub struct Done {
    address: String,
    driver: Option<String>,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What {
    Done { sentence: String },
    Refused(Refusal),
}

impl Done {
    fn new(device: &Device<'_>, result: Result<String>) -> Self {
        Self {
            address: device.address.clone(),
            driver: device.driver(),
            what: match result {
                Ok(sentence) => What::Done { sentence },
                Err(refusal) => What::Refused(refusal),
            },
        }
    }

    /// What is not in the machine any more can still be forgotten.
    fn gone(what: &str) -> Self {
        Self {
            address: what.to_owned(),
            driver: None,
            what: What::Done {
                sentence: "is not here any more, and not bound at the next boot, either".into(),
            },
        }
    }

    fn is_good(&self) -> bool {
        matches!(self.what, What::Done { .. })
    }
}

#[derive(Serialize)]
#[serde(transparent)]
pub struct AllDone(Vec<Done>);

impl AllDone {
    /// One that is asked for alone is refused as any command is.
    fn new(mut done: Vec<Done>) -> Result<Self> {
        match (done.len(), done.pop()) {
            (
                1,
                Some(Done {
                    what: What::Refused(refusal),
                    ..
                }),
            ) => return Err(refusal),
            (_, last) => done.extend(last),
        }
        Ok(Self(done))
    }

    pub fn is_good(&self) -> bool {
        self.0.iter().all(Done::is_good)
    }
}

impl fmt::Display for AllDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Done { address, what, .. } in &self.0 {
            match what {
                What::Done { sentence } => writeln!(f, "{address}: {sentence}")?,
                What::Refused(refusal) => writeln!(f, "{refusal}")?,
            }
        }
        Ok(())
    }
}

pub fn bind(host: &Host, arguments: &Bind) -> Result<AllDone> {
    need_root()?;
    let owner = arguments
        .owner
        .as_deref()
        .map(|name| Owner::find(host, name));
    let owner = owner.transpose()?;
    let mut done = Vec::new();
    for what in &arguments.devices {
        if !kernel::module_is_loaded(host) {
            kernel::load("cxl-vfio-pci").map_err(|said| why_not_loaded(host, &said))?;
        }
        let devices = Device::select(host, what)?.into_iter();
        let bound: Vec<Done> = devices
            .map(|device| {
                let bound = bind_one(&device, arguments.force);
                Done::new(
                    &device,
                    bound.and_then(|said| given(&device, owner.as_ref(), said)),
                )
            })
            .collect();
        if arguments.persist && bound.iter().any(Done::is_good) {
            persist::remember(host, what, owner.as_ref())?;
        }
        done.extend(bound);
    }
    AllDone::new(done)
}

pub fn unbind(host: &Host, arguments: &Unbind) -> Result<AllDone> {
    need_root()?;
    let mut done = Vec::new();
    for what in &arguments.devices {
        match Device::select(host, what) {
            Ok(devices) => {
                done.extend((devices.iter()).map(|device| Done::new(device, unbind_one(device))));
            }
            Err(_) if arguments.persist && persist::is_remembered(host, what) => {
                done.push(Done::gone(what));
            }
            Err(refusal) => return Err(refusal),
        }
        if arguments.persist {
            persist::forget(host, what)?;
        }
    }
    AllDone::new(done)
}

fn need_root() -> Result<()> {
    if ffi::is_root() {
        return Ok(());
    }
    Err(Refusal::new(
        "only root can change drivers",
        "Run this with sudo.",
    ))
}

fn why_not_loaded(host: &Host, said: &str) -> Refusal {
    let machine = check::look_at_machine(host);
    against(&machine).unwrap_or_else(|| {
        Refusal::new(
            format!("the module cxl-vfio-pci cannot be loaded: {said}"),
            "The last lines of `dmesg` say more. \"Invalid module format\": it was built for another kernel; \"Key was \
             rejected\": Secure Boot wants it signed.",
        )
    })
}

/// The first finding that stands in the way, as a refusal.
fn against(findings: &Findings) -> Option<Refusal> {
    let Finding { fact, advice, .. } = findings.first_bad()?;
    let about = &findings.about;
    let advice = advice.as_deref().unwrap_or("`cxl-vfio check` says more.");
    Some(Refusal::new(format!("{about}: {fact}"), advice))
}

/// One at a time changes the driver of a device: at boot udev and a unit for its kind may both want it bound. The lock ends
/// with the file, which is the device's directory.
fn alone(device: &Device<'_>) -> Result<File> {
    let folder = device.host.path(&device.path(""));
    let locked = File::open(folder).and_then(|file| ffi::lock(&file).map(|()| file));
    locked.map_err(|error| {
        Refusal::new(
            format!("{}: cannot be locked: {error}", device.address),
            "If it was just taken away: bring it back. Else try again.",
        )
    })
}

/// Adds to what is said of a bound device whose its group is now.
fn given(device: &Device<'_>, owner: Option<&Owner>, said: String) -> Result<String> {
    match owner {
        Some(owner) => Ok(format!("{said}; {}", owner.take(device)?)),
        None => Ok(said),
    }
}

fn bind_one(device: &Device<'_>, force: bool) -> Result<String> {
    let _alone = alone(device)?;
    if device.is_ours() {
        return Ok(format!("has {DRIVER} already"));
    }
    if !force {
        let machine = check::look_at_machine(device.host);
        if let Some(refusal) = against(&machine).or_else(|| against(&check::look_at(device))) {
            return Err(refusal);
        }
    }
    nobody_uses(device)?;

    let before = Before::of(device);
    let mut log = Log::follow(device.host);
    let result = before
        .release(device)
        .and_then(|()| set_override(device, DRIVER))
        .and_then(|()| {
            device.host.write(
                &format!("/sys/bus/pci/drivers/{DRIVER}/bind"),
                &device.address,
            )
        })
        .and_then(|()| settle(device.host))
        .and_then(|()| match device.is_ours() {
            true => Ok(()),
            false => Err(io::ErrorKind::NotFound.into()),
        });
    let lines = log.as_mut().map(Log::take).unwrap_or_default();
    match result {
        Ok(()) => {
            let said = last_sentence(&lines, &device.address, "CXL memory ");
            Ok(match said {
                Some(rest) => format!("bound to {DRIVER}: CXL memory {rest}"),
                None => format!("bound to {DRIVER}, as plain PCI"),
            })
        }
        Err(error) => {
            let said = last_sentence(&lines, &device.address, "not bound: ");
            let back = before.bring_back(device);
            Err(why_not_bound(device, &error, said, back))
        }
    }
}

fn why_not_bound(
    device: &Device<'_>,
    error: &io::Error,
    said: Option<String>,
    back: String,
) -> Refusal {
    let name = error.raw_os_error().and_then(advice::name);
    // The same number from elsewhere in the kernel means something else.
    let advice = said.as_ref().and(name).and_then(advice::about);
    let fact = said.unwrap_or_else(|| error.to_string());
    Refusal::new(
        format!("{}: not bound: {fact}. {back}", device.address),
        advice.unwrap_or("The last lines of `dmesg` say more."),
    )
}

fn unbind_one(device: &Device<'_>) -> Result<String> {
    let _alone = alone(device)?;
    if !device.is_ours() {
        return Ok(format!("does not have {DRIVER}"));
    }
    nobody_uses(device)?;
    let failed = |error: io::Error| {
        Refusal::new(
            format!("{}: cannot be unbound: {error}", device.address),
            "The last lines of `dmesg` say more.",
        )
    };
    Before::of(device).release(device).map_err(failed)?;
    set_override(device, "").map_err(failed)?;
    // As at hotplug: whichever driver matches takes it, and it is no failure if none does.
    let _ = device
        .host
        .write("/sys/bus/pci/drivers_probe", &device.address);
    Ok(match device.driver() {
        Some(driver) => format!("given back to {driver}"),
        None => "without a driver, as no other takes it".into(),
    })
}

/// Unbinding waits for whoever has the device open.
fn nobody_uses(device: &Device<'_>) -> Result<()> {
    let Some(group) = device.group() else {
        return Ok(());
    };
    let mut users = iommu::users(device.host).into_iter();
    let Some(user) = users.find(|user| user.groups.contains(&group)) else {
        return Ok(());
    };
    Err(Refusal::new(
        format!(
            "{}: process {} ({}) has it open",
            device.address, user.process, user.name
        ),
        "End that virtual machine first: changing the driver would wait for it.",
    ))
}

fn set_override(device: &Device<'_>, driver: &str) -> io::Result<()> {
    // A line end alone clears it.
    device
        .host
        .write(&device.path("driver_override"), &format!("{driver}\n"))
}

/// Waits for cxl-core, which unbinds a function once more, from a work queue, after a driver with a memory device let it
/// go: whatever it is bound to by then.
fn settle(host: &Host) -> io::Result<()> {
    match host.write("/sys/bus/cxl/flush", "1") {
        // Without cxl-core nothing has to be waited for.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whose a device was.
struct Before {
    driver: Option<String>,
    driver_override: Option<String>,
}

impl Before {
    fn of(device: &Device<'_>) -> Self {
        Self {
            driver: device.driver(),
            driver_override: device.driver_override(),
        }
    }

    fn release(&self, device: &Device<'_>) -> io::Result<()> {
        if self.driver.is_some() {
            device
                .host
                .write(&device.path("driver/unbind"), &device.address)?;
        }
        settle(device.host)
    }

    /// Says what became of it.
    fn bring_back(&self, device: &Device<'_>) -> String {
        let name = self.driver_override.as_deref().unwrap_or("");
        let mut result = set_override(device, name);
        if let Some(driver) = &self.driver {
            result = result.and_then(|()| {
                device.host.write(
                    &format!("/sys/bus/pci/drivers/{driver}/bind"),
                    &device.address,
                )
            });
        }
        match (result, &self.driver) {
            (Ok(()), None) => "It has no driver, as before".into(),
            (Ok(()), Some(driver)) => format!("It has {driver} again, as before"),
            (Err(error), _) => format!("What it was before could not be brought back: {error}"),
        }
    }
}
