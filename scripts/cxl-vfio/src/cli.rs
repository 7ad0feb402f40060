// SPDX-License-Identifier: GPL-2.0

//! The command line. Help, completions and the manual page are made from what is said here.

use clap::{
    Args,
    Parser,
    Subcommand, //
};
use std::path::PathBuf;

/// Looks at, binds, tries and watches CXL Type-2 devices that cxl-vfio-pci passes through to virtual machines
#[derive(Parser)]
#[command(name = "cxl-vfio", version = env!("CXL_VFIO_PCI_VERSION"), disable_help_subcommand = true)]
pub struct Cli {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Every CXL function, its window of memory, and whether it can be passed through
    List,
    /// What stands for and against passing a device through, and what to do about it
    Check {
        /// Which device; without it, every CXL function and the host
        address: Option<String>,
    },
    /// Bind devices to cxl-vfio-pci, or leave everything as it was
    Bind(Bind),
    /// Give devices back to the driver that the kernel would choose
    Unbind(Unbind),
    /// What a VMM sees of a bound device; its memory is tried, and left as it was
    Show {
        /// Which device, such as 0000:0d:00.0
        address: String,
    },
    /// Show gate, faults and resets as they happen, until it is interrupted
    Watch {
        /// Which device; without it, all that are bound
        address: Option<String>,
        /// End after so many seconds
        #[arg(long, value_name = "N")]
        seconds: Option<u64>,
    },
    /// Run the test programs on a device, the harmless first, and stop at the first complaint of the kernel
    Test(Test),
    /// Collect what a bug report needs in one file, without host names, MAC addresses or serial numbers
    Report {
        /// Where to write it
        #[arg(default_value = "cxl-vfio-report.json")]
        file: PathBuf,
    },
    /// Print completions for a shell
    #[command(hide = true)]
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Manual { directory: PathBuf },
}

#[derive(Args)]
pub struct Bind {
    /// Which devices: an address such as 0000:0d:00.0, or VENDOR:DEVICE for every CXL function of that kind
    #[arg(required = true)]
    pub devices: Vec<String>,
    /// Do it again at every boot
    #[arg(long)]
    pub persist: bool,
    /// Let a VMM of this user, a name or a number, open the devices: libvirt's is libvirt-qemu
    #[arg(long, value_name = "USER")]
    pub owner: Option<String>,
    /// Bind although the check finds something against it
    #[arg(long)]
    pub force: bool,
}

#[derive(Args)]
pub struct Unbind {
    /// Which devices: addresses, or VENDOR:DEVICE
    #[arg(required = true)]
    pub devices: Vec<String>,
    /// Do not bind at the next boot, either
    #[arg(long)]
    pub persist: bool,
}

#[derive(Args)]
pub struct Test {
    /// Which device, such as 0000:0d:00.0
    pub address: String,
    /// Reset the device, too: contents of its memory are lost
    #[arg(long)]
    pub resets: bool,
    /// Inject errors, too, where the kernel can
    #[arg(long)]
    pub inject: bool,
    /// How long programs that put load on the device run
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub load: u64,
    /// Where the test programs are
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,
    /// Where to write what the hardware does when it is reset, as JSON
    #[arg(long, value_name = "FILE", requires = "resets")]
    pub survey: Option<PathBuf>,
    /// List what would run, and why the rest would not
    #[arg(long)]
    pub plan: bool,
}
