// SPDX-License-Identifier: GPL-2.0

//! What the machine and its guest found out, in TAP.

/// What a guest writes to its verdict port after the name of a check.
const NOT_OK: u8 = 0;
const OK: u8 = 1;
const SKIP: u8 = 2;
const NOTE: u8 = 3;

pub struct Report {
    passed: u32,
    failed: u32,
    skipped: u32,
    line: Vec<u8>,
}

impl Report {
    pub fn begin() -> Self {
        println!("TAP version 13");
        Report {
            passed: 0,
            failed: 0,
            skipped: 0,
            line: Vec::new(),
        }
    }

    fn number(&self) -> u32 {
        self.passed + self.failed + self.skipped
    }

    pub fn check(&mut self, ok: bool, what: &str) {
        *if ok {
            &mut self.passed
        } else {
            &mut self.failed
        } += 1;
        let not = if ok { "" } else { "not " };
        println!("{not}ok {} {what}", self.number());
    }

    pub fn skip(&mut self, what: &str) {
        self.skipped += 1;
        println!("ok {} {what} # SKIP", self.number());
    }

    pub fn note(&self, what: &str) {
        println!("# {what}");
    }

    /// The guest says a letter of what it checks.
    pub fn letter(&mut self, letter: u8) {
        // A guest that is lost does not fill the host.
        if self.line.len() < 200 && matches!(letter, b' '..=b'~') {
            self.line.push(letter);
        }
    }

    /// The guest says how it ended.
    pub fn verdict(&mut self, verdict: u8) {
        let line = std::mem::take(&mut self.line);
        let what = format!("guest: {}", String::from_utf8_lossy(&line));
        match verdict {
            OK => self.check(true, &what),
            SKIP => self.skip(&what),
            NOTE => self.note(&what),
            NOT_OK | 4.. => self.check(false, &what),
        }
    }

    /// The last lines; whether all is well.
    pub fn end(self) -> bool {
        println!("1..{}", self.number());
        self.failed == 0 && self.passed > 0
    }
}
