// SPDX-License-Identifier: GPL-2.0

//! What a register table cannot say of the shadows: their fields, refresh, counts, effects.

use cxl_regs::{
    access::Access,
    attr::{
        Attr,
        Reset, //
    },
    dvsec::{
        self,
        DvsecShadow, //
    },
    effect::{
        Effect,
        Effects,
        Switch, //
    },
    hdm::{
        self,
        HdmShadow,
        Options, //
    },
    policy::Policy,
    vectors::{
        dvsec_shadow,
        hdm_shadow, //
    }, //
};

fn at(offset: u32, len: usize) -> Access {
    Access::new(offset, len).unwrap()
}

#[test]
fn fields_are_those_of_the_table_with_the_values_read() {
    for revision in 1..=3 {
        let dvsec = dvsec_shadow(revision).unwrap();
        let mut names = Vec::new();
        for field in dvsec.fields() {
            let word = dvsec.read(at(field.offset.into(), 4)) as u32;
            let bits = u64::from(word) >> field.lo & ((1u64 << (field.hi - field.lo + 1)) - 1);
            assert_eq!(u64::from(field.value), bits, "{field:?}");
            assert!(!field.attr.is_reserved());
            names.push((field.register, field.name));
        }
        assert_eq!(
            names.contains(&("capability3", "VOLATILE_COLD_RESET")),
            revision >= 2
        );
        assert_eq!(
            names.contains(&("control", "DIRECT_P2P_MEM_ENABLE")),
            revision >= 3
        );
    }
}

#[test]
fn decoder_fields_are_those_of_the_decoder() {
    let mut hdm = hdm_shadow(4).unwrap();
    let _ = hdm.write(at(0x50, 8), 0x1234_5678_9000_0000);
    let fields: Vec<_> = hdm.decoder_fields(2).collect();
    let value = |name| {
        fields
            .iter()
            .find(|field| field.name == name)
            .unwrap()
            .value
    };
    assert_eq!(value("BASE_LOW"), 9);
    assert_eq!(value("BASE_HIGH"), 0x1234_5678);
    let control = fields
        .iter()
        .find(|field| field.name == "TARGET_TYPE")
        .unwrap();
    assert_eq!((control.offset, control.attr), (0x60, Attr::RO));
    assert!(fields.iter().all(|field| field.name != "UIO"));
    assert_eq!(hdm.header_fields().count(), 13);
    let last = hdm.header_fields().last().unwrap();
    assert_eq!((last.name, last.offset), ("DECODER_ENABLE", 0x04));
    assert_eq!(hdm.decoder_fields(4).count(), 0);
    assert_eq!(hdm.decoder_fields(255).count(), 0);
}

#[test]
fn interleave_is_that_of_the_encodings() {
    let interleave = |control| {
        let mut hdm = hdm_shadow(1).unwrap();
        let _ = hdm.write(at(0x20, 4), control);
        let decoder = hdm.decoder(0).unwrap();
        (decoder.ways(), decoder.granularity())
    };
    assert_eq!(interleave(0x00), (Some(1), Some(256)));
    assert_eq!(interleave(0x26), (Some(4), Some(16384)));
    assert_eq!(interleave(0x88), (Some(3), None));
    assert_eq!(interleave(0xf1), (None, Some(512)));
}

#[test]
fn every_count_of_decoders_has_so_many() {
    let counts = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32];
    for (encoding, count) in counts.into_iter().enumerate() {
        let encoding = encoding as u32;
        assert_eq!(hdm::decoders(encoding), Some(count));
        let dwords = hdm::dwords(encoding).unwrap();
        assert_eq!(dwords, 4 + 8 * usize::from(count));

        let mut words = vec![0; dwords];
        words[0] = encoding;
        let mut hdm = HdmShadow::from_snapshot(&words, Options::default()).unwrap();
        assert_eq!(hdm.count(), count);
        assert_eq!(hdm.len() as usize, 4 * dwords);
        assert_eq!(hdm.decoders().count(), usize::from(count));
        assert!(HdmShadow::from_snapshot(&words[..dwords - 1], Options::default()).is_err());

        // Commit all, upwards; release all, downwards.
        for n in 0..count {
            let start = 0x10 + 0x20 * u32::from(n);
            let (base, size) = (u64::from(n) << 28, 1 << 28);
            let _ = hdm.write(at(start, 8), base);
            let _ = hdm.write(at(start + 8, 8), size);
            let mut effects = hdm.write(at(start + 16, 4), 0x200);
            let expected = Effect::Committed {
                decoder: n,
                base,
                size,
            };
            assert_eq!(effects.next(), Some(expected));
            assert!(effects.is_empty());
        }
        let all: Vec<_> = hdm.clone().reset(Reset::Conventional).collect();
        let released: Vec<_> = (0..count)
            .rev()
            .map(|decoder| Effect::Released { decoder })
            .collect();
        assert_eq!(all, released);
        for n in (0..count).rev() {
            let control = 0x20 + 0x20 * u32::from(n);
            assert!(hdm
                .write(at(control, 4), 0)
                .eq([Effect::Released { decoder: n }]));
        }
        assert!(hdm.decoders().all(|decoder| !decoder.is_committed()));
    }
    for encoding in 13..16 {
        assert_eq!(hdm::decoders(encoding), None);
        assert_eq!(hdm::dwords(encoding), None);
    }
}

#[test]
fn encodings_of_interleave() {
    let ways = [1, 2, 4, 8, 16].map(Some);
    for encoding in 0..16 {
        let expected = match encoding {
            0..=4 => ways[encoding as usize],
            8 => Some(3),
            9 => Some(6),
            10 => Some(12),
            _ => None,
        };
        assert_eq!(hdm::ways(encoding), expected);
        let granularity = (encoding <= 6).then(|| 256 << encoding);
        assert_eq!(hdm::granularity(encoding), granularity);
    }
}

fn dvsec_words() -> Vec<u32> {
    let mut words = vec![0; 15];
    words[1] = 0x03c2_1e98;
    words[2] = 0xc9d7_0000;
    words[3] = 0x0004;
    words[7] = 0x1000_0000;
    words
}

#[test]
fn refresh_takes_what_is_the_devices_and_keeps_what_is_the_guests() {
    let mut words = dvsec_words();
    let mut dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
    dvsec.complete_reset(true);
    let _ = dvsec.write(at(0x0c, 2), 0x0801);
    let _ = dvsec.write(at(0x10, 2), 0x1);
    let _ = dvsec.write(at(0x14, 2), 0x1);

    words[3] = 0x4000_0004; // Viral_Status, Mem_Enable
    words[4] = 0x8000_0000; // PM_Init_Complete
    words[5] = 0;
    words[7] = 0x1000_0003; // valid, active
    dvsec.refresh(&words).unwrap();
    assert_eq!(dvsec.read(at(0x0c, 4)), 0x0803);
    assert_eq!(dvsec.read(at(0x10, 4)), 0x8002_0001);
    assert_eq!(dvsec.read(at(0x14, 2)), 0x1);
    assert_eq!(dvsec.read(at(0x1c, 4)), 0x1000_0003);

    // A capability that went away takes its field's value with it.
    let mut dvsec = DvsecShadow::from_snapshot(&dvsec_words(), Policy::DEFAULT).unwrap();
    assert!(dvsec.write(at(0x10, 2), 0x4).contains(Effect::Reset {
        clear_memory: false
    }));
    words[2] = 0xc957_0000;
    dvsec.refresh(&words).unwrap();
    assert!(dvsec.write(at(0x10, 2), 0x4).is_empty());

    let before = dvsec.clone();
    words[1] = !0;
    assert_eq!(
        dvsec.refresh(&words),
        Err(dvsec::SnapshotError::AllOnes { offset: 4 })
    );
    assert_eq!(dvsec, before);
}

#[test]
fn timeouts_are_those_of_the_specification() {
    for (encoding, ms) in [10, 100, 1_000, 10_000, 100_000].into_iter().enumerate() {
        let mut words = dvsec_words();
        words[2] = 0x00d7_0000 | (encoding as u32) << 24;
        let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
        assert_eq!(dvsec.reset_timeout_ms(), Some(ms));
        // Without CXL Reset, no timeout, and no encoding is wrong.
        words[2] = 0x0757_0000;
        let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
        assert_eq!(dvsec.reset_timeout_ms(), None);
    }
    for (encoding, seconds) in [1, 4, 16, 64, 256].into_iter().enumerate() {
        let mut words = dvsec_words();
        words[7] |= (encoding as u32) << 13;
        let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
        assert_eq!(dvsec.range(0).unwrap().active_timeout_s, seconds);
    }
}

#[test]
fn ranges_are_those_that_the_device_has() {
    let mut words = dvsec_words();
    words[8] = 0x1;
    words[9] = 0x2fff_ffff;
    words[10] = 0x3;
    words[11] = 0x4000_0001;
    words[12] = 0x5;
    words[13] = 0x6000_0000;
    let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
    assert_eq!(dvsec.range(0).unwrap().base, 0x1_2000_0000);
    assert_eq!(dvsec.range(0).unwrap().size, 0x1000_0000);
    assert_eq!(dvsec.range(1), None);

    words[2] = 0xc9e7_0000;
    let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
    let range = dvsec.range(1).unwrap();
    assert_eq!((range.base, range.size), (0x5_6000_0000, 0x3_4000_0000));
    assert!(range.info_valid && !range.active);
    assert_eq!(dvsec.range(2), None);

    // A device without memory has none.
    words[2] = 0xc9c3_0000;
    let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT).unwrap();
    assert_eq!(dvsec.range(0), None);
}

#[test]
fn effects_come_in_the_order_in_which_they_are_performed() {
    let mut dvsec = dvsec_shadow(3).unwrap();
    let _ = dvsec.write(at(0x0c, 2), 0x4);
    let effects: Vec<_> = dvsec.write(at(0x0c, 8), 0x000f_0000_0001).collect();
    assert_eq!(
        effects,
        [
            Effect::Switched {
                switch: Switch::CacheEnable,
                on: true
            },
            Effect::Switched {
                switch: Switch::MemEnable,
                on: false
            },
            Effect::Switched {
                switch: Switch::DisableCaching,
                on: true
            },
            Effect::Switched {
                switch: Switch::MemClear,
                on: true
            },
            Effect::WriteBack,
            Effect::Reset { clear_memory: true },
        ]
    );
    let mut empty = Effects::NONE;
    assert!(empty.is_empty() && empty.next().is_none());
}

#[test]
fn effects_are_empty_when_the_last_one_is_taken() {
    let mut hdm = hdm_shadow(2).unwrap();
    let mut dvsec = dvsec_shadow(3).unwrap();
    let refused = hdm.write(at(0x20, 4), 0x200);
    let _ = hdm.write(at(0x20, 4), 0);
    let _ = hdm.write(at(0x18, 8), 0x1000_0000);
    for (effects, count) in [
        (refused, 1),
        (hdm.write(at(0x20, 4), 0x200), 1),
        (hdm.write(at(0x04, 4), 0x3), 2),
        (hdm.reset(Reset::Cxl), 3),
        (dvsec.write(at(0x10, 2), 0x2), 1),
        (dvsec.write(at(0x10, 2), 0x4), 1),
        (dvsec.write(at(0x10, 2), 0xf), 4),
        (dvsec.write(at(0x16, 2), 0xf), 0),
    ] {
        let mut left = effects;
        for _ in 0..count {
            assert!(!left.is_empty());
            let effect = left.next().unwrap();
            assert!(effects.contains(effect) && !left.contains(effect));
        }
        assert!(left.is_empty() && left.next().is_none());
    }
}

#[test]
fn every_switch_has_its_own_bit_and_name() {
    let mut names: Vec<_> = Switch::ALL.map(Switch::name).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Switch::ALL.len());
}
