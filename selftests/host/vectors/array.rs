// SPDX-License-Identifier: GPL-2.0

//! The capability array is read-only.

use super::{
    rows,
    start::ARRAY,
    w, //
};

rows! {
    "8.2.4" "the header",
        ARRAY [] 0x00:4 = 0x0411_0001, w(0x00, 4, 0xffff_ffff) => 0x0411_0001 [];
    "8.2.4" "an element with a shadow",
        ARRAY [] 0x04:4 = 0x0802_0002, w(0x04, 4, 0) => 0x0802_0002 [];
    "8.2.4" "an empty element",
        ARRAY [] 0x08:4 = 0, w(0x08, 4, 0xffff_ffff) => 0 [];
    "8.2.4" "two elements at once",
        ARRAY [] 0x08:8 = 0x1003_0005_0000_0000, w(0x08, 8, 0) => 0x1003_0005_0000_0000 [];
    "8.2.4" "an element without a shadow is null, and points to a dword",
        ARRAY [] 0x10:4 = 0x2000_0000, w(0x10, 4, 0xffff_ffff) => 0x2000_0000 [];
    "8.2.4" "behind the last element",
        ARRAY [] 0x14:8 = 0, w(0x14, 8, 0xffff_ffff_ffff_ffff) => 0 [];
}
