// SPDX-License-Identifier: GPL-2.0

//! Every state that a guest and resets can bring two decoders into, breadth first.
//!
//! The domain is small enough to be exhausted and has one value of each kind that the rules tell
//! apart: the window's size and skip and others, bases that fit and one that wraps, one way and
//! two, legal and reserved granularity; for decoder 1 base and size; every combination of COMMIT
//! and LOCK_ON_COMMIT; the reset. In each state, and over each step, the invariants of
//! [`proofs::invariants`] are checked, and the crate is compared with the model.

use model::hdm::Rule;
use proofs::{
    common,
    hdm::Pair,
    invariants::{
        self,
        View, //
    }, //
};
use std::collections::{
    HashSet,
    VecDeque, //
};

/// One thing that may happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write {
        offset: usize,
        len: usize,
        value: u64,
    },
    Reset,
}

/// Everything that a guest may do in this domain.
fn steps() -> Vec<Step> {
    let mut steps = vec![Step::Reset];
    let mut write = |offset, len, value| steps.push(Step::Write { offset, len, value });
    write(0x04, 1, 0x2);
    for base in [0, 1 << 32, 0xffff_ffff_f000_0000] {
        write(0x10, 8, base);
    }
    for skip in [0, 0x1000_0000] {
        write(0x24, 8, skip);
    }
    for interleave in [0x00, 0x10, 0x07] {
        write(0x20, 1, interleave);
    }
    for base in [0, 1 << 32] {
        write(0x30, 8, base);
    }
    for at in [0x10, 0x30] {
        for size in [0, 0x1000_0000, 0x2000_0000] {
            write(at + 0x08, 8, size);
        }
        for state in 0..4 {
            write(at + 0x11, 1, state);
        }
    }
    steps
}

/// A device whose decoder 0 is committed, or locked, to 256 MiB at 4 GiB with a skip.
fn device(control: u32) -> Vec<u32> {
    let mut words = vec![0; 4 + 8 * 2];
    words[0] = 1;
    words[1] = 2;
    (words[5], words[6], words[8], words[9]) = (0x1, 0x1000_0000, control, 0x1000_0000);
    words
}

/// Explores everything that follows from a device; states and transitions.
fn explore(control: u32, rule: Rule) -> (usize, usize) {
    let start = Pair::new(&device(control), false, rule).expect("a sane device");
    let window = View::of(&start.real).window().copied();
    let steps = steps();
    let mut seen = HashSet::from([start.model.clone()]);
    let mut queue = VecDeque::from([start]);
    let mut transitions = 0;
    while let Some(pair) = queue.pop_front() {
        let before = View::of(&pair.real);
        invariants::state(&before);
        for &step in &steps {
            transitions += 1;
            let mut next = pair.clone();
            match step {
                Step::Write { offset, len, value } => {
                    let events = next.write(offset, len, value);
                    let after = View::of(&next.real);
                    let access = (offset, len);
                    let window = window.as_ref();
                    invariants::write(&before, &after, access, &events, window, rule);
                }
                Step::Reset => {
                    next.reset();
                    invariants::reset(&before, &View::of(&next.real));
                }
            }
            if seen.insert(next.model.clone()) {
                next.compare("in a new state");
                queue.push_back(next);
            }
        }
    }
    (seen.len(), transitions)
}

/// Explores and prints; fewer states than `least` mean that something no longer happens at all.
fn report(what: &str, control: u32, rule: Rule, least: usize) {
    let begin = common::cpu_seconds();
    let (states, transitions) = explore(control, rule);
    println!(
        "figure: exploration, {what}: {states} states, {transitions} transitions, {:.1} s of CPU",
        common::cpu_seconds() - begin
    );
    assert!(states >= least, "only {states} states are reached");
}

#[test]
fn from_a_committed_decoder() {
    report(
        "firmware committed decoder 0",
        0x600,
        Rule::Hardware,
        10_000,
    );
}

#[test]
fn from_a_locked_decoder() {
    report("firmware locked decoder 0", 0x700, Rule::Hardware, 40);
}

#[test]
fn from_a_locked_decoder_that_can_be_released() {
    report("locks can be released", 0x700, Rule::V3, 10_000);
}

#[test]
fn from_a_locked_decoder_that_a_vmm_places() {
    report("a VMM places the window", 0x700, Rule::V2, 10_000);
}
