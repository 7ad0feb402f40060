// SPDX-License-Identifier: GPL-2.0

//! Which calls into vfio-pci-core are under way, and by which thread.
//!
//! The PCI core tells that it resets the function, but not for whom. It does so on the thread that
//! asked for it, so a reset on a thread with an entry here is that call's; any other is the
//! host's: sysfs, error recovery, a hot reset of another function's user.

#![forbid(unsafe_code)]

use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex,
    task::Task, //
};

/// A call into vfio-pci-core in which the function may be reset.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// vfio-pci-core performs a guest's write to configuration space, in which an FLR may be asked
    /// for.
    GuestWrite,
}

/// The calls under way for one device.
#[pin_data]
pub(crate) struct Calls {
    /// The threads' tasks, each with its call.
    #[pin]
    entries: Mutex<KVec<(usize, Call)>>,
}

/// The address of the current thread's task.
fn this_thread() -> usize {
    Task::current_raw().addr()
}

impl Calls {
    /// None yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            entries <- new_mutex!(KVec::new(), "cxl_vfio_pci_calls"),
        })
    }

    /// Runs `run`, which is that call.
    pub(crate) fn during<R>(&self, call: Call, run: impl FnOnce() -> R) -> Result<R> {
        let thread = this_thread();
        self.entries.lock().push((thread, call), GFP_KERNEL)?;
        let result = run();
        self.entries
            .lock()
            .retain(|&mut (other, _)| other != thread);
        Ok(result)
    }

    /// The call that this thread is in.
    pub(crate) fn by_this_thread(&self) -> Option<Call> {
        let thread = this_thread();
        let entries = self.entries.lock();
        let entry = entries.iter().find(|(other, _)| *other == thread);
        entry.map(|&(_, call)| call)
    }
}
