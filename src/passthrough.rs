// SPDX-License-Identifier: GPL-2.0

//! What a bound CXL device is beside its PCI function, and what an open one shows to its user.

#![forbid(unsafe_code)]

use crate::{
    boxed::boxed,
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
        pfns::PfnRange,
        vfio::Device, //
    },
    gate::{
        Gate,
        Window, //
    },
    hardware::{
        Commit,
        Hardware, //
    },
};
use cxl_regs::{
    attr::Reset,
    cm::{
        self,
        CapabilityArray,
        ComponentMap, //
    },
    dvsec::{
        self,
        DvsecShadow, //
    },
    hdm::{
        HdmShadow,
        Options, //
    },
    map::{
        self,
        Pages, //
    },
    policy::Policy, //
};
use kernel::{
    dev_err,
    device,
    new_mutex,
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

/// What this driver keeps for a function beside what vfio-pci-core keeps: nothing for plain PCI.
pub(crate) struct Passthrough(Option<Arc<Cxl>>);

impl Passthrough {
    /// For a function that was acquired, or that is plain PCI.
    pub(crate) fn new(cxl: Option<Arc<Cxl>>) -> Self {
        Self(cxl)
    }

    /// Whether vfio-pci-core alone serves the function.
    pub(crate) fn is_plain_pci(&self) -> bool {
        self.0.is_none()
    }

    /// The CXL side; `ENODEV` if there is none.
    pub(crate) fn cxl(&self) -> Result<&Cxl> {
        self.0.as_deref().ok_or(ENODEV)
    }
}

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
    /// Which pages of its memory failed.
    #[pin]
    pub(crate) failed: Failed,
    /// What happened so far.
    pub(crate) counters: Counters,
    /// The arithmetic of the window.
    pub(crate) window: map::Window,
    /// The region of the memory while the device is open, else 0. Not behind the session's lock,
    /// because the gate is closed under locks that come before that.
    memory_index: Atomic<u32>,
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
        let window = map::Window::new(commit.base, commit.size, Pages::X86_64).ok_or(ERANGE)?;
        Ok(pin_init!(Self {
            hardware,
            gate <- Gate::new(Window {
                commit,
                needs_memory_space: params::require_memory_space(),
            }),
            session <- new_mutex!(None, "cxl_vfio_pci_session"),
            failed <- Failed::new(),
            counters: Counters::new(),
            window,
            memory_index: Atomic::new(0),
            cxl_reset,
            used: Atomic::new(false),
            accessed_by: Atomic::new(0),
        }))
    }

    /// What VFIO_DEVICE_GET_INFO says of the device. `next` is where the next capability is.
    pub(crate) fn capability(&self, next: u32) -> Result<CapCxl> {
        let indices = self.with_session(|session| session.indices)?;
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
            // CAST: Widening.
            comp_reg_offset: layout.block as u64,
            comp_reg_size: cm::BLOCK_LEN.into(),
        }))
    }

    /// Starts a session: `used` from now on.
    pub(crate) fn start_session(&self, session: KBox<Session>) {
        self.memory_index.store(session.indices.memory, Relaxed);
        *self.session.lock() = Some(session);
        self.set_used(true);
    }

    /// Ends the session.
    pub(crate) fn end_session(&self) {
        self.memory_index.store(0, Relaxed);
        *self.session.lock() = None;
        self.failed.end();
    }

    /// The index of the memory's region while the device is open.
    pub(crate) fn memory_index(&self) -> Option<u32> {
        match self.memory_index.load(Relaxed) {
            0 => None,
            index => Some(index),
        }
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

    /// Where the regions are; `ENODEV` if nobody has the device open.
    pub(crate) fn indices(&self) -> Result<Indices> {
        self.with_session(|session| session.indices)
    }

    /// Runs `serve` with what the user sees; `ENODEV` if nobody has the device open.
    pub(crate) fn with_session<R>(&self, serve: impl FnOnce(&mut Session) -> R) -> Result<R> {
        match self.session.lock().as_deref_mut() {
            Some(session) => Ok(serve(session)),
            None => Err(ENODEV),
        }
    }
}

/// The indices of the regions that an open device has beside the PCI ones.
#[derive(Copy, Clone)]
pub(crate) struct Indices {
    /// The memory.
    pub(crate) memory: u32,
    /// The component registers.
    pub(crate) component: u32,
}

/// What the user of an open device sees: shadows that start from hardware at every open.
pub(crate) struct Session {
    /// Where the regions are.
    pub(crate) indices: Indices,
    /// The CXL Device DVSEC.
    pub(crate) dvsec: KBox<DvsecShadow>,
    /// The HDM Decoder Capability.
    pub(crate) hdm: KBox<HdmShadow>,
    /// How the decoders are read again.
    options: Options,
    /// What lies where in the component register block.
    pub(crate) map: KBox<ComponentMap>,
    /// The CXL.cache and CXL.mem registers as they were at open.
    pub(crate) snapshot: KVec<u32>,
    /// What makes a broken page kill its users and not the host.
    _frames: Option<Pin<KBox<PfnRange<Passthrough>>>>,
}

/// A kernel that does not handle memory failures cannot be told of the memory, and need not be.
fn unless_unsupported<T>(registered: Result<T>) -> Result<Option<T>> {
    match registered {
        Ok(registered) => Ok(Some(registered)),
        Err(error) if error == EOPNOTSUPP => Ok(None),
        Err(error) => Err(error),
    }
}

impl Session {
    /// Reads everything from hardware, and makes the memory known to the memory-failure code.
    pub(crate) fn new(
        device: &Device<Passthrough>,
        cxl: &Cxl,
        indices: Indices,
    ) -> Result<KBox<Self>> {
        let dev: &device::Device = device.pdev().as_ref();
        let hardware = &cxl.hardware;
        let policy = Policy {
            release_locked: params::release_locked(),
            ..Policy::DEFAULT
        };
        let words = hardware.dvsec_words();
        let dvsec = boxed(|| {
            DvsecShadow::from_snapshot(&words, policy).map_err(|e| {
                dev_err!(dev, "CXL DVSEC: {}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let snapshot = hardware.cachemem_words()?;
        let array = boxed(|| {
            CapabilityArray::from_snapshot(&snapshot).map_err(|e| {
                dev_err!(dev, "component registers: {}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let options = Options {
            back_invalidate: array.find(cm::BI_DECODER).is_some(),
            policy,
        };
        let words = hardware.hdm_words()?;
        let hdm = boxed(|| {
            HdmShadow::from_snapshot(&words, options).map_err(|e| {
                dev_err!(dev, "{}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let map = boxed(|| {
            ComponentMap::new(CapabilityArray::clone(&array), &hdm).map_err(|e| {
                dev_err!(dev, "component registers: {}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let frames = PfnRange::new(device, cxl.window.base(), cxl.window.size());
        Ok(KBox::new(
            Self {
                _frames: unless_unsupported(KBox::pin_init(frames, GFP_KERNEL))?,
                indices,
                dvsec,
                hdm,
                options,
                map,
                snapshot,
            },
            GFP_KERNEL,
        )?)
    }

    /// What a reset of the physical function does to what its user sees, after what hardware lost
    /// was put back.
    pub(crate) fn reset(&mut self, kind: Reset, hardware: &Hardware) {
        // The effects are those of the reset itself, which has been performed.
        let _ = self.dvsec.reset(kind);
        let _ = self.hdm.reset(kind);
        match kind {
            Reset::Flr => (),
            Reset::Cxl => {
                self.refresh(hardware);
                self.read_decoders(hardware);
            }
            // As when the device was opened.
            Reset::Conventional | Reset::PowerGood => {
                let words = hardware.dvsec_words();
                let policy = self.options.policy;
                let dvsec = boxed(|| DvsecShadow::from_snapshot(&words, policy).map_err(|_| EIO));
                if let Ok(dvsec) = dvsec {
                    self.dvsec = dvsec;
                }
                self.read_decoders(hardware);
            }
        }
    }

    /// Takes over what hardware has set by itself. What cannot be read stays as it was.
    fn refresh(&mut self, hardware: &Hardware) {
        let _ = self.dvsec.refresh(&hardware.dvsec_words());
    }

    /// Takes over the decoders as they are committed now. What cannot be read stays as it was.
    fn read_decoders(&mut self, hardware: &Hardware) {
        if let Ok(words) = hardware.with_registers(|| hardware.hdm_words()) {
            let hdm = boxed(|| HdmShadow::from_snapshot(&words, self.options).map_err(|_| EIO));
            if let Ok(hdm) = hdm {
                self.hdm = hdm;
            }
        }
    }

    /// The DVSEC as the user reads it now: memory that was not active when it was reset becomes so
    /// by itself.
    pub(crate) fn current_dvsec(&mut self, hardware: &Hardware) -> &DvsecShadow {
        let active = &dvsec::range1_size_low::ACTIVE;
        if self.dvsec.get(active) == 0 {
            self.refresh(hardware);
        }
        &self.dvsec
    }
}
