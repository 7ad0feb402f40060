// SPDX-License-Identifier: GPL-2.0

//! The registers of the HDM decoders while nothing is committed.

use super::{
    rows,
    start::{
        Start,
        FOUR,
        PLAIN,
        RICH, //
    },
    w,
    CHANGED, //
};

/// UIO, but no back-invalidate.
const UIO: Start = PLAIN.with(&[(0x00, 0x2000)]);
/// Back-invalidate, but no UIO.
const BACK_INVALIDATE: Start = RICH.with(&[(0x00, 0x1c02)]);
/// The device's decoder is host-only, and the guest cannot choose.
const HOST_ONLY: Start = PLAIN.with(&[(0x20, 0x1000)]);
/// Firmware enabled the decoders.
const ENABLED: Start = PLAIN.with(&[(0x04, 0x2)]);
/// Every bit that reserved fields hide.
const RESERVED: Start = PLAIN.with(&[
    (0x00, 0xff80_c000),
    (0x04, 0xffff_fffc),
    (0x08, 0x7fff_ffff),
    (0x0c, 0x7fff_ffff),
    (0x10, 0x0fff_ffff),
    (0x18, 0x0fff_ffff),
    (0x20, 0xffff_e000),
    (0x24, 0x0fff_ffff),
    (0x2c, 0x7fff_ffff),
]);

rows! {
    "8.2.4.20.1" "the capability is HwInit: set bits stay",
        FOUR [] 0x00:4 = 0x1c02, w(0x00, 4, 0) => 0x1c02 [];
    "8.2.4.20.1" "the capability is HwInit: clear bits stay",
        FOUR [] 0x00:4 = 0x1c02, w(0x00, 4, 0xffff_ffff) => 0x1c02 [];
    "8.2.4.20.1" "every field of the capability",
        RICH [] 0x00:4 = 0x0060_3c02, w(0x00, 4, 0) => 0x0060_3c02 [];

    "8.2.4.20.2" "decoder enable",
        FOUR [] 0x04:4 = 0, w(0x04, 4, 0x2) => 0x2 [];
    "8.2.4.20.2" "decoder enable can be cleared",
        ENABLED [] 0x04:4 = 0x2, w(0x04, 4, 0) => 0 [];
    "8.2.4.20.2" "poison enable with the capability",
        FOUR [] 0x04:4 = 0, w(0x04, 4, 0x1) => 0x1 [];
    "8.2.4.20.2" "poison enable can be cleared",
        FOUR [w(0x04, 4, 0x1)] 0x04:4 = 0x1, w(0x04, 4, 0) => 0 [];
    "8.2.4.20.2" "no poison enable without the capability",
        PLAIN [] 0x04:4 = 0, w(0x04, 4, 0x1) => 0 [];
    "8.2.4.20.2" "both at once",
        FOUR [] 0x04:4 = 0, w(0x04, 4, 0xffff_ffff) => 0x3 [];
    "8.2.4.20.2" "writing what is there is no effect",
        ENABLED [] 0x04:4 = 0x2, w(0x04, 4, 0x2) => 0x2 [];

    "8.2.4.20.3" "base low has 4 bits",
        FOUR [] 0x10:4 = 0, w(0x10, 4, 0xffff_ffff) => 0xf000_0000 [];
    "8.2.4.20.4" "base high has 32 bits",
        FOUR [] 0x14:4 = 0, w(0x14, 4, 0xffff_ffff) => 0xffff_ffff [];
    "8.2.4.20.4" "base high can be cleared",
        FOUR [w(0x14, 4, 0xffff_ffff)] 0x14:4 = 0xffff_ffff, w(0x14, 4, 0) => 0 [];
    "8.2.4.20.5" "size low has 4 bits",
        FOUR [] 0x18:4 = 0, w(0x18, 4, 0xffff_ffff) => 0xf000_0000 [];
    "8.2.4.20.6" "size high has 32 bits",
        FOUR [] 0x1c:4 = 0, w(0x1c, 4, 0xffff_ffff) => 0xffff_ffff [];
    "8.2.4.20.9" "skip low has 4 bits",
        FOUR [] 0x24:4 = 0, w(0x24, 4, 0xffff_ffff) => 0xf000_0000 [];
    "8.2.4.20.11" "skip high has 32 bits",
        FOUR [] 0x28:4 = 0, w(0x28, 4, 0xffff_ffff) => 0xffff_ffff [];
    "8.2.4.20.3" "the registers of decoder 3",
        FOUR [] 0x70:8 = 0, w(0x70, 8, 0xffff_ffff_ffff_ffff) => 0xffff_ffff_f000_0000 [];
    "8.2.4.20.3" "decoder 1 is not decoder 0",
        FOUR [] 0x10:8 = 0, w(0x30, 8, 0xffff_ffff_ffff_ffff) => 0 [CHANGED];

    "8.2.4.20.7" "granularity takes reserved encodings until it commits",
        FOUR [] 0x20:4 = 0, w(0x20, 4, 0xf) => 0xf [];
    "8.2.4.20.7" "ways take reserved encodings until they commit",
        FOUR [] 0x20:4 = 0, w(0x20, 4, 0xf0) => 0xf0 [];
    "8.2.4.20.7" "LOCK_ON_COMMIT alone does not lock",
        FOUR [w(0x20, 4, 0x100)] 0x20:4 = 0x100, w(0x20, 4, 0x42) => 0x42 [];
    "8.2.4.20.7" "COMMITTED and ERROR_NOT_COMMITTED are RO",
        FOUR [] 0x20:4 = 0, w(0x20, 4, 0xc00) => 0 [];
    "8.2.4.20.7" "target type is RO without back-invalidate",
        FOUR [] 0x20:4 = 0, w(0x20, 4, 0x1000) => 0 [];
    "8.2.4.20.7" "target type is what the device has",
        HOST_ONLY [] 0x20:4 = 0x1000, w(0x20, 4, 0) => 0x1000 [];
    "8.2.4.20.7" "target type is RWL with back-invalidate",
        BACK_INVALIDATE [] 0x20:4 = 0, w(0x20, 4, 0x1000) => 0x1000 [];
    "8.2.4.20.7" "BI is RWL with back-invalidate",
        BACK_INVALIDATE [] 0x20:4 = 0, w(0x20, 4, 0x2000) => 0x2000 [];
    "8.2.4.20.7" "BI is RsvdZ without back-invalidate",
        UIO [] 0x20:4 = 0, w(0x20, 4, 0x2000) => 0 [];
    "8.2.4.20.7" "UIO is RWL with the capability",
        UIO [] 0x20:4 = 0, w(0x20, 4, 0x4000) => 0x4000 [];
    "8.2.4.20.7" "UIO is RsvdZ without the capability",
        BACK_INVALIDATE [] 0x20:4 = 0, w(0x20, 4, 0x4000) => 0 [];
    "8.2.4.20.7" "ISP is RWL with UIO",
        UIO [] 0x20:4 = 0, w(0x20, 4, 0x0f00_0000) => 0x0f00_0000 [];
    "8.2.4.20.7" "ISP is RsvdZ without UIO",
        FOUR [] 0x20:4 = 0, w(0x20, 4, 0x0f00_0000) => 0 [];
    "8.2.4.20.7" "UIG and UIW are not an endpoint's",
        UIO [] 0x20:4 = 0, w(0x20, 4, 0x00ff_0000) => 0 [];
    "8.2.4.20.7" "reserved bits are dropped",
        RICH [] 0x20:4 = 0, w(0x20, 4, 0xf000_8000) => 0 [];
    "8.2.4.20.7" "all but COMMIT at once",
        RICH [] 0x20:4 = 0, w(0x20, 4, 0xffff_fdff) => 0x0f00_71ff [];

    "8.2.4.20" "reserved bits of the device read 0 in the header",
        RESERVED [] 0x00:8 = 0, w(0x00, 4, 0) => 0 [];
    "8.2.4.20" "reserved dwords of the device read 0 in the header",
        RESERVED [] 0x08:8 = 0, w(0x08, 4, 0) => 0 [];
    "8.2.4.20" "reserved bits of the device read 0 in a base",
        RESERVED [] 0x10:8 = 0, w(0x10, 4, 0) => 0 [];
    "8.2.4.20" "reserved bits of the device read 0 in a size",
        RESERVED [] 0x18:8 = 0, w(0x18, 4, 0) => 0 [];
    "8.2.4.20" "reserved bits of the device read 0 in Control and skip",
        RESERVED [] 0x20:8 = 0, w(0x20, 4, 0) => 0 [];
    "8.2.4.20" "the reserved dword of a decoder of the device reads 0",
        RESERVED [] 0x2c:4 = 0, w(0x2c, 4, 0) => 0 [];
}
