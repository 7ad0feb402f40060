// SPDX-License-Identifier: GPL-2.0

//! Which driver libvirt binds a device to when it is told none: the one whose alias matches it with the fewest
//! wildcards, the first of those that are as good.

use super::Host;
use crate::device::Device;

/// The module's name, with underscores; nothing if libvirt has no index to look at.
pub fn choice(host: &Host, device: &Device<'_>) -> Option<String> {
    let release = host.text("/proc/sys/kernel/osrelease")?;
    let index = host.text(&format!("/lib/modules/{release}/modules.alias"))?;
    let alias = device.text("modalias")?;
    let modalias = format!("vfio_{alias}");
    let mut best: Option<(usize, &str)> = None;
    for line in index.lines() {
        let mut words = line.split_whitespace();
        let (Some("alias"), Some(pattern), Some(module)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        if !pattern.starts_with("vfio_pci:") || !matches(pattern.as_bytes(), modalias.as_bytes()) {
            continue;
        }
        let wildcards = pattern.matches('*').count();
        if best.is_none_or(|(fewest, _)| wildcards < fewest) {
            best = Some((wildcards, module));
        }
    }
    best.map(|(_, module)| module.replace('-', "_"))
}

/// A pattern in which * stands for anything.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
        [byte, rest @ ..] => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        let alias = b"vfio_pci:v00001234d000000C2sv00000000sd00000000bc12sc00i00";
        assert!(matches(b"vfio_pci:v*d*sv*sd*bc12sc00i*", alias));
        assert!(matches(b"vfio_pci:v*d*sv*sd*bc*sc*i*", alias));
        assert!(!matches(b"vfio_pci:v*d*sv*sd*bc02sc00i*", alias));
        assert!(!matches(b"vfio_pci:v*d*", b"pci:v1d1"));
    }
}
