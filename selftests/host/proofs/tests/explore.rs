// SPDX-License-Identifier: GPL-2.0

//! Every state that a guest and resets can bring three decoders into, breadth first.
//!
//! The domain is small enough to be exhausted and has one value of each kind that the rules tell
//! apart: bases and sizes that fit above each other, overlap, are aligned to one way or to two; a
//! legal and a longer interleave; every combination of COMMIT and LOCK_ON_COMMIT; every reset. In
//! each state, and over each step, the invariants of [`proofs::invariants`] are checked.

use cxl_regs::{
    hdm::Options,
    HdmShadow, //
};
use model::{
    Choices,
    Reset, //
};
use proofs::{
    common::{
        self,
        CHOICES,
        DEFAULT,
        RESETS, //
    },
    invariants::{
        self,
        View, //
    }, //
};
use std::collections::{
    HashSet,
    VecDeque, //
};

/// The device has four decoders, as no device has three; the last one is left alone.
const DECODERS: usize = 3;

/// One thing that may happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write {
        offset: usize,
        len: usize,
        value: u64,
    },
    Reset(Reset),
}

/// The values of the domain, in 256 MiB granules.
struct Domain {
    bases: &'static [u64],
    sizes: &'static [u64],
    ways: &'static [u64],
}

impl Domain {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for n in 0..DECODERS {
            let at = 0x10 + 0x20 * n;
            let mut write = |offset, len, value| steps.push(Step::Write { offset, len, value });
            for base in self.bases {
                write(at, 4, base << 28);
            }
            for size in self.sizes {
                write(at + 0x08, 4, size << 28);
            }
            for ways in self.ways {
                write(at + 0x10, 1, ways << 4);
            }
            for state in 0..4 {
                write(at + 0x11, 1, state);
            }
        }
        steps.extend(RESETS.map(Step::Reset));
        steps
    }
}

/// What tells states apart: the bits of base, size and control that the domain's steps reach.
fn key(hdm: &HdmShadow) -> u64 {
    (0..DECODERS).fold(0, |key, n| {
        let at = 0x10 + 0x20 * n;
        let base = hdm.read(common::access(at + 3, 1)) >> 4;
        let size = hdm.read(common::access(at + 0x0b, 1)) >> 4;
        let control = hdm.read(common::access(at + 0x10, 2));
        (key << 21) | (base << 17) | (size << 13) | control & 0xff0 | (control >> 4) & 0xf00
    })
}

/// Takes a step and checks it; the new state, if it is another one.
fn apply(hdm: &HdmShadow, before: &View, step: Step, choices: Choices) -> Option<HdmShadow> {
    let mut next = hdm.clone();
    let effects = match step {
        Step::Write { offset, len, value } => next.write(common::access(offset, len), value),
        Step::Reset(kind) => next.reset(common::reset(kind)),
    };
    if next == *hdm && effects.is_empty() {
        return None;
    }
    let (after, effects) = (View::of(&next), common::effects(effects));
    match step {
        Step::Write { offset, len, .. } => {
            invariants::write(before, &after, (offset, len), &effects, choices);
        }
        Step::Reset(kind) => invariants::reset(before, &after, kind, &effects, choices),
    }
    Some(next)
}

/// Explores everything that follows from free decoders; states and transitions.
fn explore(domain: &Domain, choices: Choices) -> (usize, usize) {
    let mut words = [0; 4 + 8 * 4];
    words[0] = 2;
    let options = Options {
        back_invalidate: false,
        policy: common::policy(choices),
    };
    let start = HdmShadow::from_snapshot(&words, options).expect("free decoders are accepted");
    let steps = domain.steps();
    let mut seen = HashSet::from([key(&start)]);
    let mut queue = VecDeque::from([start]);
    let mut transitions = 0;
    while let Some(hdm) = queue.pop_front() {
        let before = View::of(&hdm);
        invariants::state(&before, choices);
        for &step in &steps {
            transitions += 1;
            if let Some(next) = apply(&hdm, &before, step, choices) {
                if seen.insert(key(&next)) {
                    queue.push_back(next);
                }
            }
        }
    }
    (seen.len(), transitions)
}

/// Explores and prints; fewer states than `least` mean that something no longer happens at all.
fn report(what: &str, domain: &Domain, choices: Choices, least: usize) {
    let begin = common::cpu_seconds();
    let (states, transitions) = explore(domain, choices);
    println!(
        "figure: {what}: {states} states, {transitions} transitions, {:.1} s of CPU",
        common::cpu_seconds() - begin
    );
    assert!(states >= least, "only {states} states are reached");
}

#[test]
fn full_domain() {
    let domain = Domain {
        bases: &[0, 1, 2],
        sizes: &[0, 1, 2],
        ways: &[0, 1],
    };
    report(
        "exploration of 3 decoders, policy default",
        &domain,
        DEFAULT,
        400_000,
    );
}

#[test]
fn small_domain_under_each_policy() {
    let domain = Domain {
        bases: &[0, 1, 2],
        sizes: &[0, 1],
        ways: &[0],
    };
    for (policy, choices) in CHOICES {
        report(
            &format!("small exploration, policy {policy}"),
            &domain,
            choices,
            15_000,
        );
    }
}
