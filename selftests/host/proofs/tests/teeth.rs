// SPDX-License-Identifier: GPL-2.0

//! The proofs can fail: each comparison and each invariant is shown something wrong.

use model::{
    hdm::Rule,
    Event, //
};
use proofs::{
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
    let fresh =
        || hdm::Pair::new(&device, true, Rule::Hardware).expect("a plain device is accepted");
    type Change = fn(&mut hdm::Pair);
    let changes: [(&str, Change); 16] = [
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
    device[4] = 0x0000_0001;
    device[5] = 0x0040_0000;
    device[14] = 0x18;
    let fresh = || dvsec::Pair::new(&device).expect("a plain device is accepted");
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
        // The device does not say what is right.
        pair.device.fill(None);
        change(&mut pair);
        fails(field, || pair.compare("changed"));
    }
}

#[test]
fn every_rule_of_a_state_can_fail() {
    let state = |words: &[u32]| invariants::state(&View::of_words(words));
    state(&words([(0, 1, COMMITTED), (1, 1, LOCKED)]));
    state(&words([(0, 1, COMMITTED), (0, 0, FAILED)]));
    for (what, decoders) in [
        ("no size", [(0, 0, COMMITTED), (0, 0, 0)]),
        ("COMMIT without an answer", [(0, 1, 0x200), (0, 0, 0)]),
        ("COMMITTED without COMMIT", [(0, 1, 0x400), (0, 0, 0)]),
        ("both answers", [(0, 1, 0xe00), (0, 0, 0)]),
        ("reserved control", [(0, 1, 1 << 28), (0, 0, 0)]),
        ("UIG", [(0, 1, 1 << 16), (0, 0, 0)]),
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

/// A decoder: base and size in 256 MiB granules, and Control.
type Decoder = (u32, u32, u32);

/// Checks a write between two states of decoder 0 on a device with a window of 256 MiB.
fn write(old: Decoder, new: Decoder, access: (usize, usize), events: &[Event], rule: Rule) {
    let view = |decoder| View::of_words(&words([decoder, (0, 0, 0)]));
    let device = view((7, 1, COMMITTED));
    let (old, new) = (view(old), view(new));
    invariants::write(&old, &new, access, events, device.window(), rule);
}

#[test]
fn every_rule_of_a_write_can_fail() {
    let control = (0x20, 4);
    let committed = [Event::Committed(0)];
    let released = [Event::Released(0)];
    write(
        (0, 1, 0),
        (0, 1, COMMITTED),
        control,
        &committed,
        Rule::Hardware,
    );
    write(
        (0, 1, COMMITTED),
        (0, 1, 0),
        control,
        &released,
        Rule::Hardware,
    );
    write((0, 1, 0), (2, 1, 0), (0x10, 8), &[], Rule::Hardware);
    write((0, 1, LOCKED), (0, 1, 0), control, &released, Rule::V3);

    type Step<'a> = (Decoder, Decoder, (usize, usize), &'a [Event]);
    let wrong: [(&str, Step<'_>); 10] = [
        ("no event", ((0, 1, 0), (0, 1, COMMITTED), control, &[])),
        (
            "event of nothing",
            ((0, 1, 0), (0, 1, 0), control, &committed),
        ),
        (
            "another size",
            ((1, 2, 0), (1, 2, COMMITTED), control, &committed),
        ),
        (
            "two ways",
            ((1, 1, 0x10), (1, 1, COMMITTED | 0x10), control, &committed),
        ),
        (
            "failure without event",
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
    for (what, (old, new, access, events)) in wrong {
        fails(what, || write(old, new, access, events, Rule::Hardware));
    }
    fails("decoder 1", || {
        let view = |control| View::of_words(&words([(0, 0, 0), (0, 1, control)]));
        let device = View::of_words(&words([(0, 1, COMMITTED), (0, 0, 0)]));
        let (old, new, window) = (view(0), view(COMMITTED), device.window());
        invariants::write(
            &old,
            &new,
            (0x40, 4),
            &[Event::Committed(1)],
            window,
            Rule::Hardware,
        );
    });
    fails("HwInit", || {
        let old = words([(0, 0, 0), (0, 0, 0)]);
        let mut new = old.clone();
        new[0] ^= 0x10;
        let (old, new) = (View::of_words(&old), View::of_words(&new));
        invariants::write(&old, &new, (0, 4), &[], None, Rule::Hardware);
    });
}

#[test]
fn every_rule_of_a_reset_can_fail() {
    let reset = |old, new| {
        let view = |decoder| View::of_words(&words([decoder, (0, 0, 0)]));
        invariants::reset(&view(old), &view(new));
    };
    reset((0, 1, LOCKED), (0, 1, LOCKED));
    fails("released", || reset((0, 1, COMMITTED), (0, 1, 0)));
    fails("moved", || reset((0, 1, COMMITTED), (7, 1, COMMITTED)));
    fails("enabled", || {
        let mut words = words([(0, 1, COMMITTED), (0, 0, 0)]);
        words[1] = 2;
        let view = View::of_words(&words);
        invariants::reset(&view, &view);
    });
}
