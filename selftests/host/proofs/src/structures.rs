// SPDX-License-Identifier: GPL-2.0

//! What is parsed or computed rather than stateful: the capability array, the register locator,
//! the component map and the memory window, each against the plainest statement of its meaning.

use crate::{
    common,
    dvsec,
    hdm,
    source::Source,
    trace, //
};
use cxl_regs::{
    cm::{
        self,
        Place, //
    },
    locator::BlockId,
    map::{
        Level,
        Pages, //
    },
    CapabilityArray,
    ComponentMap,
    Mapping,
    RegisterLocator,
    Window, //
};

/// Gives the bytes of a hostile device to everything that takes a snapshot.
///
/// # Panics
///
/// Panics if what is accepted does not hold what it promises.
pub fn raw(bytes: &[u8]) {
    let words: Vec<u32> = bytes
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    hdm::Pair::new(&words, bytes.len() % 2 == 1, common::DEFAULT);
    dvsec::Pair::new(&words, common::DEFAULT);
    array(&words);
    locator(&words);
}

/// Checks an array that is accepted; the array.
fn array(words: &[u32]) -> Option<CapabilityArray> {
    let array = CapabilityArray::from_snapshot(words).ok()?;
    let len = 4 * (1 + (words[0] >> 24) as usize);
    assert_eq!(usize::from(array.len()), len, "array length");
    assert_eq!(words[0] & 0xffff, 1, "id of the array");
    let mut seen = Vec::new();
    for (i, &word) in words[..len / 4].iter().enumerate() {
        assert_ne!(word, u32::MAX, "all-ones in the array");
        let read = array.read(common::access(4 * i, 4));
        assert_eq!(read, u64::from(word), "element {i}");
        if i > 0 && word & 0xffff != 0 {
            let at = (word >> 20) as usize;
            assert!(at >= len && at % 4 == 0, "pointer of element {i}");
            seen.push((word & 0xffff) as u16);
        }
    }
    assert_eq!(array.read(common::access(len, 8)), 0, "behind the array");
    let ids: Vec<u16> = array.capabilities().map(|c| c.id).collect();
    assert_eq!(ids, seen, "capabilities");
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), ids.len(), "a capability is there twice");
    for id in 0..16 {
        let there = array.find(id).is_some();
        assert_eq!(there, seen.contains(&id), "find {id}");
    }
    Some(array)
}

fn locator(words: &[u32]) {
    let Ok(locator) = RegisterLocator::from_snapshot(words) else {
        return;
    };
    let entries = ((words[1] >> 20) as usize - 0x0c) / 8;
    assert_eq!(locator.entries().count(), entries, "entries");
    let mut components = Vec::new();
    for (i, entry) in locator.entries().enumerate() {
        let (low, high) = (words[3 + 2 * i], words[4 + 2 * i]);
        assert_eq!(u32::from(entry.bir), low & 7, "BIR of entry {i}");
        let offset = (u64::from(high) << 32) | (u64::from(low >> 16) << 16);
        assert_eq!(entry.offset, offset, "offset of entry {i}");
        let component = (low >> 8) & 0xff == 1;
        assert_eq!(entry.id == BlockId::Component, component, "id of entry {i}");
        if component {
            components.push(entry);
        }
        for len in [0, 1 << 16, offset, u64::MAX] {
            let inside = u128::from(offset) + (1 << 16) <= u128::from(len);
            assert_eq!(entry.check(len).is_ok(), inside, "entry {i} in {len:#x}");
        }
    }
    let expected = match components[..] {
        [one] if one.bir <= 5 => Some(one),
        _ => None,
    };
    assert_eq!(locator.component().ok(), expected, "component block");
}

/// Lets choices make a component or a window, more often valid than not.
pub fn chosen(source: &mut impl Source) {
    if source.one_in(2) {
        component(source);
    } else {
        window(source);
    }
}

/// A capability array with HDM decoders somewhere, and the owner of every dword of the block.
fn component(source: &mut impl Source) {
    let elements = 1 + source.below(8);
    let mut words = vec![((elements as u32) << 24) | 0x0011_0001];
    for _ in 0..elements {
        let id = source.pick(&[0, 2, 4, 5, 5, 5, 6, 8, 11, 12]);
        let pointer = source.bits(2) as u32 & 0xffc;
        words.push((pointer << 20) | 0x0001_0000 | id);
    }
    if source.one_in(8) {
        let at = source.below(words.len());
        words[at] = source.bits(4) as u32;
    }
    let Some(array) = array(&words) else {
        return;
    };
    let mut snapshot = vec![0; 4 + 8 * 32];
    snapshot[0] = source.below(13) as u32;
    let hdm = hdm::Pair::new(&snapshot, false, common::DEFAULT).expect("free decoders");
    let found = array.find(cm::HDM_DECODER).map(|c| usize::from(c.offset));
    let others = |at: usize| {
        array
            .capabilities()
            .filter(move |c| c.id != cm::HDM_DECODER && usize::from(c.offset) <= at)
            .max_by_key(|c| c.offset)
    };
    let map = ComponentMap::new(array.clone(), &hdm.real);
    let fits = found.is_some_and(|start| {
        let end = start + hdm.bytes();
        let apart = |at: usize| at < start || at >= end;
        let mut rest = array.capabilities().filter(|c| c.id != cm::HDM_DECODER);
        end <= 0x1000 && rest.all(|c| apart(c.offset.into()))
    });
    assert_eq!(map.is_ok(), fits, "HDM decoders at {found:x?}: {map:?}");
    let (Ok(map), Some(start)) = (map, found) else {
        return;
    };

    let owner = |offset: usize| {
        if !(0x1000..0x2000).contains(&offset) {
            return Place::Reserved;
        }
        let at = offset - 0x1000;
        if (start..start + hdm.bytes()).contains(&at) {
            return Place::Hdm {
                offset: (at - start) as u32,
            };
        }
        if at < usize::from(array.len()) {
            return Place::Array { offset: at as u32 };
        }
        match others(at) {
            // Between the end of the decoders and the next capability there is nothing.
            Some(c) if at < start || usize::from(c.offset) > start => Place::Capability {
                id: c.id,
                offset: (at - usize::from(c.offset)) as u32,
            },
            _ => Place::Reserved,
        }
    };
    let further = |place: Place| match place {
        Place::Hdm { offset } => Place::Hdm { offset: offset + 4 },
        Place::Array { offset } => Place::Array { offset: offset + 4 },
        Place::Capability { id, offset } => Place::Capability {
            id,
            offset: offset + 4,
        },
        Place::Reserved => Place::Reserved,
    };
    for offset in (0..0x1_0000).step_by(4) {
        // The borders and a few more are enough for a run of the same owner.
        if (0x2010..0xfff0).contains(&offset) || (0x10..0xff0).contains(&offset) {
            continue;
        }
        let (first, second) = (owner(offset), owner(offset + 4));
        let [one, none] = map.route(common::access(offset, 4)).expect("dword");
        assert_eq!(one.map(|p| (p.place, p.len, p.shift)), Some((first, 4, 0)));
        assert_eq!(none, None, "dword at {offset:#x}");
        let parts = map.route(common::access(offset, 8)).expect("qword");
        let flat = parts.map(|part| part.map(|p| (p.place, p.len, p.shift)));
        let expected = if further(first) == second {
            [Some((first, 8, 0)), None]
        } else {
            [Some((first, 4, 0)), Some((second, 4, 32))]
        };
        assert_eq!(flat, expected, "qword at {offset:#x}");
        for part in parts.into_iter().flatten() {
            let value = 0x1122_3344_5566_7788_u64;
            let bytes = &value.to_le_bytes()[part.shift as usize / 8..][..part.len.into()];
            let expected = common::value(bytes.iter().copied());
            assert_eq!(part.extract(value), expected, "part at {offset:#x}");
        }
        for (bad, len) in [(offset, 2), (offset + 2, 4), (offset + 1, 8)] {
            assert_eq!(
                map.route(common::access(bad, len)),
                None,
                "{len} at {bad:#x}"
            );
        }
    }
}

/// A number near a multiple of a page size, or anything.
fn address(source: &mut impl Source) -> u64 {
    let shift = source.pick(&[0, 12, 21, 30, 30]);
    let number = source.bits(1 + shift / 12);
    match source.below(8) {
        0 => source.bits(8),
        1 => (number << shift).wrapping_neg(),
        2 => (number << shift).wrapping_add(source.bits(1)),
        _ => number << shift,
    }
}

/// A window and a mapping of it, in 128 bits where the crate has checked 64.
fn window(source: &mut impl Source) {
    let pages = if source.one_in(8) {
        Pages {
            page_shift: source.below(70) as u32,
            pmd_shift: source.below(70) as u32,
            pud_shift: source.below(70) as u32,
        }
    } else {
        Pages::X86_64
    };
    let shifts = [pages.page_shift, pages.pmd_shift, pages.pud_shift];
    let ascending = shifts.is_sorted_by(|a, b| a < b) && pages.pud_shift < 64;
    let (base, size) = (address(source), address(source));
    let made = Window::new(base, size, pages);
    let wide = |value: u64| u128::from(value);
    let aligned = |value: u64, shift: u32| wide(value) % (1 << shift) == 0;
    let valid = ascending
        && aligned(base, shifts[0])
        && aligned(size, shifts[0])
        && size > 0
        && wide(base) + wide(size) < 1 << 64;
    assert_eq!(made.is_some(), valid, "{base:#x} {size:#x} {pages:?}");
    let Some(window) = made else {
        return;
    };
    assert_eq!((window.base(), window.size()), (base, size));

    let (offset, len) = (address(source), address(source));
    let inside = (offset < size).then(|| base + offset);
    assert_eq!(window.address(offset), inside, "address of {offset:#x}");
    assert_eq!(window.pfn(offset), inside.map(|a| a >> shifts[0]));
    let left = (offset <= size).then(|| len.min(size.saturating_sub(offset)));
    assert_eq!(window.clamp(offset, len), left, "{len:#x} at {offset:#x}");
    let page = wide(offset) % (1 << shifts[0]);
    let chunk = left.map(|left| wide(left).min((1 << shifts[0]) - page) as u64);
    assert_eq!(window.chunk(offset, len), chunk, "{len:#x} at {offset:#x}");

    let start = address(source);
    let end = start.wrapping_add(if source.one_in(4) {
        address(source)
    } else {
        size
    });
    let from = if source.one_in(2) { 0 } else { offset };
    let made = Mapping::new(window, start, end, from);
    let valid = start < end
        && [start, end, from].iter().all(|&v| aligned(v, shifts[0]))
        && wide(from) + wide(end) - wide(start) <= wide(size);
    assert_eq!(made.is_some(), valid, "{start:#x}..{end:#x} at {from:#x}");
    let Some(mapping) = made else {
        return;
    };
    let touched = if source.one_in(4) {
        address(source)
    } else {
        start + source.bits(8) % (end - start)
    };
    let mut best = [None; 3];
    for (i, level) in [Level::Pte, Level::Pmd, Level::Pud].into_iter().enumerate() {
        let block = 1_u128 << shifts[i];
        let first = wide(touched) / block * block;
        let physical = (wide(base) + wide(from) + first).checked_sub(wide(start));
        let fits = first >= wide(start) && first + block <= wide(end);
        let pfn = physical
            .filter(|physical| fits && physical % block == 0)
            .map(|physical| (physical >> shifts[0]) as u64);
        assert_eq!(
            mapping.pfn(touched, level),
            pfn,
            "{level:?} of {touched:#x}"
        );
        best[i] = pfn.map(|pfn| (level, pfn)).or(best[i.saturating_sub(1)]);
        assert_eq!(mapping.best(touched, level), best[i], "at most {level:?}");
    }
}

/// Runs one of the checks on choices; how many it made.
pub fn any(source: &mut impl Source, log: trace::Log<'_>) -> usize {
    if source.one_in(8) {
        let words = 1 + source.below(256);
        let bytes: Vec<u8> = (0..4 * words).map(|_| source.bits(1) as u8).collect();
        log(format_args!("snapshot of {words} random dwords"));
        raw(&bytes);
    } else {
        log(format_args!("component or window"));
        chosen(source);
    }
    1
}
