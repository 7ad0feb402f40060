// SPDX-License-Identifier: GPL-2.0

//! The tool of somebody who has a CXL device and wants a virtual machine to have it.
//!
//! Each command is a file that makes a value, which is printed as text or as JSON. What is refused ends with what to do.

mod advice;
mod bind;
mod check;
mod cli;
mod device;
mod error;
mod ffi;
mod host;
mod list;
mod manual;
mod output;
mod owner;
mod persist;
mod report;
mod show;
mod test;
mod watch;

use clap::Parser;
use cli::{
    Cli,
    Command, //
};
use error::{
    Refusal,
    Result, //
};
use host::Host;
use std::{
    path::Path,
    process::ExitCode, //
};

/// Something was done or looked at, and is not as it should be; clap has 2 for a wrong command line.
const NOT_GOOD: u8 = 1;

fn all_done(json: bool, done: &bind::AllDone) -> bool {
    output::print(json, done);
    done.is_good()
}

fn run(cli: &Cli) -> Result<bool> {
    let host = Host::new(Path::new("/"));
    let json = cli.json;
    let mut good = true;
    match &cli.command {
        Command::List => output::print(json, &list::run(&host)?),
        Command::Check { address } => {
            let check = check::run(&host, address.as_deref())?;
            output::print(json, &check);
            good = check.is_good();
        }
        Command::Bind(arguments) => good = all_done(json, &bind::bind(&host, arguments)?),
        Command::Unbind(arguments) => good = all_done(json, &bind::unbind(&host, arguments)?),
        Command::Show { address } => {
            let show = show::run(&host, address)?;
            output::print(json, &show);
            good = show.is_good();
        }
        Command::Watch { address, seconds } => {
            watch::run(&host, json, address.as_deref(), *seconds)?;
        }
        Command::Test(arguments) => good = test::run(&host, json, arguments)?,
        Command::Report { file } => output::print(json, &report::run(&host, file)?),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Manual { directory } => manual::pages(directory)?,
    }
    Ok(good)
}

/// What clap has against a command line, or the help that was asked for.
fn wrong(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args().any(|argument| argument == "--json");
    if wants_json && error.use_stderr() {
        let text = error.render().to_string();
        let fact = text.lines().next().unwrap_or_default();
        let refusal = Refusal::new(
            fact.trim_start_matches("error: "),
            "Read `cxl-vfio --help`.",
        );
        println!("{}", output::to_json(&refusal));
    }
    // Nobody is left to be told if that fails.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(NOT_GOOD))
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong(&error),
    };
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_GOOD),
        Err(refusal) => {
            if cli.json {
                println!("{}", output::to_json(&refusal));
            }
            eprintln!("cxl-vfio: {refusal}");
            ExitCode::from(NOT_GOOD)
        }
    }
}
