// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio check`: what stands for and against passing devices through.

mod function;
mod machine;

use crate::{
    device::Device,
    error::Result,
    host::Host, //
};
use serde::Serialize;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it must be.
    Ok,
    /// Nothing stands against it, but somebody should know.
    Note,
    /// It cannot be told.
    Unknown,
    /// It stands in the way.
    Bad,
}

/// Something that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub state: State,
    pub fact: String,
    /// What to do; everything that stands in the way has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What was found about one thing.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// The address of a device, or the machine.
    pub about: String,
    pub findings: Vec<Finding>,
}

impl Findings {
    fn new(about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            findings: Vec::new(),
        }
    }

    fn add(&mut self, state: State, fact: impl Into<String>, advice: Option<String>) {
        let fact = fact.into();
        self.findings.push(Finding {
            state,
            fact,
            advice,
        });
    }

    fn ok(&mut self, fact: impl Into<String>) {
        self.add(State::Ok, fact, None);
    }

    fn note(&mut self, fact: impl Into<String>) {
        self.add(State::Note, fact, None);
    }

    fn advise(&mut self, fact: impl Into<String>, advice: impl Into<String>) {
        self.add(State::Note, fact, Some(advice.into()));
    }

    fn unknown(&mut self, fact: impl Into<String>, advice: impl Into<String>) {
        self.add(State::Unknown, fact, Some(advice.into()));
    }

    fn bad(&mut self, fact: impl Into<String>, advice: impl Into<String>) {
        self.add(State::Bad, fact, Some(advice.into()));
    }

    /// The first thing that stands in the way.
    pub fn first_bad(&self) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.state == State::Bad)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.about)?;
        for Finding {
            state,
            fact,
            advice,
        } in &self.findings
        {
            let word = match state {
                State::Ok => "ok",
                State::Note => "note",
                State::Unknown => "unknown",
                State::Bad => "BAD",
            };
            writeln!(f, "  {word:<7}  {fact}")?;
            if let Some(advice) = advice {
                writeln!(f, "           -> {advice}")?;
            }
        }
        Ok(())
    }
}

/// The whole answer.
#[derive(Serialize)]
pub struct Check {
    pub machine: Findings,
    pub devices: Vec<Findings>,
}

impl Check {
    pub fn is_good(&self) -> bool {
        let all = std::iter::once(&self.machine).chain(&self.devices);
        all.flat_map(|findings| findings.first_bad())
            .next()
            .is_none()
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.machine.fmt(f)?;
        for device in &self.devices {
            write!(f, "\n{device}")?;
        }
        if self.devices.is_empty() {
            writeln!(f, "\nThere is no CXL function on this machine.")?;
        }
        writeln!(
            f,
            "\n{}",
            if self.is_good() {
                "Nothing was found that stands in the way."
            } else {
                "What is marked BAD stands in the way."
            }
        )
    }
}

/// Looks at the machine, and at one device or every CXL function.
pub fn run(host: &Host, address: Option<&str>) -> Result<Check> {
    let devices = match address {
        Some(address) => vec![Device::find(host, address)?],
        None => Device::all(host)
            .into_iter()
            .filter(|device| device.config().is_some_and(|config| config.is_cxl_device()))
            .collect(),
    };
    Ok(Check {
        machine: machine::look(host),
        devices: devices.iter().map(look_at).collect(),
    })
}

pub use function::bound_window;

/// Looks at one device.
pub fn look_at(device: &Device<'_>) -> Findings {
    function::look(device)
}

/// Looks at the machine.
pub fn look_at_machine(host: &Host) -> Findings {
    machine::look(host)
}
