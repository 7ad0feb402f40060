// SPDX-License-Identifier: GPL-2.0

//! From what a device returned for its CXL Device DVSEC to a shadow, or to the fact that stands
//! against it.

use super::{
    capability,
    capability2,
    capability3,
    control,
    header1,
    header2,
    status2,
    DvsecShadow,
    DEVICE,
    DIRECT_P2P,
    DWORDS,
    MODIFIED_COMPLETION,
    REGISTERS,
    RESET_CAPABLE,
    VENDOR,
    VOLATILE_CONFIG,
    WBI_CAPABLE, //
};
use crate::{
    block::Rules,
    table::{
        Features,
        Field, //
    },
    unfit::{
        Block,
        Unfit, //
    }, //
};

/// The least number of dwords: up to the base of range 1, without which nothing can be decoded.
const LEAST: usize = 10;

impl DvsecShadow {
    /// The shadow of a device whose DVSEC reads `hardware`, dword by dword from the PCI header on.
    ///
    /// The device has CXL.mem. The PCI header itself is not looked at. A DVSEC that is longer than
    /// every known one is served as far as it is known.
    pub fn from_snapshot(hardware: &[u32]) -> Result<Self, Unfit> {
        let &[_, dword1, dword2, ..] = hardware else {
            return Err(Block::Dvsec.short(4, hardware.len()));
        };
        if dword1 == u32::MAX {
            return Err(Block::Dvsec.all_ones(1));
        }
        let dwords = check_header(dword1, dword2)?;
        let Some(hardware) = hardware.get(..dwords) else {
            return Err(Block::Dvsec.short(4, hardware.len()));
        };

        let features = features(hardware);
        let rules = Rules::new(REGISTERS, features);
        let mut words = [0; DWORDS];
        rules
            .load(&mut words, hardware)
            .map_err(|dword| Block::Dvsec.all_ones(dword))?;
        if let Some(word) = words.get_mut(control::IO_ENABLE.dword()) {
            *word |= control::IO_ENABLE.mask();
        }

        let mut shadow = Self {
            rules,
            features,
            words,
        };
        // A reset that ended before was the host's.
        shadow.set(&status2::CXL_RESET_COMPLETE, false);
        shadow.set(&status2::CXL_RESET_ERROR, false);
        shadow.check()?;
        shadow.settle();
        Ok(shadow)
    }

    /// The encodings of a loaded shadow.
    fn check(&self) -> Result<(), Unfit> {
        let unfit = |field: &Field, expected| {
            let found = self.get(field).into();
            Err(Block::Dvsec.unfit(field.offset().into(), found, expected))
        };
        if !matches!(self.get(&capability::HDM_COUNT), 1 | 2) {
            return unfit(&capability::HDM_COUNT, "1 or 2 memory ranges");
        }
        if self.get(&capability::CXL_RESET_CAPABLE) != 0
            && self.get(&capability::CXL_RESET_TIMEOUT) > 4
        {
            return unfit(&capability::CXL_RESET_TIMEOUT, "a reset timeout, 0 to 4");
        }
        Ok(())
    }
}

/// Checks the two DVSEC headers and returns the number of dwords that are known.
fn check_header(dword1: u32, dword2: u32) -> Result<usize, Unfit> {
    let unfit = |offset, found: u32, expected| Block::Dvsec.unfit(offset, found.into(), expected);
    let vendor = header1::VENDOR_ID.get(dword1);
    if vendor != VENDOR {
        return Err(unfit(4, vendor, "vendor 0x1e98"));
    }
    let id = header2::ID.get(dword2);
    if id != u32::from(DEVICE) {
        return Err(unfit(8, id, "id 0"));
    }
    let length = header1::LENGTH.get(dword1);
    // CAST: widens.
    match (length >> 2) as usize {
        dwords if dwords < LEAST => Err(unfit(4, length, "a length with memory range 1")),
        dwords => Ok(dwords.min(DWORDS)),
    }
}

/// The capabilities on which attributes depend.
fn features(hardware: &[u32]) -> Features {
    let get = |field: &Field| field.get(hardware.get(field.dword()).copied().unwrap_or(0));
    Features::NONE
        .with(WBI_CAPABLE, get(&capability::CACHE_WBI_CAPABLE) != 0)
        .with(RESET_CAPABLE, get(&capability::CXL_RESET_CAPABLE) != 0)
        .with(
            MODIFIED_COMPLETION,
            get(&capability2::MODIFIED_COMPLETION_CAPABLE) != 0,
        )
        .with(
            VOLATILE_CONFIG,
            get(&capability3::VOLATILE_HOT_RESET_CONFIG) != 0,
        )
        .with(
            DIRECT_P2P,
            get(&capability3::DIRECT_P2P_MEM_CAPABLE) != 0 && get(&header1::REVISION) >= 3,
        )
}
