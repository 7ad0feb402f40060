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
use error::Result;
use host::Host;
use std::process::ExitCode;

/// Something was done or looked at, and is not as it should be; clap has 2 for a wrong command line.
const NOT_GOOD: u8 = 1;

fn run(cli: &Cli) -> Result<bool> {
    let host = Host::new(&cli.root);
    let json = cli.json;
    let mut good = true;
    match &cli.command {
        Command::List => output::print(json, &list::run(&host)?),
        Command::Check { address } => {
            let check = check::run(&host, address.as_deref())?;
            output::print(json, &check);
            good = check.is_good();
        }
        Command::Bind(arguments) => output::print(json, &bind::bind(&host, arguments)?),
        Command::Unbind(arguments) => output::print(json, &bind::unbind(&host, arguments)?),
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

fn main() -> ExitCode {
    let cli = Cli::parse();
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
