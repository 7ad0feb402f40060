// SPDX-License-Identifier: GPL-2.0

//! Completions and manual pages, made from the command line's own description.

use crate::{
    cli::Cli,
    error::{
        Refusal,
        Result, //
    },
};
use clap::CommandFactory;
use std::{
    io,
    path::Path, //
};

pub fn completions(shell: clap_complete::Shell) {
    clap_complete::generate(shell, &mut Cli::command(), "cxl-vfio", &mut io::stdout());
}

/// cxl-vfio.1, and a page for each command.
pub fn pages(directory: &Path) -> Result<()> {
    clap_mangen::generate_to(Cli::command(), directory).map_err(|error| {
        Refusal::new(
            format!(
                "the pages cannot be written to {}: {error}",
                directory.display()
            ),
            "Name a directory that is there and can be written.",
        )
    })
}
