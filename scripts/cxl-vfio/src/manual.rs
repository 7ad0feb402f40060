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

/// cxl-vfio.1, and a page for each command that is not hidden.
pub fn pages(directory: &Path) -> Result<()> {
    write_pages(directory).map_err(|error| {
        Refusal::new(
            format!(
                "the pages cannot be written to {}: {error}",
                directory.display()
            ),
            "Name a directory that is there and can be written.",
        )
    })
}

fn write_pages(directory: &Path) -> io::Result<()> {
    let command = Cli::command();
    clap_mangen::generate_to(command.clone(), directory)?;
    let hidden = command
        .get_subcommands()
        .filter(|command| command.is_hide_set());
    for name in hidden.map(|command| command.get_name()) {
        std::fs::remove_file(directory.join(format!("cxl-vfio-{name}.1")))?;
    }
    Ok(())
}
