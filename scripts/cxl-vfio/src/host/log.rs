// SPDX-License-Identifier: GPL-2.0

//! The kernel log.

use super::Host;
use std::{
    fs::{
        File,
        OpenOptions, //
    },
    io::{
        ErrorKind,
        Read,
        Seek,
        SeekFrom, //
    },
    os::unix::fs::OpenOptionsExt, //
};

/// Beginnings and parts of lines in which the kernel complains of itself.
const COMPLAINTS: [&str; 17] = [
    "WARNING:",
    "BUG:",
    "Oops",
    "Internal error:",
    "Unable to handle kernel",
    "Call Trace:",
    "Call trace:",
    "kernel BUG at",
    "KASAN:",
    "UBSAN:",
    "INFO: possible",
    "INFO: task",
    "INFO: trying",
    "general protection fault",
    "refcount_t:",
    "Hardware Error",
    "suspicious RCU usage",
];

pub fn is_complaint(line: &str) -> bool {
    COMPLAINTS.iter().any(|complaint| line.contains(complaint))
}

/// The log from a moment on, a record at a time.
pub struct Log(File);

impl Log {
    /// From now on.
    pub fn follow(host: &Host) -> Option<Self> {
        let mut log = Self::whole(host)?;
        log.0.seek(SeekFrom::End(0)).ok()?;
        Some(log)
    }

    /// All that the kernel still knows.
    pub fn whole(host: &Host) -> Option<Self> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(host.path("/dev/kmsg"))
            .ok()?;
        Some(Self(file))
    }

    /// The lines since the last call.
    pub fn take(&mut self) -> Vec<String> {
        // The longest record, see kernel/printk/internal.h.
        let mut record = [0; 2048];
        let mut lines = Vec::new();
        loop {
            let len = match self.0.read(&mut record) {
                Ok(0) => return lines,
                Ok(len) => len,
                // The log overtook this reader, which goes on with what is left.
                Err(error) if error.raw_os_error() == Some(libc::EPIPE) => continue,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return lines,
            };
            let text = String::from_utf8_lossy(&record[..len]);
            lines.extend(kernels_own(&text).map(str::to_owned));
        }
    }
}

/// The message of a record, if the kernel wrote it: "PRIORITY,NUMBER,TIME,...;MESSAGE", and lines of properties. Programs write
/// to the log, too, about what is nobody's business, and a complaint that they quote is not the kernel's.
fn kernels_own(record: &str) -> Option<&str> {
    let (head, message) = record.split_once(';')?;
    let priority: u32 = head.split(',').next()?.parse().ok()?;
    const FACILITY_SHIFT: u32 = 3;
    if priority >> FACILITY_SHIFT != 0 {
        return None;
    }
    message.lines().next()
}

/// The last sentence about a device after `start`, such as "not bound: ".
pub fn last_sentence(lines: &[String], address: &str, start: &str) -> Option<String> {
    let mark = format!(" {address}: {start}");
    let found = lines.iter().rev().find_map(|line| line.split_once(&mark));
    found.map(|(_, rest)| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_record_is() {
        let kernel = "4,1200,812345,-;cxl_vfio_pci 0000:0d:00.0: not bound\n SUBSYSTEM=pci\n";
        assert_eq!(
            kernels_own(kernel),
            Some("cxl_vfio_pci 0000:0d:00.0: not bound")
        );
        assert_eq!(
            kernels_own("12,1201,812346,-;somebody's pci password\n"),
            None
        );
        assert_eq!(
            kernels_own("30,1202,812347,-;systemd[1]: WARNING: pci\n"),
            None
        );
    }
}
