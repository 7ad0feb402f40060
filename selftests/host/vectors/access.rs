// SPDX-License-Identifier: GPL-2.0

//! Widths and alignments: an access reaches exactly its bytes.

use super::{
    caching,
    rows,
    start::{
        COMMITTED as WINDOW,
        FOUR,
        MANY,
        PLAIN,
        REV1,
        REV2, //
    },
    w,
    CHANGED,
    COMMITTED, //
};
use cxl_regs::Effects;

rows! {
    "8.1.3" "4 bytes read two 2-byte registers",
        REV2 [] 0x08:4 = 0xc9d7_0000, w(0x08, 4, 0) => 0xc9d7_0000 [];
    "8.1.3" "1 byte reads a part of a register",
        REV2 [] 0x0b:1 = 0xc9, w(0x0b, 1, 0xff) => 0xc9 [];
    "8.1.3" "2 bytes at an odd offset read across a border",
        REV2 [] 0x0b:2 = 0x06c9, w(0x0b, 2, 0) => 0x02c9 [];
    "8.1.3" "8 bytes at an odd offset read three dwords",
        REV2 [] 0x05:8 = 0x06c9_d700_0003_c21e, w(0x05, 8, 0) => 0x02c9_d700_0003_c21e
            [];
    "8.1.3" "the PCI header is not served",
        REV2 [] 0x00:4 = 0, w(0x00, 4, 0xffff_ffff) => 0 [];
    "8.1.3" "8 bytes from the PCI header on read zero and the first header",
        REV2 [] 0x00:8 = 0x03c2_1e98_0000_0000, w(0x00, 8, 0) => 0x03c2_1e98_0000_0000 [];
    "8.1.3" "beyond the end nothing is read or written",
        REV2 [] 0x3c:4 = 0, w(0x3c, 4, 0xffff_ffff) => 0 [];
    "8.1.3" "8 bytes across the end read zero above it",
        REV2 [] 0x38:8 = 0x18, w(0x38, 8, 0xffff_ffff_ffff_ffff) => 0x18 [];
    "8.1.3" "far beyond the end nothing is read or written",
        REV2 [] 0xffff_0000:4 = 0, w(0xffff_0000, 4, 0xffff_ffff) => 0 [];
    "8.1.3" "revision 1 ends at 0x38",
        REV1 [] 0x34:8 = 0, w(0x38, 4, 0xffff_ffff) => 0 [];
    "8.1.3.2" "the low byte of Control alone",
        REV2 [w(0x0c, 2, 0x0806)] 0x0c:2 = 0x0806, w(0x0c, 1, 0x01) => 0x0803
            [];
    "8.1.3.2" "the high byte of Control alone",
        REV2 [] 0x0c:2 = 0x0006, w(0x0d, 1, 0x4f) => 0x4f06 [];
    "8.1.3.2" "4 bytes at Control write Status, too",
        REV2 [w(0x0c, 4, 0)] 0x0c:4 = 0x0000_0002, w(0x0c, 4, 0xffff_0005) => 0x0000_0007
            [Effects { status: 0x4000, ..CHANGED }];
    "8.1.3.2" "bits beyond the access are ignored",
        REV2 [] 0x0c:4 = 0x0006, w(0x0c, 1, 0xffff_ffff_ffff_ff04) => 0x0006 [];
    "8.1.3.4" "4 bytes from the middle of Status on write Control2, too",
        REV2 [] 0x10:2 = 0, w(0x0e, 4, 0x0001_0000) => 0x0001 [caching(true)];
    "8.2.4.20" "8 bytes read base low and high",
        FOUR [w(0x10, 8, 0x1234_5678_9abc_def0)] 0x10:8 = 0x1234_5678_9000_0000,
        w(0x10, 4, 0x2000_0000) => 0x1234_5678_2000_0000 [];
    "8.2.4.20" "8 bytes write size low and high",
        FOUR [] 0x18:8 = 0, w(0x18, 8, 0xffff_ffff_ffff_ffff) => 0xffff_ffff_f000_0000 [];
    "8.2.4.20" "8 bytes write skip low and high",
        FOUR [] 0x24:8 = 0, w(0x24, 8, 0x0000_0001_f000_0001) => 0x0000_0001_f000_0000 [];
    "8.2.4.20" "one byte of base high",
        FOUR [w(0x14, 4, 0x1122_3344)] 0x14:4 = 0x1122_3344, w(0x15, 1, 0xaa) => 0x1122_aa44 [];
    "8.2.4.20" "two bytes in the middle of size high",
        FOUR [w(0x1c, 4, 0x1122_3344)] 0x1c:4 = 0x1122_3344, w(0x1d, 2, 0xbbaa) => 0x11bb_aa44 [];
    "8.2.4.20" "8 unaligned bytes from base to size",
        FOUR [] 0x10:8 = 0, w(0x12, 8, 0x0000_0001_0000_1000) => 0x0001_0000_1000_0000 [];
    "8.2.4.20" "8 bytes with Control and skip low commit before skip low is reached",
        WINDOW [w(0x20, 4, 0)] 0x20:8 = 0, w(0x20, 8, 0x2000_0000_0000_0200) => 0x600
            [COMMITTED];
    "8.2.4.20" "8 bytes with size high and Control commit the new size",
        WINDOW [w(0x20, 4, 0), w(0x1c, 4, 0)] 0x1c:8 = 0,
        w(0x1c, 8, 0x0000_0200_0000_0001) => 0x0000_0600_0000_0001 [COMMITTED];
    "8.2.4.20.7" "one byte commits",
        WINDOW [w(0x20, 4, 0)] 0x20:4 = 0, w(0x21, 1, 0x02) => 0x600 [COMMITTED];
    "8.2.4.20" "the reserved dwords of the header",
        FOUR [] 0x08:8 = 0, w(0x08, 8, 0xffff_ffff_ffff_ffff) => 0 [];
    "8.2.4.20" "the reserved dword of a decoder",
        FOUR [] 0x2c:4 = 0, w(0x2c, 4, 0xffff_ffff) => 0 [];
    "8.2.4.20" "behind the last decoder",
        FOUR [] 0x90:8 = 0, w(0x90, 8, 0xffff_ffff_ffff_ffff) => 0 [];
    "8.2.4.20" "8 bytes across the end of the last decoder",
        PLAIN [] 0x2c:8 = 0, w(0x2c, 8, 0xffff_ffff_ffff_ffff) => 0 [];
    "8.2.4.20" "the last of 32 decoders",
        MANY [] 0x3f0:8 = 0, w(0x3f0, 8, 0x5000_0000) => 0x5000_0000 [];
    "8.2.4.20" "behind the last of 32 decoders",
        MANY [] 0x410:4 = 0, w(0x410, 4, 0xffff_ffff) => 0 [];
    "8.2.4.20" "far behind the last of 32 decoders",
        MANY [] 0x2410:4 = 0, w(0x2410, 4, 0xf000_0000) => 0 [];
}
