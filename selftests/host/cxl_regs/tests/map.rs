// SPDX-License-Identifier: GPL-2.0

//! Addresses: every function against arithmetic that cannot overflow, at all the edges.

use cxl_regs::map::{
    Level,
    Mapping,
    Pages,
    Window, //
};

const PAGES: Pages = Pages::X86_64;
const MIB_2: u64 = 2 << 20;
const GIB: u64 = 1 << 30;

/// Values around every border that matters.
fn edges() -> Vec<u64> {
    let mut edges = vec![0, 1, u64::MAX];
    for shift in [11, 12, 13, 20, 21, 22, 29, 30, 31, 32, 63] {
        let border = 1u64 << shift;
        edges.extend([border - 1, border, border + 1, border.wrapping_neg()]);
    }
    edges
}

#[test]
fn a_window_is_page_aligned_and_ends() {
    for base in edges() {
        for size in edges() {
            let legal = size != 0
                && base % 4096 == 0
                && size % 4096 == 0
                && u128::from(base) + u128::from(size) <= u128::from(u64::MAX);
            let window = Window::new(base, size, PAGES);
            assert_eq!(window.is_some(), legal, "{base:#x} {size:#x}");
            if let Some(window) = window {
                assert_eq!((window.base(), window.size()), (base, size));
            }
        }
    }
}

#[test]
fn shifts_ascend() {
    let shifts = |page_shift, pmd_shift, pud_shift| Pages {
        page_shift,
        pmd_shift,
        pud_shift,
    };
    let accepts = |pages| Window::new(0, 1 << 63, pages).is_some();
    assert!(accepts(shifts(12, 21, 30)));
    assert!(accepts(shifts(16, 29, 42)));
    assert!(accepts(shifts(12, 21, 63)));
    assert!(!accepts(shifts(12, 21, 64)));
    assert!(!accepts(shifts(12, 12, 30)));
    assert!(!accepts(shifts(12, 30, 30)));
    assert!(!accepts(shifts(21, 12, 30)));
    assert!(!accepts(shifts(64, 65, 66)));
    assert_eq!(shifts(64, 65, 66).bytes(Level::Pte), None);
    assert_eq!(shifts(30, 21, 12).order(Level::Pud), 0);
    assert_eq!(shifts(16, 29, 42).order(Level::Pmd), 13);
}

#[test]
fn an_offset_is_inside_or_nothing() {
    for (base, size) in [(0, 4096), (GIB, GIB), (u64::MAX - GIB + 1 - 4096, GIB)] {
        let window = Window::new(base, size, PAGES).unwrap();
        for offset in edges().into_iter().chain([size - 1, size, size + 1]) {
            let inside = (offset < size).then(|| base + offset);
            assert_eq!(window.address(offset), inside);
            assert_eq!(window.pfn(offset), inside.map(|address| address / 4096));
        }
    }
}

#[test]
fn a_length_is_clamped_to_the_window_and_a_chunk_to_the_page() {
    let window = Window::new(GIB, 3 * 4096, PAGES).unwrap();
    for offset in (0..=4 * 4096).step_by(511).chain(edges()) {
        for len in [0, 1, 511, 4095, 4096, 4097, 12288, 12289, u64::MAX] {
            let left = (3 * 4096u64).checked_sub(offset);
            let clamped = left.map(|left| left.min(len));
            assert_eq!(window.clamp(offset, len), clamped, "{offset:#x} {len:#x}");
            let chunk = clamped.map(|len| len.min(4096 - offset % 4096));
            assert_eq!(window.chunk(offset, len), chunk, "{offset:#x} {len:#x}");
        }
    }
    // Chunks of a long copy add up to it, each in one page.
    let (mut offset, mut left, mut chunks) = (100, 9000, 0);
    while left > 0 {
        let chunk = window.chunk(offset, left).unwrap();
        assert!(chunk > 0);
        assert_eq!(offset / 4096, (offset + chunk - 1) / 4096);
        offset += chunk;
        left -= chunk;
        chunks += 1;
    }
    assert_eq!(chunks, 3);
}

#[test]
fn a_mapping_is_inside_its_window() {
    let window = Window::new(GIB, 4 * 4096, PAGES).unwrap();
    let start = 0x7f00_0000_0000;
    let accepts = |start, end, offset| Mapping::new(window, start, end, offset).is_some();
    assert!(accepts(start, start + 4 * 4096, 0));
    assert!(accepts(start, start + 4096, 3 * 4096));
    assert!(!accepts(start, start + 4096, 4 * 4096));
    assert!(!accepts(start, start + 5 * 4096, 0));
    assert!(!accepts(start, start, 0));
    assert!(!accepts(start + 4096, start, 0));
    assert!(!accepts(start + 1, start + 4097, 0));
    assert!(!accepts(start, start + 4095, 0));
    assert!(!accepts(start, start + 4096, 1));
    assert!(!accepts(start, start + 4096, u64::MAX - 4095));
    assert!(!accepts(0, u64::MAX - 4095, 0));
    // At the top of the addresses.
    assert!(accepts(u64::MAX - 8191, u64::MAX - 4095, 0));
}

/// All combinations of alignment of window, mapping and offset, and all interesting addresses,
/// against the definition: the block is inside, and congruent.
#[test]
fn a_block_fits_if_it_is_inside_and_congruent() {
    let mut fits = [0; 3];
    let steps = [0, 4096, MIB_2, MIB_2 + 4096, GIB - MIB_2];
    for base in steps.map(|step| 8 * GIB + step) {
        for offset in steps {
            for start in steps.map(|step| 0x7000_0000_0000 + step) {
                for len in [4096, MIB_2, 3 * MIB_2 + 4096, GIB, 2 * GIB + MIB_2] {
                    let window = Window::new(base, 4 * GIB, PAGES).unwrap();
                    let mapping = Mapping::new(window, start, start + len, offset).unwrap();
                    for address in [
                        start - 1,
                        start,
                        start + 4095,
                        start + len / 2,
                        start + len - 1,
                        start + len,
                    ] {
                        for (level, count) in Level::ALL.into_iter().zip(&mut fits) {
                            let bytes = PAGES.bytes(level).unwrap();
                            let first = address / bytes * bytes;
                            let inside = first >= start && first + bytes <= start + len;
                            let expected = inside.then(|| base + offset + (first - start));
                            let expected = expected.filter(|physical| physical % bytes == 0);
                            let found = mapping.pfn(address, level);
                            assert_eq!(found, expected.map(|physical| physical / 4096));
                            *count += u32::from(found.is_some());
                        }
                        for cap in Level::ALL {
                            let best = Level::ALL
                                .into_iter()
                                .filter(|level| *level <= cap)
                                .find_map(|l| mapping.pfn(address, l).map(|pfn| (l, pfn)));
                            assert_eq!(mapping.best(address, cap), best);
                        }
                    }
                }
            }
        }
    }
    println!("fits: {fits:?} (PUD, PMD, PTE)");
    assert!(fits.iter().all(|count| *count > 0));
}

#[test]
fn addresses_at_the_top_do_not_wrap() {
    let window = Window::new(0, 8192, PAGES).unwrap();
    let start = u64::MAX - 8191;
    let mapping = Mapping::new(window, start, start + 4096, 0).unwrap();
    assert_eq!(mapping.pfn(start, Level::Pte), Some(0));
    for level in Level::ALL {
        assert_eq!(mapping.pfn(u64::MAX, level), None);
    }
    assert_eq!(mapping.best(u64::MAX, Level::Pud), None);
}

#[test]
fn a_16_gib_window_takes_16_entries() {
    let window = Window::new(64 * GIB, 16 * GIB, PAGES).unwrap();
    let start = 0x7f00_0000_0000 / GIB * GIB;
    let mapping = Mapping::new(window, start, start + 16 * GIB, 0).unwrap();
    let (mut address, mut faults) = (start, 0);
    while address < start + 16 * GIB {
        let (level, pfn) = mapping.best(address, Level::Pud).unwrap();
        assert_eq!(pfn, (64 * GIB + (address - start)) / 4096);
        address += PAGES.bytes(level).unwrap();
        faults += 1;
    }
    assert_eq!(faults, 16);
}
