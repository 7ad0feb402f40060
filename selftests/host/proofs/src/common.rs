// SPDX-License-Identifier: GPL-2.0

//! What the crate and the model have in common, in the words of the model.

use cxl_regs::{
    attr,
    effect::{
        Effect,
        Effects, //
    },
    policy::Policy,
    Access, //
};
use model::Choices;

/// Every answer to the open questions of the specification, named: the default one first.
pub const CHOICES: [(&str, Choices); 5] = [
    ("default", DEFAULT),
    (
        "release locked",
        Choices {
            release_locked: true,
            ..DEFAULT
        },
    ),
    (
        "release in any order",
        Choices {
            release_in_order: false,
            ..DEFAULT
        },
    ),
    (
        "base aligned to 256 MiB",
        Choices {
            base_aligned_to_ways: false,
            ..DEFAULT
        },
    ),
    (
        "CXL Reset clears locks",
        Choices {
            locks_survive_cxl_reset: false,
            ..DEFAULT
        },
    ),
];

/// What the module does unless it is told otherwise.
pub const DEFAULT: Choices = Choices {
    release_locked: false,
    release_in_order: true,
    base_aligned_to_ways: true,
    locks_survive_cxl_reset: true,
};

/// The kinds of reset, from the weakest to the strongest.
pub const RESETS: [model::Reset; 4] = [
    model::Reset::FunctionLevel,
    model::Reset::Cxl,
    model::Reset::Conventional,
    model::Reset::PowerGood,
];

/// The crate's form of the choices.
pub fn policy(choices: Choices) -> Policy {
    Policy {
        release_locked: choices.release_locked,
        release_in_order: choices.release_in_order,
        base_aligned_to_ways: choices.base_aligned_to_ways,
        locks_survive_cxl_reset: choices.locks_survive_cxl_reset,
    }
}

/// The crate's form of a reset.
pub fn reset(kind: model::Reset) -> attr::Reset {
    match kind {
        model::Reset::FunctionLevel => attr::Reset::Flr,
        model::Reset::Cxl => attr::Reset::Cxl,
        model::Reset::Conventional => attr::Reset::Conventional,
        model::Reset::PowerGood => attr::Reset::PowerGood,
    }
}

/// The model's form of effects.
pub fn effects(effects: Effects) -> Vec<model::Effect> {
    effects.map(effect).collect()
}

fn effect(effect: Effect) -> model::Effect {
    match effect {
        Effect::Released { decoder } => model::Effect::Released(decoder.into()),
        Effect::Switched { switch, on } => model::Effect::Switched(switch.name(), on),
        Effect::Committed {
            decoder,
            base,
            size,
        } => model::Effect::Committed(decoder.into(), base, size),
        Effect::CommitFailed { decoder, error } => {
            model::Effect::Refused(decoder.into(), reason(error))
        }
        Effect::WriteBack => model::Effect::WriteBack,
        Effect::Reset { clear_memory } => model::Effect::CxlReset(clear_memory),
    }
}

fn reason(error: cxl_regs::hdm::CommitError) -> &'static str {
    use cxl_regs::hdm::CommitError::*;

    match error {
        Granularity { .. } => "Granularity",
        Ways { .. } => "Ways",
        SizeZero => "SizeZero",
        SizeAlignment { .. } => "SizeAlignment",
        BaseAlignment { .. } => "BaseAlignment",
        Wraps { .. } => "Wraps",
        OutOfOrder => "OutOfOrder",
        Overlap { .. } => "Overlap",
        OverlapAbove { .. } => "OverlapAbove",
    }
}

/// An access that the crate must accept.
///
/// # Panics
///
/// Panics if the crate refuses it.
pub fn access(offset: usize, len: usize) -> Access {
    u32::try_from(offset)
        .ok()
        .and_then(|offset| Access::new(offset, len))
        .unwrap_or_else(|| panic!("access of {len} bytes at {offset:#x} is refused"))
}

/// The little-endian bytes of an access of `len` bytes that writes `value`.
pub fn data(value: u64, len: usize) -> Vec<u8> {
    value.to_le_bytes()[..len].to_vec()
}

/// The value of a model's bytes.
pub fn value(bytes: impl DoubleEndedIterator<Item = u8>) -> u64 {
    bytes
        .rev()
        .fold(0, |value, byte| (value << 8) | u64::from(byte))
}

/// The CPU time of this thread in seconds: a figure that does not depend on what else runs.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = stat.split(' ').next().and_then(|n| n.parse().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}
