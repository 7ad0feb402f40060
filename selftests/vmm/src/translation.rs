// SPDX-License-Identifier: GPL-2.0

//! Guest physical addresses in HDM decoders. What the kernel has there are host physical ones, which firmware may have locked:
//! like the address of a BAR, the guest's belongs to the VMM.

/// What guest physical addresses are above host physical ones, modulo 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Translation(u64);

impl Translation {
    pub fn new(guest: u64, host: u64) -> Self {
        Translation(guest.wrapping_sub(host))
    }

    /// A decoder's base for the guest. One that was reset has none, rather than one that tells where the memory is on the host:
    /// 0 and what would become 0 change places.
    pub fn to_guest(self, base: u64, committed: bool) -> u64 {
        if base == 0 && !committed {
            0
        } else if base == 0u64.wrapping_sub(self.0) {
            self.0
        } else {
            base.wrapping_add(self.0)
        }
    }

    /// A base that the guest wrote, for the kernel.
    pub fn to_host(self, base: u64) -> u64 {
        if base == 0 {
            0
        } else if base == self.0 {
            0u64.wrapping_sub(self.0)
        } else {
            base.wrapping_sub(self.0)
        }
    }
}

/// Replaces one half of a register pair.
pub fn with_half(pair: u64, high: bool, half: u32) -> u64 {
    if high {
        u64::from(half) << 32 | pair & 0xffff_ffff
    } else {
        pair & !0xffff_ffff | u64::from(half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: u64 = 0x1_9000_0000;
    const GUEST: u64 = 0x10_d000_0000;

    /// What the kernel has after the guest wrote both halves of a base, one after the other.
    fn written(translation: Translation, kernel: u64, base: u64, high_first: bool) -> u64 {
        [high_first, !high_first]
            .into_iter()
            .fold(kernel, |kernel, high| {
                let seen = translation.to_guest(kernel, false);
                let half = if high { base >> 32 } else { base } as u32;
                translation.to_host(with_half(seen, high, half))
            })
    }

    #[test]
    fn the_guest_reads_what_it_wrote_in_every_order_of_halves() {
        for (guest, host) in [(GUEST, HOST), (HOST, GUEST), (0x4000_0000, HOST)] {
            let translation = Translation::new(guest, host);
            for base in [
                guest,
                guest.wrapping_sub(host),
                0x4000_0000,
                0x7f_f000_0000,
                0,
            ] {
                for from in [host, 0, 0xf000_0000, !0xfff_ffff] {
                    for high_first in [false, true] {
                        let kernel = written(translation, from, base, high_first);
                        assert_eq!(translation.to_guest(kernel, false), base);
                    }
                }
            }
        }
    }

    #[test]
    fn what_firmware_committed_is_at_the_guests_address() {
        assert_eq!(Translation::new(GUEST, HOST).to_guest(HOST, true), GUEST);
        assert_eq!(Translation::new(GUEST, 0).to_guest(0, true), GUEST);
    }

    #[test]
    fn a_decoder_that_was_reset_tells_nothing() {
        assert_eq!(Translation::new(GUEST, HOST).to_guest(0, false), 0);
    }
}
