// SPDX-License-Identifier: GPL-2.0

//! Whom the file of a device's group belongs to. Root alone may open it otherwise, and libvirt changes the owner of devices
//! only that it knows as such.

use crate::{
    device::Device,
    error::{
        Refusal,
        Result, //
    },
    host::Host, //
};
use std::os::unix::fs::chown;

pub struct Owner {
    pub name: String,
    number: u32,
}

impl Owner {
    pub fn find(host: &Host, name: &str) -> Result<Self> {
        let users = host.text("/etc/passwd").unwrap_or_default();
        let of_name = || {
            let mut users = users.lines().map(|line| line.split(':'));
            users.find_map(|mut user| {
                (user.next() == Some(name)).then(|| user.nth(1)?.parse().ok())?
            })
        };
        let number = name.parse().ok().or_else(of_name).ok_or_else(|| {
            Refusal::new(
                format!("there is no user {name}"),
                "Type a name from /etc/passwd, or a number; Debian's libvirt runs QEMU as libvirt-qemu.",
            )
        })?;
        Ok(Self {
            name: name.into(),
            number,
        })
    }

    /// Gives it the group of a bound device, and says so.
    pub fn take(&self, device: &Device<'_>) -> Result<String> {
        let file = format!("/dev/vfio/{}", device.group().unwrap_or_default());
        chown(device.host.path(&file), Some(self.number), None).map_err(|error| {
            Refusal::new(
                format!(
                    "bound, but {file} cannot be given to {}: {error}",
                    self.name
                ),
                "`ls -l /dev/vfio` shows whose it is.",
            )
        })?;
        Ok(format!("{file} is {}'s", self.name))
    }
}
