// SPDX-License-Identifier: GPL-2.0

//! The CXL Device DVSEC (vendor 0x1e98, id 0; 8.1.3): what the device can do, and the switches of
//! its coherent side.
//!
//! It is an extended capability in configuration space. The first dword, the PCI header with the
//! `next` pointer, belongs to vfio-pci-core, which lays out configuration space; all that follows
//! is served by [`DvsecShadow`]. Offsets count from the header.

mod shadow;
mod snapshot;

pub use self::shadow::DvsecShadow;

use crate::table::{
    registers,
    Features, //
};

/// The vendor id of the CXL consortium, the owner of the DVSEC.
pub const VENDOR: u32 = 0x1e98;

/// The id of the CXL Device DVSEC.
pub const DEVICE: u16 = 0;

/// The id of the Register Locator DVSEC.
pub const REGISTER_LOCATOR: u16 = 8;

/// The number of dwords of the longest DVSEC, header included.
pub const DWORDS: usize = 15;

/// Capability bit 6.
const WBI_CAPABLE: Features = Features::bit(0);
/// Capability bit 7.
const RESET_CAPABLE: Features = Features::bit(1);
/// Capability2 bit 6.
const MODIFIED_COMPLETION: Features = Features::bit(2);
/// Capability3 bit 3.
const VOLATILE_CONFIG: Features = Features::bit(3);
/// Capability3 bit 4, from revision 3 on.
const DIRECT_P2P: Features = Features::bit(4);

registers! {
    /// The registers, as a guest sees them. What v3 says otherwise is in
    /// Documentation/user-interface.md.
    const REGISTERS: 0x04..0x3c {
        0x04 u32 header1 "8.1.3" {
            15:0    VENDOR_ID                   RO;
            19:16   REVISION                    RO;
            31:20   LENGTH                      RO;
        }
        0x08 u16 header2 "8.1.3" {
            15:0    ID                          RO;
        }
        0x0a u16 capability "8.1.3.1" {
            0:0     CACHE_CAPABLE               HwInit;
            1:1     IO_CAPABLE                  HwInit;
            2:2     MEM_CAPABLE                 HwInit;
            3:3     MEM_HWINIT_MODE             HwInit;
            5:4     HDM_COUNT                   HwInit;
            6:6     CACHE_WBI_CAPABLE           HwInit;
            7:7     CXL_RESET_CAPABLE           HwInit;
            10:8    CXL_RESET_TIMEOUT           HwInit;
            11:11   CXL_RESET_MEM_CLR_CAPABLE   HwInit;
            12:12   TSP_CAPABLE                 HwInit;
            13:13   MULTIPLE_LOGICAL_DEVICE     HwInit;
            14:14   VIRAL_CAPABLE               HwInit;
            15:15   PM_INIT_REPORTING_CAPABLE   HwInit;
        }
        0x0c u16 control "8.1.3.2" {
            0:0     CACHE_ENABLE                RWL;
            1:1     IO_ENABLE                   RO; // Reads 1.
            2:2     MEM_ENABLE                  RWL; // The shadow's only.
            7:3     SNOOP_FILTER_COVERAGE       RWL;
            10:8    SNOOP_FILTER_GRANULARITY    RWL;
            11:11   CLEAN_EVICTION              RWL;
            12:12   DIRECT_P2P_MEM_ENABLE       RWL if DIRECT_P2P else RsvdP;
            13:13   _                           RsvdP;
            14:14   VIRAL_ENABLE                RWL;
            15:15   _                           RsvdP;
        }
        0x0e u16 status "8.1.3.3" {
            13:0    _                           RsvdZ;
            14:14   VIRAL_STATUS                RW1CS;
            15:15   _                           RsvdZ;
        }
        // Not gated by CONFIG_LOCK in hardware.
        0x10 u16 control2 "8.1.3.4" {
            0:0     DISABLE_CACHING             RW;
            1:1     INITIATE_WBI                Doorbell if WBI_CAPABLE else RsvdP;
            2:2     INITIATE_CXL_RESET          Doorbell if RESET_CAPABLE else RsvdP;
            3:3     CXL_RESET_MEM_CLR_ENABLE    RW;
            4:4     DESIRED_VOLATILE_STATE      RW if VOLATILE_CONFIG else RO;
            5:5     MODIFIED_COMPLETION_ENABLE  RW if MODIFIED_COMPLETION else RO;
            15:6    _                           RsvdP;
        }
        0x12 u16 status2 "8.1.3.5" {
            0:0     CACHE_INVALID               Live; // While caching is disabled.
            1:1     CXL_RESET_COMPLETE          RO;
            2:2     CXL_RESET_ERROR             RO;
            3:3     VOLATILE_PRESERVATION_ERROR RW1CS if VOLATILE_CONFIG else RsvdZ;
            14:4    _                           RsvdZ;
            15:15   PM_INIT_COMPLETE            Live;
        }
        0x14 u16 lock "8.1.3.6" {
            0:0     CONFIG_LOCK                 RWO;
            15:1    _                           RsvdP;
        }
        0x16 u16 capability2 "8.1.3.7" {
            3:0     CACHE_SIZE_UNIT             HwInit;
            5:4     FALLBACK_CAPABILITY         HwInit;
            6:6     MODIFIED_COMPLETION_CAPABLE HwInit;
            7:7     NO_CLEAN_WRITEBACK          HwInit;
            15:8    CACHE_SIZE                  HwInit;
        }
        0x18 u32 range1_size_high "8.1.3.8" {
            31:0    SIZE_HIGH                   Live;
        }
        0x1c u32 range1_size_low "8.1.3.8" {
            0:0     INFO_VALID                  Live;
            1:1     ACTIVE                      Live;
            4:2     MEDIA_TYPE                  Live;
            7:5     MEMORY_CLASS                Live;
            12:8    DESIRED_INTERLEAVE          Live;
            15:13   ACTIVE_TIMEOUT              Live;
            16:16   ACTIVE_DEGRADED             Live;
            27:17   _                           RsvdP;
            31:28   SIZE_LOW                    Live;
        }
        // The bases of both ranges are RWL in the specification and in hardware. A guest must never
        // move the host's decode, so they do not change here.
        0x20 u32 range1_base_high "8.1.3.8" {
            31:0    BASE_HIGH                   RO;
        }
        0x24 u32 range1_base_low "8.1.3.8" {
            27:0    _                           RsvdP;
            31:28   BASE_LOW                    RO;
        }
        0x28 u32 range2_size_high "8.1.3.8" {
            31:0    SIZE_HIGH                   Live;
        }
        0x2c u32 range2_size_low "8.1.3.8" {
            0:0     INFO_VALID                  Live;
            1:1     ACTIVE                      Live;
            4:2     MEDIA_TYPE                  Live;
            7:5     MEMORY_CLASS                Live;
            12:8    DESIRED_INTERLEAVE          Live;
            15:13   ACTIVE_TIMEOUT              Live;
            16:16   ACTIVE_DEGRADED             Live;
            27:17   _                           RsvdP;
            31:28   SIZE_LOW                    Live;
        }
        0x30 u32 range2_base_high "8.1.3.8" {
            31:0    BASE_HIGH                   RO;
        }
        0x34 u32 range2_base_low "8.1.3.8" {
            27:0    _                           RsvdP;
            31:28   BASE_LOW                    RO;
        }
        0x38 u32 capability3 "8.1.3.9" {
            0:0     VOLATILE_COLD_RESET         HwInit;
            1:1     VOLATILE_WARM_RESET         HwInit;
            2:2     VOLATILE_HOT_RESET          HwInit;
            3:3     VOLATILE_HOT_RESET_CONFIG   HwInit;
            4:4     DIRECT_P2P_MEM_CAPABLE      HwInit;
            31:5    _                           RsvdP;
        }
    }
}
