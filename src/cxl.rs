// SPDX-License-Identifier: GPL-2.0

//! What a bound CXL device is beside its PCI function.

#![forbid(unsafe_code)]

mod session;

pub(crate) use self::session::{
    Indices,
    Session, //
};

use crate::{
    asked::Asked,
    caches::Caches,
    calls::Calls,
    clearing::Clearing,
    counters::Counters,
    failed::Failed,
    ffi::{
        job::{
            Job,
            Steps, //
        },
        read_once::read_once,
        rwsem::RwSem,
        sleep,
        vma::PAGE_SHIFT, //
    },
    gate::Gate,
    hardware::{
        Commit,
        Config,
        Control2,
        Hardware, //
    },
    interface::{
        Facts, //
        Hole,
        Interface,
    },
};
use core::ops::Range;
use cxl_regs::{
    dvsec::{
        self,
        DvsecShadow, //
    },
    ComponentMap,
    Window, //
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
        static_lock_class,
        Arc,
        Mutex, //
    },
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
    /// What the CPUs' caches may hold of its memory.
    #[pin]
    pub(crate) caches: Caches,
    /// What its last user left in its memory.
    #[pin]
    pub(crate) clearing: Clearing,
    /// The CXL Reset that its user asks for.
    #[pin]
    pub(crate) asked: Asked,
    /// What is done for it in the background.
    #[pin]
    pub(crate) job: Job<Cxl, Steps>,
    /// The right to write Control2. It comes after the gate's lock, and nothing is taken under it.
    #[pin]
    pub(crate) control2: Mutex<Control2>,
    /// Shared while the core relies on Memory Space as its user has it, exclusive while its user may switch
    /// that off. It comes before the core's memory lock.
    #[pin]
    pub(crate) memory_space: RwSem<()>,
    /// How many CXL Resets are under way, for which configuration space has to wait.
    cxl_resets: Atomic<u32>,
    /// Which pages of its memory failed.
    #[pin]
    pub(crate) failed: Failed,
    /// What happened so far.
    pub(crate) counters: Counters,
    /// The arithmetic of the window.
    pub(crate) window: Window,
    /// What of its configuration space is not the core's alone.
    pub(crate) config: Config,
    /// What its VMM is shown.
    pub(crate) interface: &'static Interface,
    /// What of the component register block its VMM is shown in a region.
    pub(crate) registers: Range<u32>,
    /// What lies where in that block.
    map: ComponentMap,
    /// Whether it may cache host memory.
    caches_host_memory: bool,
    /// The calls into vfio-pci-core that are under way.
    #[pin]
    pub(crate) calls: Calls,
    /// The regions of the memory and of the component registers while the device is open, else 0.
    /// Not behind the session's lock, because the gate is closed under locks that come before that.
    memory_index: Atomic<u32>,
    component_index: Atomic<u32>,
    /// What resets can the device do: the time that a CXL Reset takes, and whether it can clear.
    cxl_reset: Option<CxlReset>,
    /// Whether the function was reset and the shadows have not been read again yet.
    stale: Atomic<bool>,
    /// Whether what an error may have been of was all there before the PCI core's reset: what is lost after
    /// it, that reset took.
    pub(crate) was_there: Atomic<bool>,
    /// Whether the IOMMU does not translate for the function because the PCI core resets it now.
    pub(crate) blocked: Atomic<bool>,
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
        map: ComponentMap,
        interface: &'static Interface,
    ) -> Result<impl PinInit<Self>> {
        let cxl_reset = dvsec.reset_timeout_ms().map(|timeout_ms| CxlReset {
            timeout_ms,
            clears_memory: dvsec.get(&dvsec::capability::CXL_RESET_MEM_CLR_CAPABLE) != 0,
        });
        let window = Window::new(commit.base, commit.size, PAGE_SHIFT).ok_or(EIO)?;
        let follows_memory_space = (interface.follows_memory_space)();
        let config = Config::find(
            hardware.pdev(),
            hardware.layout().dvsec,
            !follows_memory_space,
        )?;
        let caches_host_memory = dvsec.get(&dvsec::capability::CACHE_CAPABLE) != 0;
        let caches = Caches::new(commit.base, commit.size)?;
        Ok(pin_init!(Self {
            hardware,
            gate <- Gate::new(commit, follows_memory_space),
            session <- new_mutex!(None, "cxl_vfio_pci_session"),
            caches <- caches,
            clearing <- Clearing::new(),
            asked <- Asked::new(),
            job <- Job::new(),
            control2 <- new_mutex!(Control2::new(), "cxl_vfio_pci_control2"),
            memory_space <- RwSem::new((), c"cxl_vfio_pci_memory_space", static_lock_class!()),
            cxl_resets: Atomic::new(0),
            failed <- Failed::new(),
            counters: Counters::new(),
            window,
            config,
            interface,
            registers: (interface.region)(&map),
            map,
            caches_host_memory,
            calls <- Calls::new(),
            memory_index: Atomic::new(0),
            component_index: Atomic::new(0),
            cxl_reset,
            stale: Atomic::new(false),
            was_there: Atomic::new(false),
            blocked: Atomic::new(false),
        }))
    }

    /// Where things are while the device is open, for a capability that says so.
    pub(crate) fn facts(&self) -> Result<Facts> {
        let indices = self.indices().ok_or(ENODEV)?;
        let layout = self.hardware.layout();
        Ok(Facts {
            bar: layout.bar,
            block: usize_as_u64(layout.block),
            registers: self.registers.clone(),
            memory_index: indices.memory,
            component_index: indices.component,
            caches: self.caches_host_memory,
        })
    }

    /// What of the component register block its BAR does not give.
    pub(crate) fn hole(&self) -> Hole {
        (self.interface.hole)(&self.map)
    }

    /// Starts a session.
    pub(crate) fn start_session(&self, indices: Indices, session: KBox<Session>) {
        self.component_index.store(indices.component, Relaxed);
        self.memory_index.store(indices.memory, Relaxed);
        *self.session.lock() = Some(session);
        self.stale.store(false, Relaxed);
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
            memory: read_once(&self.memory_index),
            component: read_once(&self.component_index),
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

    /// Says that the function was reset: the shadows are read again by [`Cxl::renew`].
    pub(crate) fn set_stale(&self) {
        self.stale.store(true, Relaxed);
    }

    /// Reads the shadows again if they are stale, hardware was put back and nobody changes it now.
    /// Otherwise the task that opens the gate next comes here again.
    #[inline]
    pub(crate) fn renew(&self) {
        if read_once(&self.stale) {
            self.gate.unless_held(|| {
                let renewed = self.with_session(|session| session.renew(self));
                if renewed.unwrap_or(true) {
                    self.stale.store(false, Relaxed);
                }
            });
        }
    }

    /// Has accesses to configuration space wait, for the life of the returned value.
    pub(crate) fn begin_cxl_reset(&self) -> CxlResetUnderWay<'_> {
        self.cxl_resets.fetch_add(1, Relaxed);
        CxlResetUnderWay(&self.cxl_resets)
    }

    /// Whether a CXL Reset is under way: until it has ended, the PCI core lets nobody access
    /// configuration space, and nobody gets the core's memory lock. A task that waits there cannot be
    /// killed.
    pub(crate) fn is_in_cxl_reset(&self) -> bool {
        read_once(&self.cxl_resets) != 0
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
