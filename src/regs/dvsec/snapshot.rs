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
    range1_size_low,
    range2_size_low,
    DvsecShadow,
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
    policy::Policy,
    table::{
        Features,
        Field, //
    }, //
};
use core::fmt;

/// Why a snapshot of a CXL Device DVSEC is refused.
///
/// ```
/// use cxl_regs::{dvsec::{DvsecShadow, SnapshotError}, policy::Policy};
///
/// let error = DvsecShadow::from_snapshot(&[!0; 15], Policy::DEFAULT).unwrap_err();
/// assert_eq!(error, SnapshotError::AllOnes { offset: 0x04 });
/// assert_eq!(error.to_string(), "CXL DVSEC reads all-ones at 0x04");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotError {
    /// Fewer dwords were given than the header says there are.
    Short {
        /// The dwords needed.
        need: usize,
        /// The dwords given.
        have: usize,
    },
    /// A dword with reserved bits reads all-ones: the device is gone.
    AllOnes {
        /// The dword's offset.
        offset: usize,
    },
    /// The DVSEC belongs to another vendor.
    Vendor {
        /// Its vendor id.
        vendor: u32,
    },
    /// The DVSEC is another one of the CXL consortium.
    Id {
        /// Its id.
        id: u32,
    },
    /// The revision is none of 1, 2 and 3.
    Revision {
        /// The revision.
        revision: u32,
    },
    /// The length is not that of the revision.
    Length {
        /// The revision.
        revision: u32,
        /// The length in bytes.
        length: u32,
    },
    /// The number of memory ranges is reserved, or zero on a device with memory.
    RangeCount {
        /// HDM_Count.
        count: u32,
    },
    /// The reset timeout of a device with CXL Reset has a reserved encoding.
    ResetTimeout {
        /// CXL_Reset_Timeout.
        encoding: u32,
    },
    /// The activation timeout of a memory range has a reserved encoding.
    ActiveTimeout {
        /// The range, 0 or 1.
        range: u8,
        /// Memory_Active_Timeout.
        encoding: u32,
    },
    /// A memory range does not end below 2 to the power of 64.
    RangeWraps {
        /// The range, 0 or 1.
        range: u8,
        /// Its base.
        base: u64,
        /// Its size.
        size: u64,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Short { need, have } => {
                write!(f, "CXL DVSEC has {need} dwords, snapshot only {have}")
            }
            Self::AllOnes { offset } => write!(f, "CXL DVSEC reads all-ones at {offset:#04x}"),
            Self::Vendor { vendor } => write!(f, "DVSEC vendor is {vendor:#06x}, not 0x1e98"),
            Self::Id { id } => write!(f, "CXL DVSEC id is {id}, not 0"),
            Self::Revision { revision } => {
                write!(f, "CXL DVSEC revision is {revision}, not 1 to 3")
            }
            Self::Length { revision, length } => {
                write!(f, "CXL DVSEC revision {revision} has length {length:#x}")
            }
            Self::RangeCount { count } => write!(f, "CXL DVSEC has HDM_Count {count}"),
            Self::ResetTimeout { encoding } => {
                write!(
                    f,
                    "CXL DVSEC has reserved reset timeout encoding {encoding}"
                )
            }
            Self::ActiveTimeout { range, encoding } => write!(
                f,
                "CXL DVSEC range {} has reserved active timeout encoding {encoding}",
                range.wrapping_add(1)
            ),
            Self::RangeWraps { range, base, size } => write!(
                f,
                "CXL DVSEC range {} wraps: base {base:#x} size {size:#x}",
                range.wrapping_add(1)
            ),
        }
    }
}

impl DvsecShadow {
    /// The shadow of a device whose DVSEC reads `hardware`, dword by dword from the PCI header on.
    ///
    /// The PCI header itself is not looked at. Dwords beyond the DVSEC's length are ignored.
    ///
    /// ```
    /// use cxl_regs::{dvsec::DvsecShadow, policy::Policy};
    ///
    /// let mut hardware = [0; 14];
    /// hardware[1] = 0x0381_1e98; // length 0x38, revision 1, vendor
    /// hardware[2] = 0x0016_0000; // one range, memory and IO capable
    /// let dvsec = DvsecShadow::from_snapshot(&hardware, Policy::DEFAULT).unwrap();
    /// assert_eq!(dvsec.range(0).unwrap().size, 0);
    /// ```
    pub fn from_snapshot(hardware: &[u32], policy: Policy) -> Result<Self, SnapshotError> {
        let &[_, dword1, dword2, ..] = hardware else {
            return Err(SnapshotError::Short {
                need: 3,
                have: hardware.len(),
            });
        };
        if dword1 == u32::MAX {
            return Err(SnapshotError::AllOnes { offset: 4 });
        }
        let dwords = check_header(dword1, dword2)?;
        let Some(hardware) = hardware.get(..dwords) else {
            return Err(SnapshotError::Short {
                need: dwords,
                have: hardware.len(),
            });
        };

        let features = features(hardware);
        let rules = Rules::new(REGISTERS, features);
        let mut words = [0; DWORDS];
        rules
            .load(&mut words, hardware)
            .map_err(|dword| SnapshotError::AllOnes {
                offset: dword.wrapping_mul(4),
            })?;
        if let Some(word) = words.get_mut(control::IO_ENABLE.dword()) {
            *word |= control::IO_ENABLE.mask();
        }

        let shadow = Self {
            rules,
            features,
            policy,
            words,
        };
        shadow.check()?;
        Ok(shadow)
    }

    /// Takes the device's own bits (HwInit) from a later snapshot and keeps the guest's: the
    /// memory of the device may have become active, for example.
    ///
    /// On an error the shadow is as it was.
    ///
    /// ```
    /// use cxl_regs::{access::Access, dvsec::DvsecShadow, policy::Policy};
    ///
    /// let mut hardware = [0; 14];
    /// hardware[1] = 0x0381_1e98;
    /// hardware[2] = 0x0016_0000;
    /// let mut dvsec = DvsecShadow::from_snapshot(&hardware, Policy::DEFAULT).unwrap();
    /// let _ = dvsec.write(Access::new(0x10, 2).unwrap(), 0x1);
    ///
    /// hardware[7] = 0x1000_0003;
    /// dvsec.refresh(&hardware).unwrap();
    /// assert!(dvsec.range(0).unwrap().active);
    /// assert_eq!(dvsec.read(Access::new(0x10, 2).unwrap()), 0x1);
    /// ```
    pub fn refresh(&mut self, hardware: &[u32]) -> Result<(), SnapshotError> {
        let mut new = Self::from_snapshot(hardware, self.policy)?;
        let guest = self.words.iter().zip(new.rules.masks());
        for (word, (&old, masks)) in new.words.iter_mut().zip(guest) {
            let kept = masks.readable() & !masks.hw_init();
            *word = (*word & masks.hw_init()) | (old & kept);
        }
        *self = new;
        Ok(())
    }

    /// The encodings and ranges of a loaded shadow.
    fn check(&self) -> Result<(), SnapshotError> {
        let count = self.get(&capability::HDM_COUNT);
        let memory = self.get(&capability::MEM_CAPABLE) != 0;
        if count > 2 || (memory && count == 0) {
            return Err(SnapshotError::RangeCount { count });
        }
        let encoding = self.get(&capability::CXL_RESET_TIMEOUT);
        if self.get(&capability::CXL_RESET_CAPABLE) != 0 && encoding > 4 {
            return Err(SnapshotError::ResetTimeout { encoding });
        }
        for number in [0, 1] {
            let Some(range) = self.range(number) else {
                continue;
            };
            let encoding = match number {
                0 => self.get(&range1_size_low::ACTIVE_TIMEOUT),
                _ => self.get(&range2_size_low::ACTIVE_TIMEOUT),
            };
            if encoding > 4 {
                return Err(SnapshotError::ActiveTimeout {
                    range: number,
                    encoding,
                });
            }
            if range.base.checked_add(range.size).is_none() {
                return Err(SnapshotError::RangeWraps {
                    range: number,
                    base: range.base,
                    size: range.size,
                });
            }
        }
        Ok(())
    }
}

/// Checks the two DVSEC headers and returns the length in dwords.
fn check_header(dword1: u32, dword2: u32) -> Result<usize, SnapshotError> {
    let vendor = header1::VENDOR_ID.get(dword1);
    if vendor != VENDOR {
        return Err(SnapshotError::Vendor { vendor });
    }
    let id = header2::ID.get(dword2);
    if id != 0 {
        return Err(SnapshotError::Id { id });
    }
    let revision = header1::REVISION.get(dword1);
    let length = header1::LENGTH.get(dword1);
    match (revision, length) {
        (1, 0x38) => Ok(14),
        (2 | 3, 0x3c) => Ok(15),
        (1..=3, _) => Err(SnapshotError::Length { revision, length }),
        _ => Err(SnapshotError::Revision { revision }),
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
