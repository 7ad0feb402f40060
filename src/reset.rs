// SPDX-License-Identifier: GPL-2.0

//! What a reset of the function does to the window, and what a guest asks of the function through
//! its shadows.

#![forbid(unsafe_code)]

use crate::{
    device::Passthrough,
    ffi::{
        trace,
        vfio::{
            region_start,
            Device, //
        },
    },
    gate::Reason,
    passthrough::Cxl,
};
use cxl_regs::{
    access::Access,
    attr::Reset,
    effect::{
        Effect,
        Effects, //
    },
};
use kernel::{
    dev_err,
    prelude::*, //
};

/// Closes the window: nothing is mapped and nobody is inside when this returns.
pub(crate) fn close(device: &Device<Passthrough>, cxl: &Cxl, reason: Reason) {
    // The session's lock is not held across: the gate waits for those inside, who may want it.
    let memory = cxl.with_session(|session| session.indices.memory).ok();
    trace::gate(device.pdev(), reason.name());
    cxl.gate.close(reason, || {
        if let Some(index) = memory {
            device.zap(region_start(index), cxl.window.size());
        }
    });
}

/// Brings the hardware back to what firmware had committed, and opens the window.
pub(crate) fn open(device: &Device<Passthrough>, cxl: &Cxl) -> Result {
    let opened = cxl.gate.open(&cxl.hardware);
    trace::gate(
        device.pdev(),
        opened.map_or_else(Reason::name, |()| c"open"),
    );
    opened.map_err(|reason| {
        dev_err!(
            device.pdev(),
            "device memory is not usable: {}\n",
            format_args!("{reason}")
        );
        reason.errno()
    })
}

/// The PCI core is about to reset the function.
pub(crate) fn prepare(device: &Device<Passthrough>, cxl: &Cxl) {
    close(device, cxl, Reason::Resetting);
}

/// The PCI core has reset the function, or tried to.
pub(crate) fn done(device: &Device<Passthrough>, cxl: &Cxl) {
    cxl.counters.reset();
    if cxl
        .with_session(|session| session.reset(Reset::Flr))
        .is_err()
    {
        // The reset that open does comes before there is a session; open goes on from here.
        close(device, cxl, Reason::NotOpen);
        return;
    }
    // The message was printed, and the gate keeps the reason for those who ask.
    let _ = open(device, cxl);
}

/// Says what a write to a shadow did, for whoever traces.
pub(crate) fn trace_write(
    device: &Device<Passthrough>,
    block: &CStr,
    at: Access,
    value: u64,
    effects: Effects,
) {
    let write = |effect| {
        let (offset, len) = (at.offset(), at.len().into());
        trace::register_write(device.pdev(), block, offset, len, value, effect);
    };
    if effects.is_empty() {
        write(c"none");
    }
    for effect in effects {
        write(match effect {
            Effect::Released { .. } => c"released",
            Effect::Switched { .. } => c"switched",
            Effect::Committed { .. } => c"committed",
            Effect::CommitFailed { .. } => c"commit failed",
            Effect::WriteBack => c"write back",
            Effect::Reset { .. } => c"reset",
        });
    }
}

/// Performs what a write to a shadow asks for.
pub(crate) fn perform(device: &Device<Passthrough>, cxl: &Cxl, effects: Effects) {
    for effect in effects {
        match effect {
            Effect::WriteBack => {
                let done = cxl.hardware.write_back();
                let _ = cxl.with_session(|session| {
                    if done.is_ok() {
                        session.dvsec.complete_write_back();
                    }
                });
            }
            Effect::Reset { clear_memory } => {
                let success = cxl_reset(device, cxl, clear_memory).is_ok();
                let _ = cxl.with_session(|session| session.dvsec.complete_reset(success));
            }
            // These are the guest's view of a decoder that firmware committed and that stays as it
            // is: a VMM follows them, hardware does not.
            Effect::Released { .. }
            | Effect::Committed { .. }
            | Effect::CommitFailed { .. }
            | Effect::Switched { .. } => (),
        }
    }
}

/// Performs a CXL Reset (8.1.3.4): the window is closed around it.
fn cxl_reset(device: &Device<Passthrough>, cxl: &Cxl, clear_memory: bool) -> Result {
    close(device, cxl, Reason::Resetting);
    let timeout = cxl
        .with_session(|session| session.dvsec.reset_timeout_ms())?
        .ok_or(EOPNOTSUPP);
    let reset = timeout.and_then(|timeout_ms| {
        cxl.hardware
            .cxl_reset(clear_memory, timeout_ms)
            .map_err(|fault| {
                dev_err!(
                    device.pdev(),
                    "CXL reset failed: {}\n",
                    format_args!("{fault}")
                );
                fault.errno()
            })
    });
    if reset.is_ok() {
        cxl.counters.reset();
        cxl.with_session(|session| session.reset(Reset::Cxl))?;
    }
    open(device, cxl)?;
    reset
}
