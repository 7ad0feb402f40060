// SPDX-License-Identifier: GPL-2.0

//! Random operations on the crate and on its model.
//!
//! A failure names its seed; `TRACE_SEED=N cargo test -p proofs --test traces` replays that one and
//! prints every operation. `TRACES=N` sets how many traces each test runs.

use proofs::{
    common,
    source::Seed,
    structures,
    trace::{
        self,
        Log, //
    },
};
use std::{
    env,
    panic::{
        catch_unwind,
        AssertUnwindSafe, //
    }, //
};

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    let digits = text.strip_prefix("0x");
    let parsed = match digits {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    Some(parsed.unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Runs `run` on many seeds, or with its operations printed on the one of `TRACE_SEED`.
fn traces(what: &str, count: u64, run: impl Fn(&mut Seed, Log<'_>) -> usize) {
    if let Some(seed) = number("TRACE_SEED") {
        run(&mut Seed::new(seed), &mut |line| println!("{line}"));
        return;
    }
    let count = number("TRACES").unwrap_or(count);
    let begin = common::cpu_seconds();
    let mut operations = 0;
    for seed in 0..count {
        let result = catch_unwind(AssertUnwindSafe(|| {
            operations += run(&mut Seed::new(seed), &mut |_| {});
        }));
        if result.is_err() {
            panic!("{what}: trace {seed} fails; TRACE_SEED={seed} replays it");
        }
    }
    let seconds = common::cpu_seconds() - begin;
    println!(
        "figure: {what}: {count} traces, {operations} operations, {:.0} traces/s, {:.0} operations/s of CPU",
        count as f64 / seconds,
        operations as f64 / seconds,
    );
}

#[test]
fn hdm() {
    traces("HDM traces", 4000, |seed, log| trace::hdm(seed, 250, log));
}

#[test]
fn dvsec() {
    traces("DVSEC traces", 8000, |seed, log| {
        trace::dvsec(seed, 100, log)
    });
}

#[test]
fn structures() {
    traces("structures", 8000, |seed, log| structures::any(seed, log));
}

#[test]
fn a_seed_is_reproducible() {
    let run = |seed| {
        let mut lines = Vec::new();
        trace::hdm(&mut Seed::new(seed), 50, &mut |line| {
            lines.push(line.to_string())
        });
        trace::dvsec(&mut Seed::new(seed), 50, &mut |line| {
            lines.push(line.to_string())
        });
        lines
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}
