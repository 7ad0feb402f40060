// SPDX-License-Identifier: GPL-2.0

//! Splitting an access: every offset and length against arithmetic on single bytes.

use cxl_regs::access::Access;

const LENGTHS: [usize; 4] = [1, 2, 4, 8];

#[test]
fn lanes_cover_exactly_the_bytes_of_the_access() {
    for offset in 0..64u32 {
        for len in LENGTHS {
            let at = Access::new(offset, len).unwrap();
            assert_eq!((at.offset(), usize::from(at.len())), (offset, len));

            let mut bytes = Vec::new();
            let mut last = None;
            for lane in at.lanes() {
                assert!(last < Some(lane.index()), "lanes ascend");
                assert_ne!(lane.mask(), 0);
                last = Some(lane.index());
                for byte in 0..4 {
                    match (lane.mask() >> (8 * byte)) & 0xff {
                        0 => {}
                        0xff => bytes.push(lane.index() as u32 * 4 + byte),
                        other => panic!("part of a byte: {other:#x}"),
                    }
                }
            }
            let expected: Vec<u32> = (offset..offset + len as u32).collect();
            assert_eq!(bytes, expected);
        }
    }
}

#[test]
fn each_byte_goes_to_its_place_and_back() {
    for offset in 0..16u32 {
        for len in LENGTHS {
            let at = Access::new(offset, len).unwrap();
            for byte in 0..8 {
                let value = 0xa5u64 << (8 * byte);
                let mut memory = [0u8; 32];
                let mut back = 0;
                for lane in at.lanes() {
                    let part = lane.extract(value);
                    assert_eq!(part & !lane.mask(), 0);
                    back |= lane.place(part | !lane.mask());
                    let start = lane.index() * 4;
                    for (place, byte) in memory[start..].iter_mut().zip(part.to_le_bytes()) {
                        *place = byte;
                    }
                }
                let mut expected = [0u8; 32];
                if byte < len {
                    expected[offset as usize + byte] = 0xa5;
                }
                assert_eq!(memory, expected, "byte {byte} of {len} at {offset}");
                assert_eq!(back, if byte < len { value } else { 0 });
            }
        }
    }
}

#[test]
fn only_bus_accesses_exist() {
    for len in 0..32 {
        assert_eq!(Access::new(0, len).is_some(), LENGTHS.contains(&len));
    }
    assert!(Access::new(0, usize::MAX).is_none());
    for len in LENGTHS {
        let end = u32::MAX - len as u32;
        assert!(Access::new(end, len).is_some());
        assert!(Access::new(end + 1, len).is_none());
    }
}

#[test]
fn the_last_dword_of_the_offsets_is_split_too() {
    let at = Access::new(u32::MAX - 8, 8).unwrap();
    let indices: Vec<usize> = at.lanes().map(|lane| lane.index()).collect();
    assert_eq!(indices, [0x3fff_fffd, 0x3fff_fffe, 0x3fff_ffff]);
}
