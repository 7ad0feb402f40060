// SPDX-License-Identifier: GPL-2.0

//! Answers of VFIO whose length is not known before: `argsz`, and chains of capabilities.
//!
//! `VFIO_DEVICE_GET_INFO` and `VFIO_DEVICE_GET_REGION_INFO` return a structure with a chain of
//! capabilities behind it. The caller says in `argsz` how much room there is. If that is not
//! enough, the kernel fills the structure alone, and says in `argsz` how much it takes.

use crate::error::{Error, Result};

/// Beyond this an answer is not believed.
const MAX_SIZE: usize = 1 << 16;

/// Length of `struct vfio_info_cap_header`: id, version, offset of the next.
const HEADER: usize = 8;

/// An answer of the kernel, with all of its capabilities.
#[derive(Debug)]
pub struct Answer(Vec<u8>);

/// One link of the chain; offsets count from its header, as in the C structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability<'a> {
    pub version: u16,
    pub bytes: &'a [u8],
}

/// The dword at `at`, which the caller knows to be there only if this is `Some`.
fn dword(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

impl Capability<'_> {
    pub fn u32(&self, at: usize) -> Result<u32> {
        dword(self.bytes, at).ok_or_else(|| self.short(at + 4))
    }

    pub fn u64(&self, at: usize) -> Result<u64> {
        let bytes = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes
            .map(|bytes| u64::from_ne_bytes(*bytes))
            .ok_or_else(|| self.short(at + 8))
    }

    fn short(&self, needed: usize) -> Error {
        Error::new(format!(
            "a capability has {} bytes where {needed} are needed",
            self.bytes.len()
        ))
    }
}

impl Answer {
    /// Asks for a structure of `size` bytes until the answer with its capabilities has room.
    ///
    /// `ask` is given the buffer, zero but for `argsz` and what `prepare` put there.
    pub fn get(
        size: usize,
        prepare: impl Fn(&mut [u8]),
        mut ask: impl FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<Self> {
        let mut room = size;
        // The second answer fits, unless something changed in between.
        for _ in 0..3 {
            let mut bytes = vec![0; room];
            prepare(&mut bytes);
            bytes[..4].copy_from_slice(&(room as u32).to_ne_bytes());
            ask(&mut bytes)?;
            let needed = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
            if needed <= room {
                return Ok(Answer(bytes));
            }
            if needed > MAX_SIZE {
                return Err(Error::new(format!("an answer wants {needed} bytes")));
            }
            room = needed;
        }
        Err(Error::new("an answer grows each time it is asked for"))
    }

    /// A dword of the structure itself.
    pub fn u32(&self, at: usize) -> u32 {
        dword(&self.0, at).unwrap_or(0)
    }

    pub fn u64(&self, at: usize) -> u64 {
        let halves = [self.u32(at), self.u32(at + 4)].map(u32::to_ne_bytes);
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&halves[0]);
        bytes[4..].copy_from_slice(&halves[1]);
        u64::from_ne_bytes(bytes)
    }

    /// The capability with this id in the chain that starts at `first`; 0 means that there is none.
    ///
    /// Capabilities that are not known are stepped over, whatever their length.
    pub fn capability(&self, first: u32, id: u32) -> Result<Option<Capability<'_>>> {
        let mut at = first as usize;
        // A chain may go forth and back. One with more links than there is room for is a loop.
        for _ in 0..=self.0.len() / HEADER {
            if at == 0 {
                return Ok(None);
            }
            let bytes = self.0.get(at..).filter(|bytes| bytes.len() >= HEADER);
            let Some(bytes) = bytes else {
                return Err(Error::new(format!(
                    "a capability at {at:#x} is outside of the answer's {:#x} bytes",
                    self.0.len()
                )));
            };
            let half = |at: usize| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
            if u32::from(half(0)) == id {
                return Ok(Some(Capability {
                    version: half(2),
                    bytes,
                }));
            }
            at = dword(bytes, 4).unwrap_or(0) as usize;
        }
        Err(Error::new("the chain of capabilities has no end"))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A kernel whose answer is `full`, of which the first `size` bytes are the structure.
    pub fn kernel(full: &[u8], size: usize) -> impl FnMut(&mut [u8]) -> Result<()> + '_ {
        move |buffer| {
            let count = if buffer.len() >= full.len() {
                full.len()
            } else {
                size
            };
            buffer[..count].copy_from_slice(&full[..count]);
            buffer[..4].copy_from_slice(&(full.len() as u32).to_ne_bytes());
            Ok(())
        }
    }

    /// A structure of `size` bytes and capabilities (id, next, body) at the offsets they name.
    pub fn answer(size: usize, capabilities: &[(usize, u16, u32, &[u8])]) -> Vec<u8> {
        let mut full = vec![0; size];
        for &(at, id, next, body) in capabilities {
            full.resize(full.len().max(at + HEADER + body.len()), 0);
            full[at..at + 2].copy_from_slice(&id.to_ne_bytes());
            full[at + 2..at + 4].copy_from_slice(&1u16.to_ne_bytes());
            full[at + 4..at + 8].copy_from_slice(&next.to_ne_bytes());
            full[at + 8..at + 8 + body.len()].copy_from_slice(body);
        }
        full
    }

    pub fn get(full: &[u8], size: usize) -> Answer {
        Answer::get(size, |_| (), kernel(full, size)).unwrap()
    }

    #[test]
    fn an_answer_is_asked_for_again_when_it_has_no_room() {
        let full = answer(24, &[(24, 5, 0, &[1, 2, 3, 4])]);
        let mut asked = Vec::new();
        let mut kernel = kernel(&full, 24);
        let answer = Answer::get(
            24,
            |buffer| buffer[8] = 7,
            |buffer| {
                asked.push((buffer.len(), buffer[0], buffer[8]));
                kernel(buffer)
            },
        )
        .unwrap();
        assert_eq!(asked, [(24, 24, 7), (36, 36, 7)]);
        let found = answer.capability(24, 5).unwrap().unwrap();
        assert_eq!(found.u32(8).unwrap(), u32::from_ne_bytes([1, 2, 3, 4]));
        assert!(found.u32(9).is_err());
        assert!(found.u64(8).is_err());
    }

    #[test]
    fn an_answer_that_has_room_is_asked_for_once() {
        let mut asked = 0;
        let answer = Answer::get(
            24,
            |_| (),
            |buffer| {
                asked += 1;
                buffer[16..24].copy_from_slice(&0x1234_5678_9abc_def0u64.to_ne_bytes());
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(asked, 1);
        assert_eq!(answer.u64(16), 0x1234_5678_9abc_def0);
        assert!(answer.capability(0, 5).unwrap().is_none());
    }

    #[test]
    fn answers_that_grow_or_want_too_much_are_not_believed() {
        let mut size = 24u32;
        let growing = Answer::get(
            24,
            |_| (),
            |buffer| {
                size += 8;
                buffer[..4].copy_from_slice(&size.to_ne_bytes());
                Ok(())
            },
        );
        assert!(growing.is_err());
        let huge = Answer::get(
            24,
            |_| (),
            |buffer| {
                buffer[..4].copy_from_slice(&u32::MAX.to_ne_bytes());
                Ok(())
            },
        );
        assert!(huge.is_err());
    }

    #[test]
    fn capabilities_that_are_not_known_are_stepped_over() {
        let full = answer(
            24,
            &[(24, 1, 40, &[0; 8]), (40, 9, 48, &[]), (48, 5, 0, &[8])],
        );
        let answer = get(&full, 24);
        assert_eq!(answer.capability(24, 5).unwrap().unwrap().bytes.len(), 9);
        assert!(answer.capability(24, 6).unwrap().is_none());
    }

    #[test]
    fn a_chain_may_go_back() {
        let full = answer(24, &[(24, 5, 0, &[1, 2, 3, 4]), (36, 6, 24, &[])]);
        let answer = get(&full, 24);
        let found = answer.capability(36, 5).unwrap().unwrap();
        assert_eq!(found.u32(8).unwrap(), u32::from_ne_bytes([1, 2, 3, 4]));
        assert!(answer.capability(36, 7).unwrap().is_none());
    }

    #[test]
    fn a_chain_that_loops_is_an_error() {
        let full = answer(24, &[(24, 1, 40, &[0; 8]), (40, 2, 24, &[])]);
        assert!(get(&full, 24).capability(24, 5).is_err());
        // What is in front of the loop is found.
        assert!(get(&full, 24).capability(24, 2).unwrap().is_some());
        let itself = answer(24, &[(24, 1, 24, &[])]);
        assert!(get(&itself, 24).capability(24, 5).is_err());
    }

    #[test]
    fn a_chain_that_leaves_the_answer_is_an_error() {
        let full = answer(24, &[(24, 1, 0x1000, &[])]);
        assert!(get(&full, 24).capability(24, 5).is_err());
        // The last header is cut.
        let full = answer(24, &[(24, 1, 32, &[0; 7])]);
        assert!(get(&full, 24).capability(24, 5).is_err());
        assert!(get(&full, 24).capability(u32::MAX, 5).is_err());
    }
}
