// SPDX-License-Identifier: GPL-2.0

//! The register tables: the check of their layout, and what fields say of themselves.

use cxl_regs::{
    attr::Attr,
    dvsec,
    hdm,
    ras,
    table::{
        is_complete,
        Features,
        Field,
        Register, //
    }, //
};

const fn field(offset: u16, hi: u8, lo: u8) -> Field {
    Field::new("F", offset, hi, lo, Attr::RW, None)
}

const fn register(offset: u16, bytes: u8, fields: &'static [Field]) -> Register {
    Register::new("r", "8.1.3", offset, bytes, fields)
}

const LOW: Register = register(0, 2, &[field(0, 7, 0), field(0, 15, 8)]);
const HIGH: Register = register(2, 2, &[field(2, 15, 0)]);
const WIDE: Register = register(4, 4, &[field(4, 0, 0), field(4, 31, 1)]);

#[test]
fn a_complete_table_is_accepted() {
    assert!(is_complete(&[LOW, HIGH, WIDE], 0, 8));
    assert!(is_complete(&[], 4, 4));
}

#[test]
fn registers_neither_overlap_nor_leave_gaps() {
    assert!(!is_complete(&[LOW, WIDE], 0, 8), "gap between registers");
    assert!(!is_complete(&[LOW, HIGH], 0, 8), "gap at the end");
    assert!(!is_complete(&[HIGH, WIDE], 0, 8), "gap at the start");
    assert!(!is_complete(&[LOW, HIGH, WIDE], 0, 6), "beyond the end");
    assert!(!is_complete(&[LOW, LOW, HIGH, WIDE], 0, 8), "twice");
    assert!(!is_complete(&[HIGH, LOW, WIDE], 0, 8), "out of order");
}

#[test]
fn registers_do_not_straddle_dwords() {
    const ODD: Register = register(0, 1, &[field(0, 7, 0)]);
    const STRADDLES: Register = register(2, 4, &[field(2, 31, 0)]);
    assert!(!is_complete(&[ODD], 0, 1));
    assert!(!is_complete(&[LOW, STRADDLES], 0, 6));
}

#[test]
fn fields_neither_overlap_nor_leave_gaps() {
    let accepts = |fields: &[Field]| {
        let fields = Box::leak(Box::from(fields));
        is_complete(&[register(0, 2, fields)], 0, 2)
    };
    assert!(accepts(&[field(0, 3, 0), field(0, 15, 4)]));
    assert!(!accepts(&[field(0, 3, 0), field(0, 15, 5)]), "gap");
    assert!(!accepts(&[field(0, 3, 0), field(0, 15, 3)]), "overlap");
    assert!(!accepts(&[field(0, 14, 0)]), "gap at the end");
    assert!(!accepts(&[field(0, 15, 1)]), "gap at the start");
    assert!(!accepts(&[field(0, 16, 0)]), "beyond the register");
    let backwards = [field(0, 3, 0), field(0, 2, 4), field(0, 15, 3)];
    assert!(!accepts(&backwards), "hi below lo");
    let wraps = [field(0, 255, 0), field(0, 15, 0)];
    assert!(!accepts(&wraps), "hi far beyond the register");
    assert!(!accepts(&[field(2, 15, 0)]), "of another register");
    assert!(!accepts(&[]), "no fields");
    const BEYOND: Register = register(0, 4, &[field(0, 32, 0)]);
    assert!(!is_complete(&[BEYOND], 0, 4));
}

#[test]
fn a_field_finds_its_bits_wherever_it_is() {
    for offset in [0, 2, 4, 6] {
        for lo in 0..16 {
            for hi in lo..16 {
                let field = field(offset, hi, lo);
                let mut mask = 0u32;
                for bit in lo..=hi {
                    mask |= 1 << (u32::from(bit) + u32::from(offset % 4) * 8);
                }
                assert_eq!(field.mask(), mask);
                assert_eq!(field.dword(), usize::from(offset / 4));
                assert_eq!(field.bits(), mask >> (8 * (offset % 4)));
                assert_eq!(field.get(mask), (1 << (hi - lo + 1)) - 1);
                assert_eq!(field.get(!mask), 0);
                assert!(field.is_set(mask) && !field.is_set(!mask));
            }
        }
    }
    assert_eq!(field(0, 31, 0).mask(), u32::MAX);
    assert_eq!(field(0, 31, 0).get(0x1234_5678), 0x1234_5678);
}

#[test]
fn a_condition_decides_the_attribute() {
    let a = Features::bit(0);
    let b = Features::bit(7);
    let field = Field::new("F", 0, 0, 0, Attr::RW, Some((b, Attr::RO)));
    assert_eq!(field.attr(), Attr::RW);
    assert_eq!(field.attr_with(Features::NONE), Attr::RO);
    assert_eq!(field.attr_with(a), Attr::RO);
    assert_eq!(field.attr_with(a.with(b, true)), Attr::RW);
    assert!(!a.has(a.with(b, true)));
}

#[test]
fn ids_are_those_of_the_specification() {
    assert_eq!((dvsec::DEVICE, dvsec::REGISTER_LOCATOR), (0, 8));
}

#[test]
fn every_row_cites_a_section_and_reserved_rows_are_reserved() {
    for table in [dvsec::REGISTERS, hdm::HEADER, hdm::DECODER, ras::REGISTERS] {
        for register in table {
            assert!(register.section().starts_with("8."), "{register:?}");
            for field in register.fields() {
                assert_eq!(field.name() == "_", field.attr().is_reserved(), "{field:?}");
                assert_eq!(field.offset(), register.offset());
            }
        }
    }
}
