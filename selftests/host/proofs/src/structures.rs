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
    locator::Entry,
    CapabilityArray,
    ComponentMap,
    Window, //
};
use model::hdm::Rule;

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
    hdm::Pair::new(&words, bytes.len() % 2 == 1, Rule::Hardware);
    dvsec::Pair::new(&words);
    array(&words);
    locator(&words);
}

/// Checks an array that is accepted; the array.
fn array(words: &[u32]) -> Option<CapabilityArray> {
    let array = CapabilityArray::from_snapshot(words).ok()?;
    let len = 4 * (1 + (words[0] >> 24) as usize);
    assert_eq!(usize::from(array.len()), len, "array length");
    assert_eq!(words[0] & 0xffff, 1, "id of the array");
    let mut places = [None; 16];
    for (i, &word) in words[..len / 4].iter().enumerate() {
        assert_ne!(word, u32::MAX, "all-ones in the array");
        let (id, at) = (word & 0xffff, word >> 20);
        let shown = match (i, id) {
            (0, _) => word,
            (_, 2 | 5) => {
                assert!(at as usize >= len && at % 4 == 0, "pointer of element {i}");
                let before = places[id as usize].replace(at as u16);
                assert_eq!(before, None, "capability {id} is there twice");
                word
            }
            // A null element that points to a dword.
            _ => (at & !3) << 20,
        };
        let read = array.read(common::access(4 * i, 4));
        assert_eq!(read, u64::from(shown), "element {i}");
    }
    assert_eq!(array.read(common::access(len, 8)), 0, "behind the array");
    assert_eq!((array.ras(), array.hdm()), (places[2], places[5]));
    let back_invalidate = words[1..len / 4].iter().any(|word| word & 0xffff == 12);
    assert_eq!(array.has_back_invalidate(), back_invalidate);
    Some(array)
}

fn locator(words: &[u32]) {
    let found = Entry::from_snapshot(words);
    let Some(&[_, header, _]) = words.first_chunk() else {
        return assert!(found.is_err(), "no header");
    };
    let end = (header >> 22) as usize;
    let mut components = words.get(3..end).unwrap_or(&[]).chunks_exact(2);
    let components: Vec<_> = components
        .by_ref()
        .filter(|entry| (entry[0] >> 8) & 0xff == 1)
        .collect();
    let Ok(entry) = found else {
        return;
    };
    let [&[low, high]] = components[..] else {
        panic!("not one component block: {components:x?}");
    };
    assert!(low & 7 <= 5, "BIR");
    assert_eq!(u32::from(entry.bir), low & 7, "BIR");
    let offset = (u64::from(high) << 32) | (u64::from(low >> 16) << 16);
    assert_eq!(entry.offset, offset, "offset");
    for len in [0, 1 << 16, offset, u64::MAX] {
        let inside = u128::from(offset) + (1 << 16) <= u128::from(len);
        assert_eq!(entry.check(len).is_ok(), inside, "in {len:#x}");
    }
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
    let hdm = hdm::Pair::new(&snapshot, false, Rule::Hardware).expect("free decoders");
    let ranges = |start: Option<u16>, len: usize| {
        start.map(|start| usize::from(start)..usize::from(start) + len)
    };
    let (hdms, ras) = (ranges(array.hdm(), hdm.bytes()), ranges(array.ras(), 0x58));
    let map = ComponentMap::new(&array, &hdm.real);
    let fits = hdms.as_ref().is_some_and(|hdm| {
        let apart = |ras: &std::ops::Range<usize>| ras.end <= hdm.start || ras.start >= hdm.end;
        let inside = |ras: &std::ops::Range<usize>| ras.end <= 0x1000;
        hdm.end <= 0x1000 && ras.iter().all(|ras| apart(ras) && inside(ras))
    });
    assert_eq!(map.is_ok(), fits, "HDM {hdms:x?}, RAS {ras:x?}: {map:?}");
    let (Ok(map), Some(hdms)) = (map, hdms) else {
        return;
    };

    let owner = |at: usize| {
        let offset = |start: usize| (at - 0x1000 - start) as u32;
        match at {
            0x2000..0xe000 => Place::Implementation { offset: at as u32 },
            0x1000..0x2000 if hdms.contains(&(at - 0x1000)) => Place::Hdm {
                offset: offset(hdms.start),
            },
            0x1000..0x2000 => match &ras {
                Some(ras) if ras.contains(&(at - 0x1000)) => Place::Ras {
                    offset: offset(ras.start),
                },
                _ if at - 0x1000 < usize::from(array.len()) => Place::Array { offset: offset(0) },
                _ => Place::Reserved,
            },
            _ => Place::Reserved,
        }
    };
    let kind = std::mem::discriminant::<Place>;
    for offset in (0..0x1_0000).step_by(4) {
        // The borders and a few more are enough for a run of the same owner.
        if (0x2010..0xdff0).contains(&offset)
            || (0xe010..0xfff0).contains(&offset)
            || (0x10..0xff0).contains(&offset)
        {
            continue;
        }
        let (first, second) = (owner(offset), owner(offset + 4));
        let [one, none] = map.route(common::access(offset, 4)).expect("dword");
        assert_eq!(one.map(|p| (p.place, p.len, p.shift)), Some((first, 4, 0)));
        assert_eq!(none, None, "dword at {offset:#x}");
        let parts = map.route(common::access(offset, 8)).expect("qword");
        let flat = parts.map(|part| part.map(|p| (p.place, p.len, p.shift)));
        let expected = if kind(&first) == kind(&second) {
            [Some((first, 8, 0)), None]
        } else {
            [Some((first, 4, 0)), Some((second, 4, 32))]
        };
        assert_eq!(flat, expected, "qword at {offset:#x}");
        for (len, parts) in [(4, [one, none]), (8, parts)] {
            let hdm = match parts {
                [Some(cm::Part {
                    place: Place::Hdm { offset },
                    ..
                }), None] => Some(common::access(offset as usize, len)),
                _ => None,
            };
            let within = map.within_hdm(common::access(offset, len));
            assert_eq!(within, hdm, "{len} bytes at {offset:#x}");
        }
        for part in parts.into_iter().flatten() {
            let value = 0x1122_3344_5566_7788_u64;
            let bytes = &value.to_le_bytes()[part.shift as usize / 8..][..part.len.into()];
            let expected = common::value(bytes.iter().copied());
            assert_eq!(part.extract(value), expected, "part at {offset:#x}");
        }
        for (bad, len) in [(offset, 2), (offset + 2, 4), (offset + 1, 8)] {
            let bad = common::access(bad, len);
            assert_eq!(map.route(bad), None, "{bad:?}");
            assert_eq!(map.within_hdm(bad), None, "{bad:?}");
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

/// A window, in 128 bits where the crate has checked 64.
fn window(source: &mut impl Source) {
    let shift = match source.below(8) {
        0 => source.below(70) as u32,
        _ => source.pick(&[12, 14, 16]),
    };
    let (base, size) = (address(source), address(source));
    let made = Window::new(base, size, shift);
    let wide = |value: u64| u128::from(value);
    let aligned = |value: u64| shift < 64 && wide(value) % (1 << shift) == 0;
    let valid = aligned(base) && aligned(size) && size > 0 && wide(base) + wide(size) < 1 << 64;
    assert_eq!(made.is_some(), valid, "{base:#x} {size:#x} {shift}");
    let Some(window) = made else {
        return;
    };
    assert_eq!((window.base(), window.size()), (base, size));

    let (offset, len) = (address(source), address(source));
    let inside = (offset < size).then(|| base + offset);
    assert_eq!(window.pfn(offset), inside.map(|a| a >> shift));
    let left = (offset <= size).then(|| len.min(size.saturating_sub(offset)));
    assert_eq!(window.clamp(offset, len), left, "{len:#x} at {offset:#x}");
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
