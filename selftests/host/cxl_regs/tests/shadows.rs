// SPDX-License-Identifier: GPL-2.0

//! What neither a register table nor a vector can say of the shadows.

use cxl_regs::{
    dvsec,
    effect::Outcome,
    hdm::{
        self,
        Options, //
    },
    locator::Entry,
    Access,
    Block,
    CapabilityArray,
    ComponentMap,
    DvsecShadow,
    Effects,
    HdmShadow,
    RasShadow,
    Unfit, //
};

fn at(offset: u32, len: usize) -> Access {
    Access::new(offset, len).unwrap()
}

#[test]
fn decoder_fields_are_those_of_the_decoder() {
    let mut words = vec![0; 4 + 8 * 4];
    words[0] = 0x2;
    let mut hdm = HdmShadow::from_snapshot(&words, Options::default()).unwrap();
    let _ = hdm.write(at(0x50, 8), 0x1234_5678_9000_0000);
    let fields: Vec<_> = hdm.decoder_fields(2).collect();
    let find = |name| fields.iter().find(|field| field.name == name);
    assert_eq!(find("BASE_LOW").unwrap().value, 9);
    assert_eq!(find("BASE_HIGH").unwrap().value, 0x1234_5678);
    assert_eq!(find("TARGET_TYPE").unwrap().offset, 0x60);
    assert!(find("UIO").is_none());
    let last = hdm.header_fields().last().unwrap();
    assert_eq!((last.name, last.offset), ("DECODER_ENABLE", 0x04));
    assert_eq!(hdm.decoder_fields(4).count(), 0);
    assert_eq!(hdm.decoder_fields(255).count(), 0);
}

#[test]
fn every_count_of_decoders_has_so_many() {
    let counts = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32];
    for (encoding, count) in (0..).zip(counts) {
        assert_eq!(hdm::decoders(encoding), Some(count));
        let dwords = hdm::dwords(encoding).unwrap();
        assert_eq!(dwords, 4 + 8 * usize::from(count));
        let mut words = vec![0; dwords];
        words[0] = encoding;
        let hdm = HdmShadow::from_snapshot(&words, Options::default()).unwrap();
        assert_eq!(hdm.count(), count);
        assert_eq!(hdm.len() as usize, 4 * dwords);
        assert_eq!(hdm.decoders().count(), usize::from(count));

        // Every register once, and nothing that is reserved.
        let offsets: Vec<_> = hdm::offsets(encoding).map(usize::from).collect();
        let reserved = |&at: &usize| matches!(at, 0x08 | 0x0c) || at >= 0x10 && at % 0x20 == 0x0c;
        let registers: Vec<_> = (0..4 * dwords)
            .step_by(4)
            .filter(|at| !reserved(at))
            .collect();
        assert_eq!(offsets, registers);
    }
    for encoding in 13..16 {
        assert_eq!(hdm::decoders(encoding), None);
        assert_eq!(hdm::dwords(encoding), None);
        assert!(hdm::offsets(encoding).eq([0x00, 0x04]));
    }
}

#[test]
fn every_encoding_of_ways() {
    let known = [1, 2, 4, 8, 16].into_iter().map(Some);
    let all = known.chain([None; 3]).chain([3, 6, 12].map(Some));
    assert!((0..16).map(hdm::ways).eq(all.chain([None; 5])));
}

#[test]
fn global_control_is_that_of_the_header() {
    let mut words = [0; 12];
    words[1] = 0x2;
    let hdm = HdmShadow::from_snapshot(&words, Options::default()).unwrap();
    assert_eq!(hdm.global_control(), 0x2);
}

#[test]
fn the_device_is_asked_for_live_registers_only() {
    let mut words = [0; 15];
    words[1..4].copy_from_slice(&[0x03c2_1e98, 0x0017_0000, 0x0004]);
    let asked = |words: &[u32]| {
        let mut dvsec = DvsecShadow::from_snapshot(words).unwrap();
        let mut asked = Vec::new();
        for offset in (0..0x48).step_by(8) {
            let _ = dvsec.read(at(offset, 8), |offset| {
                asked.push(offset);
                None
            });
        }
        asked
    };
    assert_eq!(asked(&words), [0x0c, 0x10, 0x18, 0x1c, 0x28, 0x2c]);
    // What follows a DVSEC that ends with range 1 is another capability.
    words[1] = 0x0282_1e98;
    assert_eq!(asked(&words[..10]), [0x0c, 0x10, 0x18, 0x1c]);
}

/// What the driver shows of a shadow is what the guest would read.
#[test]
fn a_cache_in_use_is_not_invalid() {
    let cache_invalid = |dvsec: &DvsecShadow| dvsec.get(&dvsec::status2::CACHE_INVALID);
    let mut words = [0; 15];
    words[1..4].copy_from_slice(&[0x03c2_1e98, 0x0017_0000, 0x0004]);
    words[4] = 0x0001_0000;
    let dvsec = DvsecShadow::from_snapshot(&words).unwrap();
    assert_eq!(cache_invalid(&dvsec), 0);
    words[4] = 0x0001_0001;
    let mut dvsec = DvsecShadow::from_snapshot(&words).unwrap();
    assert_eq!(cache_invalid(&dvsec), 1);
    let _ = dvsec.write(at(0x10, 2), 0);
    assert_eq!(cache_invalid(&dvsec), 0);
}

#[test]
fn the_time_of_a_reset_is_that_of_the_capability() {
    let timeout = |capability: u32| {
        let mut words = [0; 15];
        words[1..3].copy_from_slice(&[0x03c2_1e98, capability << 16]);
        DvsecShadow::from_snapshot(&words)
            .unwrap()
            .reset_timeout_ms()
    };
    assert_eq!(timeout(0x0014), None);
    for (encoding, ms) in (0..).zip([10, 100, 1_000, 10_000, 100_000]) {
        assert_eq!(timeout(0x0094 | encoding << 8), Some(ms));
    }
}

#[test]
fn fields_of_errors() {
    let mut ras = RasShadow::from_snapshot(&[0; 6]);
    ras.collect_correctable(0x41);
    let field = ras.fields().find(|f| f.name == "CORRECTABLE_STATUS");
    assert_eq!(field.unwrap().value, 0x41);
}

#[test]
fn a_component_block_lies_in_its_bar() {
    let entry = |offset| Entry { bir: 2, offset };
    let block = 0x1_0000;
    assert!(entry(0).check(block).is_ok());
    assert!(entry(block).check(2 * block).is_ok());
    let unfit = entry(block).check(2 * block - 1).unwrap_err();
    assert_eq!((unfit.offset, unfit.found), (0x0c, block));
    assert!(entry(block).check(block).is_err());
    assert!(entry(0xffff_ffff_ffff_0000).check(u64::MAX).is_err());
}

/// A doorbell says more than what became of the shadow.
#[test]
fn effects_are_a_word_for_the_trace() {
    let of = |outcome| Effects {
        outcome,
        ..Effects::NONE
    };
    let words = [
        (Outcome::Unchanged, c"none"),
        (Outcome::Changed, c"changed"),
        (Outcome::Committed, c"committed"),
        (Outcome::NotCommitted, c"commit failed"),
        (Outcome::Released, c"released"),
    ];
    for (outcome, word) in words {
        let write_back = Effects {
            write_back: true,
            ..of(outcome)
        };
        let reset = Effects {
            reset: Some(false),
            ..write_back
        };
        assert_eq!(of(outcome).word(), word);
        assert_eq!(write_back.word(), c"write back");
        assert_eq!(reset.word(), c"reset");
    }
}

#[test]
fn what_is_wrong_is_one_sentence() {
    let unfit = Unfit {
        block: Block::Dvsec,
        offset: 0x0a,
        found: 3,
        expected: "1 or 2 memory ranges",
    };
    assert_eq!(
        unfit.to_string(),
        "CXL DVSEC: 0x3 at 0x00a, expected 1 or 2 memory ranges"
    );
    let names = [Block::Locator, Block::Array, Block::Hdm].map(|block| {
        let text = Unfit { block, ..unfit }.to_string();
        text.split(':').next().unwrap().to_owned()
    });
    assert_eq!(
        names,
        ["register locator", "capability array", "HDM decoders"]
    );
}

#[test]
fn the_bases_of_the_ranges_are_forgotten() {
    let mut words = [0; 15];
    words[1..4].copy_from_slice(&[0x03c2_1e98, 0x0027_0000, 0x0000_0006]);
    (words[8], words[9], words[12], words[13]) = (0x1, 0x9000_0000, 0x2, 0xa000_0000);
    (words[7], words[11]) = (0x1000_0003, 0x2000_0003);
    let mut dvsec = DvsecShadow::from_snapshot(&words).unwrap();
    let mut expected = dvsec.clone();
    assert_eq!(dvsec.read(at(0x20, 8), |_| None), 0x9000_0000_0000_0001);
    dvsec.forget_bases();
    for offset in [0x20, 0x30] {
        assert_eq!(dvsec.read(at(offset, 8), |_| None), 0);
    }
    for offset in [0x04, 0x08, 0x0c, 0x10, 0x18, 0x1c, 0x28, 0x2c] {
        let seen = dvsec.read(at(offset, 4), |_| None);
        assert_eq!(seen, expected.read(at(offset, 4), |_| None));
    }
}

#[test]
fn ras_is_hidden_behind_an_end() {
    let words = [0x0311_0001, 0x0801_0002, 0x2001_0004, 0x1001_0005];
    let array = CapabilityArray::from_snapshot(&words).unwrap();
    let hidden = |end| {
        let mut array = array.clone();
        array.hide_ras_behind(end);
        array
    };
    assert_eq!(hidden(0xd8), array);
    let without = hidden(0xd7);
    assert_eq!((without.ras(), without.hdm()), (None, Some(0x100)));
    assert_eq!(without.read(at(0, 8)), 0x0800_0000_0311_0001);
    assert_eq!(without.read(at(8, 8)), array.read(at(8, 8)));
}

#[test]
fn array_and_decoders_are_a_part_of_the_block() {
    let decoders = HdmShadow::from_snapshot(&[0; 12], Options::default()).unwrap();
    let map = |words: &[u32]| {
        let array = CapabilityArray::from_snapshot(words).unwrap();
        ComponentMap::new(&array, &decoders).unwrap()
    };
    let one = map(&[0x0111_0001, 0x1001_0005]);
    assert_eq!(one.decoders(), 0x1100..0x1130);
    assert_eq!(one.array_and_decoders(), 0x1000..0x1130);
}
