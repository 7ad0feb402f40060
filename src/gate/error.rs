// SPDX-License-Identifier: GPL-2.0

//! Uncorrectable errors: what ends them.

#![forbid(unsafe_code)]

/// An uncorrectable error that was reported, and that no reset has ended yet. Entered by AER; left by
/// a reset that reaches what failed, and by nothing else: not by a close, and not by an open.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The RAS Capability had none of CXL.cache and CXL.mem: it is one of PCIe.
    Pcie,
    /// The RAS Capability had one.
    Cxl,
    /// The RAS Capability could not be read.
    Unknown,
}

/// What a reset reaches of a function, if it is certain that the reset took place.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// CXL.io, as FLR.
    Io,
    /// CXL.cache and CXL.mem, too: CXL Reset, and a reset of the bus.
    Cxl,
}

impl ErrorKind {
    /// Whether a reset ends it.
    pub(super) fn is_ended_by(self, scope: Scope) -> bool {
        match (self, scope) {
            (Self::Pcie, Scope::Io) | (_, Scope::Cxl) => true,
            (Self::Cxl | Self::Unknown, Scope::Io) => false,
        }
    }

    /// What is known after more was learnt of it, or after another one was reported.
    pub(super) fn and(self, more: Self) -> Self {
        match (self, more) {
            (Self::Cxl, _) | (_, Self::Cxl) => Self::Cxl,
            (Self::Unknown, more) => more,
            (Self::Pcie, Self::Pcie | Self::Unknown) => more,
        }
    }
}
