// SPDX-License-Identifier: GPL-2.0

//! The Register Locator DVSEC (vendor 0x1e98, id 8; 8.1.9): in which BAR, and where in it, the
//! component registers are.

use crate::{
    cm,
    dvsec::{
        header1,
        header2,
        REGISTER_LOCATOR,
        VENDOR, //
    },
    unfit::{
        Block,
        Unfit, //
    }, //
};

/// The number of dwords before the first entry.
const HEADER_DWORDS: usize = 3;

/// The register block identifier of component registers.
const COMPONENT: u8 = 1;

/// Where the component block is.
///
/// ```
/// use cxl_regs::locator::Entry;
///
/// // The header, and one entry: a component block at 64 KiB of BAR 2.
/// let entry = Entry::from_snapshot(&[0, 0x0140_1e98, 0x0008, 0x0001_0102, 0x0])?;
/// assert_eq!((entry.bir, entry.offset), (2, 0x1_0000));
/// assert!(entry.check(0x2_0000).is_ok());
/// # Ok::<(), cxl_regs::Unfit>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The number of the BAR.
    pub bir: u8,
    /// The offset from the start of the BAR, a multiple of 64 KiB.
    pub offset: u64,
}

impl Entry {
    /// The one component block of the locator that reads `hardware`, dword by dword from the PCI
    /// header on. Whether it lies in its BAR is for [`Entry::check`] to say.
    pub fn from_snapshot(hardware: &[u32]) -> Result<Self, Unfit> {
        let mut found = None;
        let entries = entries(hardware)?;
        for (dword, entry) in (HEADER_DWORDS..hardware.len())
            .step_by(2)
            .zip(entries.chunks_exact(2))
        {
            let &[low, high] = entry else {
                continue;
            };
            // The low dword of an entry has reserved bits.
            if low == u32::MAX {
                return Err(Block::Locator.all_ones(dword));
            }
            // CAST: at most 1023 dwords.
            let unfit = |expected| Block::Locator.unfit((dword << 2) as u32, low.into(), expected);
            let [first, id, ..] = low.to_le_bytes();
            let entry = Entry {
                bir: first & 7,
                offset: (u64::from(high) << 32) | u64::from(low & 0xffff_0000),
            };
            if id != COMPONENT {
                continue;
            }
            if entry.bir > 5 {
                return Err(unfit("a BAR that can exist"));
            }
            if found.replace(entry).is_some() {
                return Err(unfit("one component block"));
            }
        }
        found.ok_or(Block::Locator.unfit(0x0c, 0, "a component block"))
    }

    /// Checks that the block lies in its BAR, which has `bar_len` bytes.
    pub fn check(&self, bar_len: u64) -> Result<(), Unfit> {
        let end = self.offset.checked_add(u64::from(cm::BLOCK_LEN));
        if end.is_some_and(|end| end <= bar_len) {
            return Ok(());
        }
        Err(Block::Locator.unfit(0x0c, self.offset, "an offset inside the BAR"))
    }
}

/// The entries of a locator with a valid header: two dwords each.
fn entries(hardware: &[u32]) -> Result<&[u32], Unfit> {
    let &[_, dword1, dword2, ..] = hardware else {
        return Err(Block::Locator.short(4, hardware.len()));
    };
    let unfit =
        |offset, found: u32, expected| Err(Block::Locator.unfit(offset, found.into(), expected));
    if dword1 == u32::MAX {
        return Err(Block::Locator.all_ones(1));
    }
    let vendor = header1::VENDOR_ID.get(dword1);
    if vendor != VENDOR {
        return unfit(4, vendor, "vendor 0x1e98");
    }
    let id = header2::ID.get(dword2);
    if id != u32::from(REGISTER_LOCATOR) {
        return unfit(8, id, "id 8");
    }
    let length = header1::LENGTH.get(dword1);
    // CAST: widens.
    let need = (length >> 2) as usize;
    // Bytes 0x0c + 8n, n at least 1.
    if length & 7 != 4 || need <= HEADER_DWORDS {
        return unfit(4, length, "the length of a header and entries");
    }
    hardware
        .get(HEADER_DWORDS..need)
        .ok_or(Block::Locator.short(4, hardware.len()))
}
