// SPDX-License-Identifier: GPL-2.0

//! How results are printed: each is a value that serde can make JSON of, and that has a text for people.

use serde::Serialize;
use std::fmt::{
    self,
    Display, //
};

/// Prints a result in the form that the person asked for.
pub fn print<T: Serialize + Display>(json: bool, value: &T) {
    if json {
        println!("{}", to_json(value));
    } else {
        print!("{value}");
    }
}

pub fn to_json<T: Serialize>(value: &T) -> String {
    // Maps with keys that are no strings are all that serde_json refuses, and none is here.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A number of bytes in the largest unit that it is a multiple of.
#[derive(Clone, Copy)]
pub struct Amount(pub u64);

impl Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut rest = self.0;
        let mut unit = 0;
        while rest != 0 && rest % 1024 == 0 && unit + 1 < UNITS.len() {
            rest /= 1024;
            unit += 1;
        }
        f.pad(&format!("{rest} {}", UNITS[unit]))
    }
}

/// Rows of cells, written with the columns below each other.
pub struct Table(pub Vec<Vec<String>>);

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.0 {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            writeln!(f, "{}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!(Amount(0).to_string(), "0 B");
        assert_eq!(Amount(0x1000).to_string(), "4 KiB");
        assert_eq!(Amount(3 << 30).to_string(), "3 GiB");
        assert_eq!(Amount(1025).to_string(), "1025 B");
    }

    #[test]
    fn columns() {
        let table = Table(vec![
            vec!["a".into(), "b".into()],
            vec!["long".into(), "".into()],
        ]);
        assert_eq!(table.to_string(), "a     b\nlong\n");
    }
}
