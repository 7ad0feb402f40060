// SPDX-License-Identifier: GPL-2.0

//! A CXL Reset that a user asked for. It may take as long as the device has announced, and nothing ends
//! it sooner: so a job of the device does it, from beginning to end, and its user waits for that, or is
//! killed meanwhile.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        sleep,
        vfio::Device, //
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

/// How often those look that wait.
const POLL_MS: u32 = 2;

/// A reset that is asked for.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// By the user of the device, with an ioctl.
    User,
    /// By the guest, with a doorbell.
    Guest {
        /// Whether the memory shall be cleared.
        clear_memory: bool,
    },
}

/// How far it is.
#[derive(Copy, Clone)]
enum State {
    /// Nobody asked.
    Idle,
    /// A task waits for it; `abandoned` if it has been killed since.
    Asked { request: Request, abandoned: bool },
    /// It is over, and the task has not seen it yet.
    Over(Result),
}

/// The reset of a device that is asked for.
#[pin_data]
pub(crate) struct Asked {
    #[pin]
    state: Mutex<State>,
}

impl Asked {
    /// Nobody has asked.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            state <- new_mutex!(State::Idle, "cxl_vfio_pci_asked"),
        })
    }

    /// Asks, if nobody else does.
    fn ask(&self, request: Request) -> bool {
        let mut state = self.state.lock();
        let is_idle = matches!(*state, State::Idle);
        if is_idle {
            *state = State::Asked {
                request,
                abandoned: false,
            };
        }
        is_idle
    }

    /// How it ended, if it has: the next may ask then.
    fn result(&self) -> Option<Result> {
        let mut state = self.state.lock();
        let State::Over(result) = *state else {
            return None;
        };
        *state = State::Idle;
        Some(result)
    }

    fn abandon(&self) {
        let mut state = self.state.lock();
        match &mut *state {
            State::Asked { abandoned, .. } => *abandoned = true,
            State::Over(_) => *state = State::Idle,
            State::Idle => (),
        }
    }

    /// What the job has to do.
    pub(crate) fn request(&self) -> Option<Request> {
        match *self.state.lock() {
            State::Asked { request, .. } => Some(request),
            State::Idle | State::Over(_) => None,
        }
    }

    /// The job has done it.
    pub(crate) fn end(&self, result: Result) {
        let mut state = self.state.lock();
        *state = match *state {
            State::Asked {
                abandoned: false, ..
            } => State::Over(result),
            _ => State::Idle,
        };
    }
}

/// Has the job of the device do it, and waits for the result; `EINTR` if the process is being killed
/// meanwhile. What was begun is done all the same.
pub(crate) fn ask(device: &Device<Cxl>, request: Request) -> Result {
    while !device.asked.ask(request) {
        sleep::wait_killable_ms(POLL_MS)?;
    }
    device.job.queue(device);
    loop {
        if let Some(result) = device.asked.result() {
            return result;
        }
        sleep::wait_killable_ms(POLL_MS).inspect_err(|_| device.asked.abandon())?;
    }
}

/// Waits until a reset is done whose asker was killed. Before that the function must not be accessed,
/// so the device cannot be closed.
pub(crate) fn wait(device: &Device<Cxl>) {
    while device.asked.request().is_some() {
        sleep::uninterruptible_ms(POLL_MS);
    }
}
