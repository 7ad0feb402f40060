// SPDX-License-Identifier: GPL-2.0

//! Replays the conformance tables.

use cxl_regs::vectors;

#[test]
fn every_row_holds() {
    let mut failures = 0;
    for (index, case) in vectors::cases().enumerate() {
        if let Err(fact) = case.replay() {
            println!("{index}: {}: {}: {fact}", case.section, case.what);
            failures += 1;
        }
    }
    for (index, refusal) in vectors::refusals().enumerate() {
        if let Err(fact) = refusal.replay() {
            println!(
                "refusal {index}: {}: {}: {fact}",
                refusal.section, refusal.what
            );
            failures += 1;
        }
    }
    assert_eq!(failures, 0);
    let rows = vectors::replay().unwrap();
    println!(
        "{} cases, {} refusals",
        vectors::cases().count(),
        vectors::refusals().count()
    );
    assert!(rows >= 150);
}
