// SPDX-License-Identifier: GPL-2.0

//! What to do about each refusal of the driver: the table of Documentation/binding.md, which is the only place that says it.

const BINDING: &str = include_str!("../../../Documentation/binding.md");

/// The error numbers by which the driver refuses a device.
const NUMBERS: [(&str, i32); 22] = [
    ("ENODEV", libc::ENODEV),
    ("ENOENT", libc::ENOENT),
    ("EBADMSG", libc::EBADMSG),
    ("EADDRNOTAVAIL", libc::EADDRNOTAVAIL),
    ("ERANGE", libc::ERANGE),
    ("EBADR", libc::EBADR),
    ("ENODATA", libc::ENODATA),
    ("EOVERFLOW", libc::EOVERFLOW),
    ("EINVAL", libc::EINVAL),
    ("ENXIO", libc::ENXIO),
    ("EOPNOTSUPP", libc::EOPNOTSUPP),
    ("EPROTOTYPE", libc::EPROTOTYPE),
    ("EDOM", libc::EDOM),
    ("ENOTCONN", libc::ENOTCONN),
    ("ETIMEDOUT", libc::ETIMEDOUT),
    ("EINTR", libc::EINTR),
    ("EPROTO", libc::EPROTO),
    ("EACCES", libc::EACCES),
    ("EHOSTUNREACH", libc::EHOSTUNREACH),
    ("EREMCHG", libc::EREMCHG),
    ("EBUSY", libc::EBUSY),
    ("EFBIG", libc::EFBIG),
];

/// The name of an error number, if it is one of the driver's.
pub fn name(number: i32) -> Option<&'static str> {
    let entry = NUMBERS.iter().find(|(_, value)| *value == number);
    entry.map(|(name, _)| *name)
}

/// What to do about the refusal with this error number.
pub fn about(name: &str) -> Option<&'static str> {
    let start = format!("| `{name}` | ");
    let row = BINDING.lines().find(|line| line.starts_with(&start))?;
    // The sentences of the kernel log have no bar.
    let advice = row.trim_end_matches(" |").rsplit(" | ").next()?;
    Some(advice.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of the table has a number here and an advice that stands for itself.
    #[test]
    fn table_is_complete() {
        let rows: Vec<&str> = (BINDING.lines())
            .filter(|line| line.starts_with("| `E"))
            .collect();
        assert!(rows.len() > 15);
        for row in rows {
            let word = row.split('`').nth(1).expect("a word in backquotes");
            let number = NUMBERS.iter().find(|(name, _)| *name == word);
            let (_, number) = number.unwrap_or_else(|| panic!("{word} has no number"));
            assert_eq!(name(*number), Some(word));
            let advice = about(word).expect("an advice");
            assert!(!advice.starts_with("likewise"), "{word}: {advice}");
            assert!(advice.len() > 10, "{word}: {advice}");
        }
    }
}
