// SPDX-License-Identifier: GPL-2.0

//! The devices that cases start from.

use cxl_regs::{
    dvsec::{
        self,
        DvsecShadow, //
    },
    hdm::{
        self,
        HdmShadow, //
    },
    locator::Entry,
    ras::{
        self,
        RasShadow,
        Uncorrectable, //
    },
    Access,
    CapabilityArray,
    Effects,
    Unfit, //
};

use super::Step;

/// The largest snapshot of a case.
pub(super) const DWORDS: usize = hdm::HEADER_DWORDS + hdm::DECODERS * hdm::DECODER_DWORDS;

/// Which registers a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Snapshot {
    /// The CXL Device DVSEC.
    Dvsec,
    /// The HDM decoders.
    Hdm,
    /// The capability array.
    Array,
    /// The RAS Capability.
    Ras,
    /// The Register Locator DVSEC, which has no shadow.
    Locator,
}

/// A device: what its registers read.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Which registers they are.
    pub snapshot: Snapshot,
    /// Their first dwords; those after read zero.
    pub words: &'static [u32],
    /// Dwords that read otherwise: offset and value.
    pub pokes: &'static [(usize, u32)],
    /// How many dwords the snapshot has.
    pub dwords: usize,
    /// How the shadow of HDM decoders is made.
    pub options: hdm::Options,
}

/// Any shadow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant)] // There is no allocator to put the large one elsewhere.
pub enum Shadow {
    /// Of the CXL Device DVSEC, and what the device answers that it is asked for meanwhile.
    Dvsec(DvsecShadow, [Option<u32>; dvsec::DWORDS]),
    /// Of the HDM decoders.
    Hdm(HdmShadow),
    /// Of the capability array.
    Array(CapabilityArray),
    /// Of the RAS Capability.
    Ras(RasShadow),
    /// None: just where a Register Locator DVSEC says that the component block is.
    Locator(Entry),
}

impl Start {
    /// The shadow of the device, or why there is none.
    pub fn shadow(&self) -> Result<Shadow, Unfit> {
        let mut words = [0; DWORDS];
        for (word, &value) in words.iter_mut().zip(self.words) {
            *word = value;
        }
        for &(offset, value) in self.pokes {
            if let Some(word) = words.get_mut(offset >> 2) {
                *word = value;
            }
        }
        let words = words.get(..self.dwords).unwrap_or(&words);
        match self.snapshot {
            Snapshot::Dvsec => {
                let dvsec = DvsecShadow::from_snapshot(words)?;
                let mut answers = [None; dvsec::DWORDS];
                for (answer, &word) in answers.iter_mut().zip(words) {
                    *answer = Some(word);
                }
                Ok(Shadow::Dvsec(dvsec, answers))
            }
            Snapshot::Hdm => HdmShadow::from_snapshot(words, self.options).map(Shadow::Hdm),
            Snapshot::Array => CapabilityArray::from_snapshot(words).map(Shadow::Array),
            Snapshot::Ras => {
                let words = words.first_chunk().unwrap_or(&[0; ras::DWORDS]);
                Ok(Shadow::Ras(RasShadow::from_snapshot(words)))
            }
            Snapshot::Locator => Entry::from_snapshot(words).map(Shadow::Locator),
        }
    }

    /// The same device, except that `pokes` read otherwise.
    pub(super) const fn with(self, pokes: &'static [(usize, u32)]) -> Self {
        Self { pokes, ..self }
    }
}

impl Shadow {
    /// What a guest reads.
    pub fn read(&mut self, at: Access) -> u64 {
        match self {
            Self::Dvsec(dvsec, answers) => dvsec.read(at, |offset| {
                let answer = answers.get(usize::from(offset >> 2));
                answer.copied().flatten()
            }),
            Self::Hdm(hdm) => hdm.read(at),
            Self::Array(array) => array.read(at),
            Self::Ras(ras) => ras.read(at),
            Self::Locator(_) => 0,
        }
    }

    /// Performs a step. One that the shadow does not have does nothing.
    pub fn perform(&mut self, step: Step) -> Effects {
        match (self, step) {
            (Self::Dvsec(dvsec, answers), Step::Write { offset, len, value }) => {
                let Some(at) = Access::new(offset, len) else {
                    return Effects::NONE;
                };
                let effects = dvsec.write(at, value);
                // The device clears what the guest has cleared.
                for (dword, cleared) in [(3, effects.status), (4, effects.status2)] {
                    if let Some(Some(word)) = answers.get_mut(dword) {
                        *word &= !(u32::from(cleared) << 16);
                    }
                }
                return effects;
            }
            (Self::Hdm(hdm), Step::Write { offset, len, value }) => {
                return Access::new(offset, len).map_or(Effects::NONE, |at| hdm.write(at, value));
            }
            (Self::Ras(ras), Step::Write { offset, len, value }) => {
                return Access::new(offset, len).map_or(Effects::NONE, |at| ras.write(at, value));
            }
            (Self::Dvsec(_, answers), Step::Device(offset, word)) => {
                if let Some(answer) = answers.get_mut(usize::from(offset >> 2)) {
                    *answer = Some(word);
                }
            }
            (Self::Dvsec(_, answers), Step::Mute) => *answers = [None; dvsec::DWORDS],
            (Self::Dvsec(dvsec, _), Step::Reset) => dvsec.reset(),
            (Self::Hdm(hdm), Step::Reset) => hdm.reset(),
            (Self::Dvsec(dvsec, _), Step::CompleteReset { success }) => {
                dvsec.complete_reset(success);
            }
            (Self::Ras(ras), Step::Uncorrectable(status, control, log)) => {
                ras.collect_uncorrectable(&Uncorrectable {
                    status,
                    control,
                    header_log: [log; ras::HEADER_LOG_DWORDS],
                });
            }
            (Self::Ras(ras), Step::Correctable(status)) => ras.collect_correctable(status),
            _ => {}
        }
        Effects::NONE
    }
}

const OPTIONS: hdm::Options = hdm::Options {
    back_invalidate: false,
    lock: hdm::Lock::Hardware,
};

/// A CXL Device DVSEC: 4 GiB of memory at 4 GiB, valid and active; WBI, CXL Reset within 100 ms,
/// clearing of memory, viral; CXL.mem enabled; no lock.
const REV2_WORDS: [u32; dvsec::DWORDS] = [
    0x0001_0023, // The PCI header is not looked at.
    0x03c2_1e98, // length, revision, vendor
    0xc9d7_0000, // Capability, id
    0x0000_0006, // Status, Control
    0x0000_0000, // Status2, Control2
    0x0040_0000, // Capability2, Lock
    0x0000_0001, // range 1
    0x0000_0003,
    0x0000_0001,
    0x0000_0000,
    0x0000_0000, // range 2
    0x0000_0000,
    0x0000_0000,
    0x0000_0000,
    0x0000_0018, // Capability3
];

const fn header1(value: u32) -> [u32; dvsec::DWORDS] {
    let [header, _, rest @ ..] = REV2_WORDS;
    let [d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14] = rest;
    [
        header, value, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14,
    ]
}

const fn dvsec(words: &'static [u32], dwords: usize) -> Start {
    Start {
        snapshot: Snapshot::Dvsec,
        words,
        pokes: &[],
        dwords,
        options: OPTIONS,
    }
}

/// Revision 1, which ends before Capability3.
pub(super) const REV1: Start = dvsec(&header1(0x0381_1e98), 14);
/// Revision 2.
pub(super) const REV2: Start = dvsec(&REV2_WORDS, 15);
/// Revision 3, the first with direct peer-to-peer.
pub(super) const REV3: Start = dvsec(&header1(0x03c3_1e98), 15);

const fn hdm(words: &'static [u32], count: usize) -> Start {
    Start {
        snapshot: Snapshot::Hdm,
        words,
        pokes: &[],
        dwords: hdm::HEADER_DWORDS.wrapping_add(count.wrapping_mul(hdm::DECODER_DWORDS)),
        options: OPTIONS,
    }
}

/// One decoder, with nothing optional.
pub(super) const PLAIN: Start = hdm(&[0x0000_0000], 1);
/// Four decoders with every number of ways and poison on decode error.
pub(super) const FOUR: Start = hdm(&[0x0000_1c02], 4);
/// Decoder 0 of four is committed: 4 GiB at 4 GiB.
pub(super) const COMMITTED: Start =
    FOUR.with(&[(0x04, 0x2), (0x14, 0x1), (0x1c, 0x1), (0x20, 0x600)]);
/// Thirty-two such decoders.
pub(super) const MANY: Start = hdm(&[0x0000_1c0c], 32);
/// Four decoders capable of UIO and back-invalidate, too.
pub(super) const RICH: Start = Start {
    options: hdm::Options {
        back_invalidate: true,
        ..OPTIONS
    },
    ..hdm(&[0x0060_3c02], 4)
};

/// A capability array: RAS at 0x80, nothing, HDM decoders at 0x100, link at 0x202.
pub(super) const ARRAY: Start = Start {
    snapshot: Snapshot::Array,
    words: &[
        0x0411_0001,
        0x0802_0002,
        0x0000_0000,
        0x1003_0005,
        0x2021_0004,
    ],
    pokes: &[],
    dwords: 5,
    options: OPTIONS,
};

/// A RAS Capability: errors that are there already, masks, a pointer to the first error.
pub(super) const RAS: Start = Start {
    snapshot: Snapshot::Ras,
    words: &[
        0x0001_0001,
        0x0000_0100,
        0x0001_cfff,
        0x0000_0001,
        0,
        0x0000_2205,
    ],
    pokes: &[],
    dwords: 6,
    options: OPTIONS,
};
