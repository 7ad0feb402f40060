// SPDX-License-Identifier: GPL-2.0

//! Replays the conformance tables.

use std::collections::HashSet;

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
    let (cases, refusals) = (vectors::cases().count(), vectors::refusals().count());
    println!("figure: vectors: {cases} cases, {refusals} refusals");
    assert_eq!(vectors::replay(), Ok(cases + refusals));
    assert!(cases >= 150);
}

/// `8.1.3.2`: chapter 8 of the specification is about registers, and only a subsection has any.
fn is_section(text: &str) -> bool {
    let numbers: Vec<_> = text.split('.').map(str::parse::<u8>).collect();
    numbers.len() >= 3
        && numbers[0] == Ok(8)
        && numbers
            .iter()
            .all(|number| number.as_ref().is_ok_and(|&n| n > 0))
}

#[test]
fn every_row_names_its_section_and_says_what_it_wants() {
    assert!(is_section("8.2.4.20.7"));
    assert!(!is_section("") && !is_section("8.1") && !is_section("8.1.") && !is_section("9.1.3"));

    let cases = vectors::cases().map(|case| (case.section, case.what));
    let refusals = vectors::refusals().map(|refusal| (refusal.section, refusal.what));
    let mut seen = HashSet::new();
    for (section, what) in cases.chain(refusals) {
        assert!(is_section(section), "{what}: {section:?} is no section");
        assert!(!what.is_empty(), "a row of {section} says nothing");
        assert!(seen.insert((section, what)), "two rows: {section}: {what}");
    }
}
