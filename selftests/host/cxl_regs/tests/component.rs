// SPDX-License-Identifier: GPL-2.0

//! Register Locator, capability array and the map of the component block.

use cxl_regs::{
    access::Access,
    cm::{
        self,
        ArrayError,
        CapabilityArray,
        ComponentMap,
        Part,
        Place, //
    },
    locator::{
        BlockId,
        Entry,
        LocatorError,
        RegisterLocator, //
    },
    vectors::hdm_shadow, //
};

/// A Register Locator DVSEC with these entries.
fn locator(entries: &[(u32, u32)]) -> Vec<u32> {
    let length = 0x0c + 8 * entries.len() as u32;
    let mut words = vec![0x0001_0023, (length << 20) | 0x1e98, 8];
    words.extend(entries.iter().flat_map(|&(low, high)| [low, high]));
    words
}

#[test]
fn every_entry_of_the_locator_is_walked() {
    for count in 1..=510 {
        let entries: Vec<_> = (0..count).map(|n| ((n << 16) | 0x0304, n)).collect();
        let words = locator(&entries);
        let found = RegisterLocator::from_snapshot(&words).unwrap();
        assert_eq!(found.entries().count() as u32, count);
        for (n, entry) in found.entries().enumerate() {
            assert_eq!((entry.bir, entry.id), (4, BlockId::MemoryDevice));
            assert_eq!(entry.offset, ((n as u64) << 32) | ((n as u64) << 16));
        }
        assert_eq!(found.component(), Err(LocatorError::NoComponent));
        for cut in 0..words.len() {
            assert!(RegisterLocator::from_snapshot(&words[..cut]).is_err());
        }
    }
}

#[test]
fn the_component_block_is_found_wherever_it_is() {
    for position in 0..8 {
        for bir in 0..8 {
            let mut entries = [(0x0000_0000, 0); 8];
            entries[position] = (0x1234_0100 | bir, 0x5);
            let words = locator(&entries);
            let found = RegisterLocator::from_snapshot(&words).unwrap().component();
            if bir > 5 {
                assert_eq!(found, Err(LocatorError::Bir { bir: bir as u8 }));
            } else {
                let entry = found.unwrap();
                assert_eq!(u32::from(entry.bir), bir);
                assert_eq!(entry.offset, 0x5_1234_0000);
            }
        }
    }
}

#[test]
fn reserved_bits_of_an_entry_do_not_matter() {
    let entry = Entry::from_raw(0x0001_01fa, 0);
    assert_eq!(
        (entry.bir, entry.id, entry.offset),
        (2, BlockId::Component, 0x1_0000)
    );
    for id in 0..=255 {
        let entry = Entry::from_raw(u32::from(id) << 8, 0);
        assert_eq!(entry.id, BlockId::from_raw(id));
    }
}

#[test]
fn a_component_block_ends_inside_its_bar() {
    let check = |offset, bar_len| {
        let entry = Entry::from_raw((offset as u32 & 0xffff_0000) | 0x100, (offset >> 32) as u32);
        assert_eq!(entry.offset, offset);
        entry.check(bar_len)
    };
    for offset in [
        0,
        0x1_0000,
        0xffff_0000,
        0x1_0000_0000,
        0xffff_ffff_fffe_0000,
    ] {
        assert_eq!(check(offset, offset + 0x1_0000), Ok(()));
        assert_eq!(check(offset, u64::MAX), Ok(()));
        for bar_len in [0, offset, offset + 0xffff] {
            let outside = LocatorError::Outside {
                bir: 0,
                offset,
                bar_len,
            };
            assert_eq!(check(offset, bar_len), Err(outside));
        }
    }
    // The end is not representable.
    assert!(check(0xffff_ffff_ffff_0000, u64::MAX).is_err());
}

/// A capability array with these elements: id and offset.
fn array(elements: &[(u32, u32)]) -> Vec<u32> {
    let mut words = vec![((elements.len() as u32) << 24) | 0x0011_0001];
    words.extend(
        elements
            .iter()
            .map(|(id, offset)| (offset << 20) | 0x1_0000 | id),
    );
    words
}

#[test]
fn every_element_of_the_array_is_walked() {
    for count in 0..=255u32 {
        let elements: Vec<_> = (0..count).map(|n| (n + 1, 0x400 + 4 * n)).collect();
        let words = array(&elements);
        assert_eq!(CapabilityArray::dwords(words[0]), words.len());
        let found = CapabilityArray::from_snapshot(&words).unwrap();
        assert_eq!(found.capabilities().count() as u32, count);
        assert_eq!(usize::from(found.len()), 4 * words.len());
        for (id, offset) in elements {
            let capability = found.find(id as u16).unwrap();
            assert_eq!(u32::from(capability.offset), offset);
            assert_eq!(capability.version, 1);
        }
        for (n, word) in words.iter().enumerate() {
            let at = Access::new(4 * n as u32, 4).unwrap();
            assert_eq!(found.read(at), u64::from(*word));
        }
        assert_eq!(
            found.read(Access::new(4 * words.len() as u32, 8).unwrap()),
            0
        );
        for cut in 0..words.len() {
            assert!(CapabilityArray::from_snapshot(&words[..cut]).is_err());
        }
    }
}

#[test]
fn empty_elements_are_skipped_wherever_they_point() {
    let words = array(&[(0, 0), (5, 0x100), (0, 0xfff), (0, 0x100)]);
    let found = CapabilityArray::from_snapshot(&words).unwrap();
    assert_eq!(found.capabilities().count(), 1);
    assert!(found.find(0).is_none());
}

#[test]
fn pointers_are_aligned_and_behind_the_array() {
    for offset in 0..0x1000 {
        let words =
            array(&[(cm::RAS, 0x80), (cm::HDM_DECODER, offset)].map(|(i, o)| (i.into(), o)));
        let found = CapabilityArray::from_snapshot(&words);
        let legal = offset % 4 == 0 && offset >= 12;
        assert_eq!(found.is_ok(), legal, "{offset:#x}");
    }
}

fn map(elements: &[(u32, u32)], decoders: u8) -> Result<ComponentMap, ArrayError> {
    let array = CapabilityArray::from_snapshot(&array(elements)).unwrap();
    ComponentMap::new(array, &hdm_shadow(decoders).unwrap())
}

#[test]
fn decoders_end_inside_the_registers() {
    for decoders in [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32u8] {
        let len = 0x10 + 0x20 * u32::from(decoders);
        assert!(map(&[(5, 0x1000 - len)], decoders).is_ok());
        let outside = ArrayError::HdmOutside {
            offset: (0x1004 - len) as u16,
            len,
        };
        assert_eq!(map(&[(5, 0x1004 - len)], decoders).unwrap_err(), outside);
    }
}

#[test]
fn no_capability_starts_inside_the_decoders() {
    for offset in (0x40..0x200).step_by(4) {
        let found = map(&[(2, offset), (5, 0x100)], 1);
        let inside = (0x100..0x130).contains(&offset);
        assert_eq!(found.is_err(), inside, "{offset:#x}");
    }
    assert_eq!(map(&[(2, 0x100)], 1).unwrap_err(), ArrayError::NoHdm);
}

/// Every byte of a block, against a list of ranges.
#[test]
fn every_offset_belongs_to_its_place() {
    // Out of order on purpose.
    let map = map(&[(5, 0x200), (0, 0), (4, 0x300), (2, 0x80)], 4).unwrap();
    for offset in 0..cm::BLOCK_LEN + 16 {
        let expected = match offset {
            0x1000..0x1014 => Place::Array {
                offset: offset - 0x1000,
            },
            0x1080..0x1200 => Place::Capability {
                id: 2,
                offset: offset - 0x1080,
            },
            0x1200..0x1290 => Place::Hdm {
                offset: offset - 0x1200,
            },
            0x1300..0x2000 => Place::Capability {
                id: 4,
                offset: offset - 0x1300,
            },
            _ => Place::Reserved,
        };
        assert_eq!(map.locate(offset), expected, "{offset:#x}");
    }
}

/// Every dword aligned access, against its two halves.
#[test]
fn every_access_is_routed_to_its_places() {
    let map = map(&[(5, 0x90), (2, 0x80), (4, 0x300)], 1).unwrap();
    let mut split = 0;
    for offset in (0..cm::BLOCK_LEN).step_by(4) {
        let place = map.locate(offset);
        let parts = map.route(Access::new(offset, 4).unwrap()).unwrap();
        assert_eq!(
            parts,
            [
                Some(Part {
                    place,
                    len: 4,
                    shift: 0
                }),
                None
            ]
        );

        let next = map.locate(offset + 4);
        let [low, high] = map.route(Access::new(offset, 8).unwrap()).unwrap();
        match high {
            None => {
                assert_eq!(
                    low,
                    Some(Part {
                        place,
                        len: 8,
                        shift: 0
                    })
                );
                assert_eq!(
                    std::mem::discriminant(&place),
                    std::mem::discriminant(&next)
                );
            }
            Some(high) => {
                assert_eq!(
                    low,
                    Some(Part {
                        place,
                        len: 4,
                        shift: 0
                    })
                );
                assert_eq!(
                    high,
                    Part {
                        place: next,
                        len: 4,
                        shift: 32
                    }
                );
                assert_ne!(place, next);
                split += 1;
            }
        }
    }
    // Into and out of the array, into RAS, from RAS to the decoders, out of the decoders, into
    // and out of link.
    assert_eq!(split, 7);
}

#[test]
fn parts_take_their_half_of_the_value() {
    let map = map(&[(5, 0x100)], 1).unwrap();
    let value = 0x8877_6655_4433_2211;
    let parts = |offset, len| {
        let parts = map.route(Access::new(offset, len).unwrap()).unwrap();
        parts.map(|part| part.map(|part| part.extract(value)))
    };
    assert_eq!(parts(0x1110, 8), [Some(value), None]);
    assert_eq!(parts(0x1110, 4), [Some(0x4433_2211), None]);
    assert_eq!(parts(0x10fc, 8), [Some(0x4433_2211), Some(0x8877_6655)]);
}

#[test]
fn two_neighbours_of_the_same_kind_are_two_places() {
    let map = map(&[(5, 0x200), (2, 0x80), (4, 0x90)], 1).unwrap();
    let [low, high] = map.route(Access::new(0x108c, 8).unwrap()).unwrap();
    assert_eq!(low.unwrap().place, Place::Capability { id: 2, offset: 0xc });
    assert_eq!(high.unwrap().place, Place::Capability { id: 4, offset: 0 });
}

#[test]
fn component_registers_take_whole_dwords() {
    let map = map(&[(5, 0x100)], 1).unwrap();
    for offset in 0x1100..0x1110 {
        for len in [1, 2, 4, 8] {
            let routed = map.route(Access::new(offset, len).unwrap()).is_some();
            assert_eq!(routed, offset % 4 == 0 && len >= 4);
        }
    }
}
