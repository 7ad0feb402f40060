// SPDX-License-Identifier: GPL-2.0

//! The fuzzer's corpus, replayed without a fuzzer.

use std::{
    fs,
    path::Path, //
};

#[test]
fn every_input_of_the_corpus_passes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/registers");
    let mut inputs = 0;
    for entry in fs::read_dir(&corpus).expect("the corpus is there") {
        let path = entry.expect("the corpus can be listed").path();
        let input = fs::read(&path).expect("an input can be read");
        println!("{}", path.display());
        proofs::bytes::run(&input);
        inputs += 1;
    }
    assert!(inputs > 0, "no input in {}", corpus.display());
    println!("figure: corpus: {inputs} inputs");
}

#[test]
fn short_and_empty_inputs_pass() {
    for kind in 0..4 {
        for len in 0..64 {
            for fill in [0x00, 0x5a, 0xff] {
                let mut input = vec![fill; len];
                if let Some(first) = input.first_mut() {
                    *first = kind;
                }
                proofs::bytes::run(&input);
            }
        }
    }
}
