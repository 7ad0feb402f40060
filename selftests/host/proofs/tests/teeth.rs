// SPDX-License-Identifier: GPL-2.0

//! The proofs can fail: each comparison and each invariant is shown something wrong.

use model::{
    Choices,
    Effect,
    Reset, //
};
use proofs::{
    common::DEFAULT,
    dvsec,
    hdm,
    invariants::{
        self,
        View, //
    }, //
};
use std::panic::{
    catch_unwind,
    AssertUnwindSafe, //
};

const COMMITTED: u32 = 0x600;
const LOCKED: u32 = 0x700;
const FAILED: u32 = 0xa00;

fn fails(what: &str, check: impl FnOnce()) {
    let result = catch_unwind(AssertUnwindSafe(check));
    assert!(result.is_err(), "not noticed: {what}");
}

/// Two decoders: base and size in 256 MiB granules, and Control.
fn words(decoders: [(u32, u32, u32); 2]) -> Vec<u32> {
    let mut words = vec![0x0010_0001, 0, 0, 0];
    for (base, size, control) in decoders {
        words.extend([base << 28, 0, size << 28, 0, control, 0, 0, 0]);
    }
    words
}

#[test]
fn every_field_of_the_decoder_model_is_compared() {
    let mut device = words([(1, 1, 0), (0, 0, 0)]);
    // UIO capable, so that every field exists.
    device[0] |= 1 << 13 | 1 << 10;
    let fresh = || hdm::Pair::new(&device, true, DEFAULT).expect("a plain device is accepted");
    type Change = fn(&mut hdm::Pair);
    let changes: [(&str, Change); 17] = [
        ("capability", |pair| pair.model.capability ^= 0x10),
        ("poison enable", |pair| pair.model.poison_enable = true),
        ("decoder enable", |pair| pair.model.decoder_enable = true),
        ("base", |pair| pair.model.decoders[1].base = 1 << 63),
        ("size", |pair| pair.model.decoders[1].size = 1 << 28),
        ("skip", |pair| pair.model.decoders[1].skip = 1 << 40),
        ("IG", |pair| pair.model.decoders[1].ig = 8),
        ("IW", |pair| pair.model.decoders[1].iw = 1),
        ("lock", |pair| pair.model.decoders[1].lock_on_commit = true),
        ("COMMIT", |pair| pair.model.decoders[1].commit = true),
        ("COMMITTED", |pair| pair.model.decoders[1].committed = true),
        ("error", |pair| pair.model.decoders[1].error = true),
        ("type", |pair| pair.model.decoders[1].host_only = true),
        ("BI", |pair| pair.model.decoders[1].bi = true),
        ("UIO", |pair| pair.model.decoders[1].uio = true),
        ("UIG and UIW", |pair| {
            pair.model.decoders[1].uig = 1;
            pair.model.decoders[1].uiw = 1;
        }),
        ("ISP", |pair| pair.model.decoders[1].isp = 1),
    ];
    fresh().compare("unchanged");
    for (field, change) in changes {
        let mut pair = fresh();
        change(&mut pair);
        fails(field, || pair.compare("changed"));
    }
}

#[test]
fn every_field_of_the_dvsec_model_is_compared() {
    let mut device = [0; 15];
    device[1] = 0x03c3_1e98;
    device[2] = 0x00d7_0000;
    device[5] = 0x0040_0000;
    device[14] = 0x18;
    let fresh = || dvsec::Pair::new(&device, DEFAULT).expect("a plain device is accepted");
    type Change = fn(&mut dvsec::Pair);
    let changes: [(&str, Change); 19] = [
        ("fixed", |pair| pair.model.fixed[0x24] ^= 1),
        ("cache enable", |pair| pair.model.cache_enable ^= true),
        ("mem enable", |pair| pair.model.mem_enable ^= true),
        ("coverage", |pair| pair.model.snoop_coverage ^= 0x10),
        ("granularity", |pair| pair.model.snoop_granularity ^= 0x4),
        ("clean eviction", |pair| pair.model.clean_eviction ^= true),
        ("peer to peer", |pair| pair.model.p2p_enable ^= true),
        ("viral enable", |pair| pair.model.viral_enable ^= true),
        ("viral status", |pair| pair.model.viral_status ^= true),
        ("disable caching", |pair| pair.model.disable_caching ^= true),
        ("clear memory", |pair| pair.model.clear_memory ^= true),
        ("desired state", |pair| pair.model.desired_volatile ^= true),
        ("completion", |pair| pair.model.modified_completion ^= true),
        ("cache invalid", |pair| pair.model.cache_invalid ^= true),
        ("complete", |pair| pair.model.reset_complete ^= true),
        ("error", |pair| pair.model.reset_error ^= true),
        ("preservation", |pair| pair.model.volatile_error ^= true),
        ("PM init", |pair| pair.model.pm_init_complete ^= true),
        ("lock", |pair| pair.model.config_lock ^= true),
    ];
    fresh().compare("unchanged");
    for (field, change) in changes {
        let mut pair = fresh();
        change(&mut pair);
        fails(field, || pair.compare("changed"));
    }
}

#[test]
fn every_rule_of_a_state_can_fail() {
    let state = |words: &[u32]| invariants::state(&View::of_words(words), DEFAULT);
    state(&words([(0, 1, COMMITTED), (1, 1, LOCKED)]));
    state(&words([(0, 1, COMMITTED), (0, 0, FAILED)]));
    for (what, decoders) in [
        ("a gap", [(0, 1, 0), (1, 1, COMMITTED)]),
        ("overlap", [(0, 2, COMMITTED), (1, 1, COMMITTED)]),
        ("order", [(1, 1, COMMITTED), (0, 1, COMMITTED)]),
        ("no size", [(0, 0, COMMITTED), (0, 0, 0)]),
        ("size of two ways", [(0, 1, COMMITTED | 0x10), (0, 0, 0)]),
        ("base of two ways", [(1, 2, COMMITTED | 0x10), (0, 0, 0)]),
        ("reserved ways", [(0, 8, COMMITTED | 0x50), (0, 0, 0)]),
        ("reserved granularity", [(0, 1, COMMITTED | 7), (0, 0, 0)]),
        ("COMMIT without an answer", [(0, 1, 0x200), (0, 0, 0)]),
        ("COMMITTED without COMMIT", [(0, 1, 0x400), (0, 0, 0)]),
        ("both answers", [(0, 1, 0xe00), (0, 0, 0)]),
        ("reserved control", [(0, 1, 1 << 28), (0, 0, 0)]),
    ] {
        fails(what, || state(&words(decoders)));
    }
    for (what, at, value) in [
        ("global control", 1, 4),
        ("header", 3, 1),
        ("base low", 4, 1),
        ("size low", 6, 1 << 27),
        ("skip low", 9, 1),
        ("last dword", 11, 1),
        ("wrapping", 5, u32::MAX),
    ] {
        let mut words = words([(15, 2, COMMITTED), (0, 0, 0)]);
        words[at] = value;
        fails(what, || state(&words));
    }
}

/// Checks a write between two states of decoder 0; decoder 1 is committed above it or free.
fn write(
    old: (u32, u32, u32),
    new: (u32, u32, u32),
    access: (usize, usize),
    effects: &[Effect],
    choices: Choices,
) {
    let view = |decoder| View::of_words(&words([decoder, (0, 0, 0)]));
    invariants::write(&view(old), &view(new), access, effects, choices);
}

#[test]
fn every_rule_of_a_write_can_fail() {
    let control = (0x20, 4);
    let committed = [Effect::Committed(0, 0, 1 << 28)];
    let released = [Effect::Released(0)];
    write((0, 1, 0), (0, 1, COMMITTED), control, &committed, DEFAULT);
    write((0, 1, COMMITTED), (0, 1, 0), control, &released, DEFAULT);
    write((0, 1, 0), (2, 1, 0), (0x10, 8), &[], DEFAULT);
    let v3 = Choices {
        release_locked: true,
        ..DEFAULT
    };
    write((0, 1, LOCKED), (0, 1, 0), control, &released, v3);

    type Step<'a> = (
        (u32, u32, u32),
        (u32, u32, u32),
        (usize, usize),
        &'a [Effect],
    );
    let wrong: [(&str, Step<'_>); 9] = [
        ("no effect", ((0, 1, 0), (0, 1, COMMITTED), control, &[])),
        (
            "effect of nothing",
            ((0, 1, 0), (0, 1, 0), control, &committed),
        ),
        (
            "wrong base",
            ((1, 1, 0), (1, 1, COMMITTED), control, &committed),
        ),
        (
            "failure without effect",
            ((0, 0, 0), (0, 0, FAILED), control, &[]),
        ),
        (
            "locked released",
            ((0, 1, LOCKED), (0, 1, 0x100), control, &released),
        ),
        (
            "locked changed",
            ((0, 1, LOCKED), (1, 1, LOCKED), (0x10, 8), &[]),
        ),
        (
            "committed changed",
            ((0, 1, COMMITTED), (1, 1, COMMITTED), (0x10, 8), &[]),
        ),
        ("not reached", ((0, 1, 0), (1, 1, 0), (0x30, 4), &[])),
        ("byte not reached", ((0, 1, 0), (1, 1, 0), (0x10, 2), &[])),
    ];
    for (what, (old, new, access, effects)) in wrong {
        fails(what, || write(old, new, access, effects, DEFAULT));
    }
    fails("HwInit", || {
        let old = words([(0, 0, 0), (0, 0, 0)]);
        let mut new = old.clone();
        new[0] ^= 0x10;
        let (old, new) = (View::of_words(&old), View::of_words(&new));
        invariants::write(&old, &new, (0, 4), &[], DEFAULT);
    });
}

#[test]
fn every_rule_of_a_reset_can_fail() {
    let reset = |old, new, kind, effects: &[Effect]| {
        let view = |decoder| View::of_words(&words([decoder, (0, 0, 0)]));
        invariants::reset(&view(old), &view(new), kind, effects, DEFAULT);
    };
    let released = [Effect::Released(0)];
    let locked = (0, 1, LOCKED);
    reset(locked, locked, Reset::Cxl, &[]);
    reset(locked, (0, 0, 0), Reset::Conventional, &released);
    fails("FLR", || {
        reset((0, 1, 0), (0, 0, 0), Reset::FunctionLevel, &[])
    });
    fails("CXL Reset", || {
        reset(locked, (0, 0, 0), Reset::Cxl, &released)
    });
    fails("kept", || reset(locked, locked, Reset::Conventional, &[]));
    fails("silent", || reset(locked, (0, 0, 0), Reset::PowerGood, &[]));
}
