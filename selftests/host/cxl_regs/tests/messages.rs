// SPDX-License-Identifier: GPL-2.0

//! What is wrong is said in one sentence, with the value.

use cxl_regs::{
    cm::ArrayError,
    dvsec,
    hdm::{
        self,
        CommitError, //
    },
    locator::LocatorError,
    vectors, //
};

#[test]
fn every_refusal_is_a_sentence_of_its_own() {
    for refusal in vectors::refusals() {
        let message = refusal.error.to_string();
        assert!(message.len() > 10 && !message.contains('\n'), "{message}");
        assert!(message.is_ascii() && !message.ends_with('.'), "{message}");
    }
}

#[test]
fn messages_name_the_fact_and_the_value() {
    use dvsec::SnapshotError as D;
    let (range, base, size) = (1, 0x1000, 0x2000);
    for (error, message) in [
        (
            D::Short { need: 15, have: 3 },
            "CXL DVSEC has 15 dwords, snapshot only 3",
        ),
        (
            D::AllOnes { offset: 12 },
            "CXL DVSEC reads all-ones at 0x0c",
        ),
        (
            D::Vendor { vendor: 0x8086 },
            "DVSEC vendor is 0x8086, not 0x1e98",
        ),
        (D::Id { id: 8 }, "CXL DVSEC id is 8, not 0"),
        (
            D::Revision { revision: 4 },
            "CXL DVSEC revision is 4, not 1 to 3",
        ),
        (
            D::Length {
                revision: 1,
                length: 0x3c,
            },
            "CXL DVSEC revision 1 has length 0x3c",
        ),
        (D::RangeCount { count: 3 }, "CXL DVSEC has HDM_Count 3"),
        (
            D::ResetTimeout { encoding: 5 },
            "CXL DVSEC has reserved reset timeout encoding 5",
        ),
        (
            D::ActiveTimeout { range, encoding: 6 },
            "CXL DVSEC range 2 has reserved active timeout encoding 6",
        ),
        (
            D::RangeWraps { range, base, size },
            "CXL DVSEC range 2 wraps: base 0x1000 size 0x2000",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }

    use hdm::SnapshotError as H;
    let commit = CommitError::SizeZero;
    for (error, message) in [
        (
            H::Short { need: 12, have: 3 },
            "HDM decoders have 12 dwords, snapshot only 3",
        ),
        (
            H::AllOnes { offset: 0x20 },
            "HDM decoders read all-ones at 0x20",
        ),
        (
            H::Count { encoding: 13 },
            "HDM decoder count encoding 0xd is reserved",
        ),
        (
            H::State {
                decoder: 2,
                control: 0xe00,
            },
            "HDM decoder 2 is in no legal state (ctrl 0xe00)",
        ),
        (
            H::Committed {
                decoder: 2,
                error: commit,
            },
            "HDM decoder 2 is committed, but size is zero",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }

    use CommitError as C;
    for (error, message) in [
        (
            C::Granularity { encoding: 7 },
            "interleave granularity encoding 0x7 is reserved",
        ),
        (
            C::Ways { encoding: 11 },
            "interleave ways encoding 0xb is not supported",
        ),
        (C::SizeZero, "size is zero"),
        (
            C::SizeAlignment {
                size: 0x10,
                multiple: 0x20,
            },
            "size 0x10 is no multiple of 0x20",
        ),
        (
            C::BaseAlignment {
                base: 0x10,
                multiple: 0x20,
            },
            "base 0x10 is no multiple of 0x20",
        ),
        (C::Wraps { base, size }, "base 0x1000 and size 0x2000 wrap"),
        (C::OutOfOrder, "a lower decoder is not committed"),
        (
            C::Overlap {
                base,
                below: 0x2000,
            },
            "base 0x1000 is below 0x2000, where its neighbour ends",
        ),
        (
            C::OverlapAbove {
                end: 0x3000,
                above: 0x2000,
            },
            "end 0x3000 is above 0x2000, where its neighbour starts",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }

    use ArrayError as A;
    for (error, message) in [
        (
            A::Short { need: 4, have: 1 },
            "capability array has 4 dwords, snapshot only 1",
        ),
        (
            A::AllOnes { offset: 8 },
            "capability array reads all-ones at 0x008",
        ),
        (A::Header { id: 2 }, "capability array has id 2, not 1"),
        (
            A::Pointer { id: 5, offset: 2 },
            "capability 5 points to 0x002, which is not a place for it",
        ),
        (A::Duplicate { id: 5 }, "capability 5 is there twice"),
        (A::NoHdm, "capability array has no HDM decoder capability"),
        (
            A::HdmOutside {
                offset: 0xf00,
                len: 0x150,
            },
            "HDM decoders at 0xf00 of 0x150 bytes leave the CXL.cache/mem registers",
        ),
        (
            A::InsideHdm {
                id: 2,
                offset: 0x110,
            },
            "capability 2 at 0x110 is inside the HDM decoders",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }

    use LocatorError as L;
    for (error, message) in [
        (
            L::Short { need: 7, have: 3 },
            "register locator has 7 dwords, snapshot only 3",
        ),
        (
            L::AllOnes { offset: 4 },
            "register locator reads all-ones at 0x04",
        ),
        (
            L::Vendor { vendor: 0x8086 },
            "DVSEC vendor is 0x8086, not 0x1e98",
        ),
        (L::Id { id: 0 }, "register locator id is 0, not 8"),
        (L::Length { length: 0xc }, "register locator has length 0xc"),
        (L::NoComponent, "register locator has no component block"),
        (
            L::TwoComponents,
            "register locator has two component blocks",
        ),
        (
            L::Bir { bir: 6 },
            "register locator names BAR 6, which cannot exist",
        ),
        (
            L::Outside {
                bir: 2,
                offset: 0x1_0000,
                bar_len: 0x1_0000,
            },
            "component block at 0x10000 is outside BAR 2 of 0x10000 bytes",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }
}
