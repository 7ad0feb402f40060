// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio test`: the test programs on a real device, the harmless first. It stops at the first complaint of the kernel,
//! and says where the machine stands then.

mod plan;
mod program;
mod survey;

use crate::{
    bind,
    check,
    cli,
    device::Device,
    error::{
        Refusal,
        Result, //
    },
    host::{
        log::{
            self,
            Log, //
        },
        Host, //
    },
    output, //
};
use plan::{
    Program,
    Stage,
    LEFT_OUT,
    PROGRAMS, //
};
use serde::Serialize;
use std::{
    fmt,
    path::{
        Path,
        PathBuf, //
    },
    time::Duration, //
};

/// Where the package has them.
const INSTALLED: &str = "/usr/libexec/cxl-vfio-pci/selftests";
/// How long a program may take besides the load that it was asked for.
const LIMIT: Duration = Duration::from_secs(600);

#[derive(Serialize)]
struct Line {
    name: String,
    stage: Option<Stage>,
    result: &'static str,
    reason: Option<String>,
}

/// What would run, and why the rest would not.
#[derive(Serialize)]
#[serde(transparent)]
struct Plan(Vec<Line>);

impl Plan {
    fn new(turns: &[&Program], out: &[(&str, &str)]) -> Self {
        let turns = turns.iter().map(|program| Line {
            name: program.name.to_owned(),
            stage: Some(program.stage),
            result: "planned",
            reason: None,
        });
        let out = out.iter().map(|(name, reason)| Line {
            name: (*name).to_owned(),
            stage: None,
            result: "SKIP",
            reason: Some((*reason).to_owned()),
        });
        Self(turns.chain(out).collect())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line {
            name,
            stage,
            reason,
            ..
        } in &self.0
        {
            match (stage, reason) {
                (Some(stage), _) => writeln!(f, "{name:<26}{stage:?}")?,
                (None, Some(reason)) => writeln!(f, "{name:<26}not run: {reason}")?,
                (None, None) => writeln!(f, "{name}")?,
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Summary {
    address: String,
    passed: usize,
    failed: usize,
    skipped: usize,
    /// Why it ended before its end.
    stopped: Option<String>,
    /// Where the machine stands, if it ended so.
    state: Vec<String>,
    programs: Vec<Line>,
    survey: Option<survey::Survey>,
}

pub fn run(host: &Host, json: bool, arguments: &cli::Test) -> Result<bool> {
    let device = Device::find(host, &arguments.address)?;
    let folder = find_programs(arguments)?;
    let (turns, out) = choose(arguments);
    if arguments.plan {
        output::print(json, &Plan::new(&turns, &out));
        return Ok(true);
    }
    vouch(&device)?;
    let mut run = Run {
        device,
        json,
        log: Log::follow(host).ok_or_else(|| {
            Refusal::new(
                "the kernel log cannot be read",
                "Run this as root: a complaint of the kernel ends the run.",
            )
        })?,
        summary: Summary {
            address: arguments.address.clone(),
            passed: 0,
            failed: 0,
            skipped: 0,
            stopped: None,
            state: Vec::new(),
            programs: Vec::new(),
            survey: None,
        },
    };
    let wants_survey = arguments.resets && arguments.survey.is_some();
    run.say("KTAP version 1");
    run.say(&format!(
        "1..{}",
        turns.len() + out.len() + usize::from(wants_survey)
    ));
    for program in turns {
        if !run.program(program, &folder, arguments.load) {
            break;
        }
    }
    if run.summary.stopped.is_none() {
        for (name, reason) in out {
            run.report(name, None, "SKIP", Some(reason));
        }
        if wants_survey {
            run.survey();
        }
    }
    run.end(arguments.survey.as_deref())
}

fn find_programs(arguments: &cli::Test) -> Result<PathBuf> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|file| file.parent().map(Path::to_owned));
    let places = [arguments.programs.clone(), beside, Some(INSTALLED.into())];
    let mut folders = places.into_iter().flatten();
    folders.find(|folder| folder.join(PROGRAMS[0].name).is_file()).ok_or_else(|| {
        Refusal::new(
            "the test programs are not installed",
            "Install the package cxl-vfio-pci-tests, or name the directory: --programs DIR (build/selftests in the source).",
        )
    })
}

/// Those that have their turn, and those that have not, with the reason.
fn choose(arguments: &cli::Test) -> (Vec<&'static Program>, Vec<(&'static str, &'static str)>) {
    let against = |program: &Program| match program.stage {
        Stage::Resets if !arguments.resets => Some("resets the device: --resets"),
        Stage::Inject if !arguments.inject => Some("injects errors: --inject"),
        Stage::Look
        | Stage::Registers
        | Stage::Memory
        | Stage::Load
        | Stage::Resets
        | Stage::Inject => None,
    };
    let turns = PROGRAMS
        .iter()
        .filter(|program| against(program).is_none())
        .collect();
    let asked = PROGRAMS
        .iter()
        .filter_map(|program| Some((program.name, against(program)?)));
    (turns, asked.chain(LEFT_OUT).collect())
}

/// Binds the device, and refuses one whose window neither the check nor the driver's gate vouches for.
fn vouch(device: &Device<'_>) -> Result<()> {
    let what = device.address.clone();
    let bind = cli::Bind {
        devices: vec![what.clone()],
        persist: false,
        owner: None,
        force: false,
    };
    bind::bind(device.host, &bind)?;
    if check::bound_window(device).is_none() {
        return Err(Refusal::new(
            format!("{what}: nothing vouches for its memory: the driver has no gate for it"),
            format!("`cxl-vfio check {what}` says why: it is bound as plain PCI, or debugfs is not mounted."),
        ));
    }
    let gate = device.debug("gate").unwrap_or_default();
    let state = gate.lines().last().unwrap_or_default();
    if state != "closed: the device is not open" {
        return Err(Refusal::new(
            format!("{what}: its gate is {state}"),
            "A device that somebody uses, or whose memory is out of reach, is not tried.",
        ));
    }
    Ok(())
}

struct Run<'a> {
    device: Device<'a>,
    json: bool,
    log: Log,
    summary: Summary,
}

impl Run<'_> {
    /// A line of KTAP; with --json there is one document at the end.
    fn say(&self, line: &str) {
        if !self.json {
            println!("{line}");
        }
    }

    fn report(
        &mut self,
        name: &str,
        stage: Option<Stage>,
        result: &'static str,
        reason: Option<&str>,
    ) {
        let summary = &mut self.summary;
        let (word, count) = match result {
            "ok" => ("ok", &mut summary.passed),
            "SKIP" => ("ok", &mut summary.skipped),
            _ => ("not ok", &mut summary.failed),
        };
        *count += 1;
        let number = summary.programs.len() + 1;
        summary.programs.push(Line {
            name: name.to_owned(),
            stage,
            result,
            reason: reason.map(str::to_owned),
        });
        let mark = match (result, reason) {
            ("SKIP", reason) => format!(" # SKIP {}", reason.unwrap_or("")),
            (_, Some(reason)) => format!(" # {reason}"),
            (_, None) => String::new(),
        };
        self.say(&format!("{word} {number} {name}{mark}"));
    }

    /// Runs one; false if the run must end.
    fn program(&mut self, program: &Program, folder: &Path, load: u64) -> bool {
        let seconds = load.to_string();
        let rest = program
            .arguments
            .iter()
            .map(|argument| argument.replace("{load}", &seconds));
        let arguments: Vec<String> = std::iter::once(self.device.address.clone())
            .chain(rest)
            .collect();
        let limit = LIMIT + Duration::from_secs(load);
        let json = self.json;
        let result = program::run(
            program,
            &folder.join(program.name),
            &arguments,
            limit,
            |line| {
                if !json {
                    println!("# {line}");
                }
            },
        );
        let complaint = self
            .log
            .take()
            .into_iter()
            .find(|line| log::is_complaint(line));
        let stage = Some(program.stage);
        let stuck = result == program::Result::Stuck;
        match result {
            _ if complaint.is_some() => {
                self.report(program.name, stage, "not ok", complaint.as_deref());
            }
            program::Result::Passed => self.report(program.name, stage, "ok", None),
            program::Result::Skipped => {
                self.report(program.name, stage, "SKIP", Some("see the lines above"))
            }
            program::Result::Failed(how) => self.report(program.name, stage, "not ok", Some(&how)),
            program::Result::Stuck => self.report(
                program.name,
                stage,
                "not ok",
                Some("it did not end in time"),
            ),
        }
        match complaint {
            Some(line) => self.stop(format!("the kernel complains: {line}")),
            None if stuck => self.stop(format!("{} does not end", program.name)),
            None if !self.device.config().is_some_and(|config| config.answers()) => {
                self.stop("the device does not answer any more".into());
            }
            None => return true,
        }
        false
    }

    fn stop(&mut self, reason: String) {
        self.say(&format!("Bail out! {reason}"));
        let device = &self.device;
        let gate = device.debug("gate").unwrap_or("there is no gate".into());
        let mut state = vec![
            format!("driver: {}", device.driver().as_deref().unwrap_or("none")),
            format!("gate: {}", gate.replace('\n', ", ")),
            format!(
                "answers: {}",
                device.config().is_some_and(|config| config.answers())
            ),
        ];
        let findings = check::look_at(device).findings.into_iter();
        state.extend(
            findings
                .filter(|finding| finding.state == check::State::Bad)
                .map(|finding| finding.fact),
        );
        state.push("what the kernel said is in `dmesg`; boot the machine again before it is used for anything else".into());
        for line in &state {
            self.say(&format!("# {line}"));
        }
        self.summary.state = state;
        self.summary.stopped = Some(reason);
    }

    fn survey(&mut self) {
        let result = survey::take(&self.device);
        match result {
            Ok(survey) => {
                self.summary.survey = Some(survey);
                self.report("survey", Some(Stage::Resets), "ok", None);
            }
            Err(refusal) => {
                self.report("survey", Some(Stage::Resets), "not ok", Some(&refusal.fact))
            }
        }
        if let Some(line) = self
            .log
            .take()
            .into_iter()
            .find(|line| log::is_complaint(line))
        {
            self.stop(format!("the kernel complains: {line}"));
        }
    }

    fn end(self, file: Option<&Path>) -> Result<bool> {
        let summary = &self.summary;
        let (passed, failed, skipped) = (summary.passed, summary.failed, summary.skipped);
        self.say(&format!(
            "# Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 skip:{skipped} error:0"
        ));
        if self.json {
            println!("{}", output::to_json(summary));
        }
        if let (Some(file), Some(survey)) = (file, &summary.survey) {
            std::fs::write(file, output::to_json(survey)).map_err(|error| {
                Refusal::new(
                    format!("{} cannot be written: {error}", file.display()),
                    "Name another file with --survey.",
                )
            })?;
        }
        Ok(failed == 0 && summary.stopped.is_none())
    }
}
