// SPDX-License-Identifier: GPL-2.0

//! What a bound CXL device is beside its PCI function.

#![forbid(unsafe_code)]

mod session;

pub(crate) use self::session::{
    Indices,
    Session, //
};

use crate::{
    counters::Counters,
    failed::Failed,
    ffi::{
        info::{
            vfio_device_info_cap_cxl,
            vfio_info_cap_header,
            CapCxl,
            VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED,
            VFIO_DEVICE_INFO_CAP_CXL, //
        },
        params,
        sleep,
        vma, //
    },
    gate::Gate,
    hardware::{
        Commit,
        Control2,
        Hardware, //
    },
};
use cxl_regs::{
    cm,
    dvsec::{
        self,
        DvsecShadow, //
    },
    map, //
};
use kernel::{
    new_mutex,
    num::casts::usize_as_u64,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
    task::Task, //
};

/// A bound CXL device.
#[pin_data]
pub(crate) struct Cxl {
    /// Its registers.
    pub(crate) hardware: Arc<Hardware>,
    /// Whether its memory may be touched.
    #[pin]
    pub(crate) gate: Gate,
    /// What its user sees, while there is one.
    #[pin]
    pub(crate) session: Mutex<Option<KBox<Session>>>,
    /// Who writes Control2. It comes after the gate's lock, and nothing is taken under it.
    #[pin]
    pub(crate) control2: Mutex<Control2>,
    /// How many CXL Resets are under way, for which configuration space has to wait.
    cxl_resets: Atomic<u32>,
    /// Which pages of its memory failed.
    #[pin]
    pub(crate) failed: Failed,
    /// What happened so far.
    pub(crate) counters: Counters,
    /// The arithmetic of the window.
    pub(crate) window: map::Window,
    /// The regions of the memory and of the component registers while the device is open, else 0.
    /// Not behind the session's lock, because the gate is closed under locks that come before that.
    memory_index: Atomic<u32>,
    component_index: Atomic<u32>,
    /// What resets can the device do: the time that a CXL Reset takes, and whether it can clear.
    cxl_reset: Option<CxlReset>,
    /// Whether a user may have left something in the memory.
    used: Atomic<bool>,
    /// The thread that accesses configuration space for a guest, else 0.
    accessed_by: Atomic<usize>,
}

/// The address of the current thread's task.
fn this_thread() -> usize {
    Task::current_raw().addr()
}

/// The CXL Reset of a device that has one.
#[derive(Copy, Clone)]
struct CxlReset {
    timeout_ms: u32,
    clears_memory: bool,
}

/// A CXL Reset that is under way.
pub(crate) struct CxlResetUnderWay<'a>(&'a Atomic<u32>);

impl Drop for CxlResetUnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Cxl {
    /// For a function that was acquired, with what firmware had committed.
    pub(crate) fn new(
        hardware: Arc<Hardware>,
        commit: Commit,
        dvsec: &DvsecShadow,
    ) -> Result<impl PinInit<Self>> {
        let cxl_reset = dvsec.reset_timeout_ms().map(|timeout_ms| CxlReset {
            timeout_ms,
            clears_memory: dvsec.get(&dvsec::capability::CXL_RESET_MEM_CLR_CAPABLE) != 0,
        });
        let window = map::Window::new(commit.base, commit.size, vma::PAGES).ok_or(ERANGE)?;
        Ok(pin_init!(Self {
            hardware,
            gate <- Gate::new(commit, params::require_memory_space()),
            session <- new_mutex!(None, "cxl_vfio_pci_session"),
            control2 <- new_mutex!(Control2, "cxl_vfio_pci_control2"),
            cxl_resets: Atomic::new(0),
            failed <- Failed::new(),
            counters: Counters::new(),
            window,
            memory_index: Atomic::new(0),
            component_index: Atomic::new(0),
            cxl_reset,
            used: Atomic::new(false),
            accessed_by: Atomic::new(0),
        }))
    }

    /// What VFIO_DEVICE_GET_INFO says of the device. `next` is where the next capability is.
    pub(crate) fn capability(&self, next: u32) -> Result<CapCxl> {
        let indices = self.indices().ok_or(ENODEV)?;
        let layout = self.hardware.layout();
        Ok(CapCxl(vfio_device_info_cap_cxl {
            header: vfio_info_cap_header {
                // CAST: 6.
                id: VFIO_DEVICE_INFO_CAP_CXL as u16,
                version: 1,
                next,
            },
            flags: VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED,
            hdm_region_idx: indices.memory,
            comp_reg_region_idx: indices.component,
            comp_reg_bar: layout.bar.into(),
            reserved: 0,
            reserved2: 0,
            comp_reg_offset: usize_as_u64(layout.block),
            comp_reg_size: cm::BLOCK_LEN.into(),
        }))
    }

    /// Starts a session: `used` from now on.
    pub(crate) fn start_session(&self, indices: Indices, session: KBox<Session>) {
        self.component_index.store(indices.component, Relaxed);
        self.memory_index.store(indices.memory, Relaxed);
        *self.session.lock() = Some(session);
        self.set_used(true);
    }

    /// Ends the session.
    pub(crate) fn end_session(&self) {
        self.memory_index.store(0, Relaxed);
        self.component_index.store(0, Relaxed);
        *self.session.lock() = None;
        self.failed.end();
    }

    /// The indices of the regions while the device is open.
    pub(crate) fn indices(&self) -> Option<Indices> {
        let indices = Indices {
            memory: self.memory_index.load(Relaxed),
            component: self.component_index.load(Relaxed),
        };
        (indices.memory != 0).then_some(indices)
    }

    /// The time that a CXL Reset may take; nothing if the device has none.
    pub(crate) fn reset_timeout_ms(&self) -> Option<u32> {
        self.cxl_reset.map(|reset| reset.timeout_ms)
    }

    /// The same for a reset that clears the memory.
    pub(crate) fn clearing_reset_timeout_ms(&self) -> Option<u32> {
        let clearing = self.cxl_reset.filter(|reset| reset.clears_memory);
        clearing.map(|reset| reset.timeout_ms)
    }

    /// Whether a user may have left something in the memory.
    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Relaxed)
    }

    /// Says whether a user may have left something in the memory.
    pub(crate) fn set_used(&self, used: bool) {
        self.used.store(used, Relaxed);
    }

    /// Says whether this thread accesses configuration space for a guest. Two at once are resets at
    /// once, of which the PCI core performs one; the other's shadow is as after the first.
    pub(crate) fn set_accessed_by_this_thread(&self, accessed: bool) {
        let task = if accessed { this_thread() } else { 0 };
        self.accessed_by.store(task, Relaxed);
    }

    /// Whether this thread accesses configuration space for a guest.
    pub(crate) fn is_accessed_by_this_thread(&self) -> bool {
        self.accessed_by.load(Relaxed) == this_thread()
    }

    /// Has accesses to configuration space wait, for the life of the returned value.
    pub(crate) fn begin_cxl_reset(&self) -> CxlResetUnderWay<'_> {
        self.cxl_resets.fetch_add(1, Relaxed);
        CxlResetUnderWay(&self.cxl_resets)
    }

    /// Whether a CXL Reset is under way: until it has ended, the PCI core lets nobody access
    /// configuration space, and who waits there cannot be killed.
    pub(crate) fn is_in_cxl_reset(&self) -> bool {
        self.cxl_resets.load(Relaxed) != 0
    }

    /// Waits for such a reset to end, which it does in a time that the device has announced;
    /// `EINTR` if the process is being killed.
    pub(crate) fn wait_for_cxl_reset(&self) -> Result {
        const POLL_MS: u32 = 5;

        while self.is_in_cxl_reset() {
            sleep::killable_ms(POLL_MS)?;
        }
        Ok(())
    }

    /// Runs `serve` with what the user sees; `ENODEV` if nobody has the device open.
    pub(crate) fn with_session<R>(&self, serve: impl FnOnce(&mut Session) -> R) -> Result<R> {
        match self.session.lock().as_deref_mut() {
            Some(session) => Ok(serve(session)),
            None => Err(ENODEV),
        }
    }
}
