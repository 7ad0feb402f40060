// SPDX-License-Identifier: GPL-2.0

//! What is said about attributes beside the write rule, which `cxl_regs` enumerates itself.

use cxl_regs::attr::{
    Attr,
    Masks, //
};

#[test]
fn an_attribute_is_named_as_in_the_specification() {
    for attr in Attr::ALL {
        assert_eq!(attr.name(), format!("{attr:?}"));
    }
}

#[test]
fn giving_an_attribute_twice_changes_nothing() {
    for attr in Attr::ALL {
        let once = Masks::of(attr, 0xffff);
        assert_eq!(once.and(attr, 0x0ff0), once, "{attr:?}");
    }
}
