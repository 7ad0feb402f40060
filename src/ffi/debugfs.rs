// SPDX-License-Identifier: GPL-2.0

//! Files in debugfs that keep the module loaded while one is open, as those of
//! `kernel::debugfs` do not.

use super::bindings;
use core::mem::offset_of;
use kernel::{
    ffi::c_void,
    fmt,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    str::CStrExt,
    types::Opaque, //
};

/// A directory, which goes when this is dropped.
///
/// # Invariants
///
/// The pointer is what debugfs gave for the directory, an error included, which debugfs knows what
/// to do with.
pub(crate) struct Dir(*mut bindings::dentry);

// SAFETY: debugfs locks what needs it.
unsafe impl Send for Dir {}
// SAFETY: As above.
unsafe impl Sync for Dir {}

impl Dir {
    /// Makes a directory at the top.
    pub(crate) fn new(name: &CStr) -> Self {
        // SAFETY: The name is valid for the call.
        Self(unsafe { bindings::cxl_vfio_debugfs_dir(name.as_char_ptr()) })
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::cxl_vfio_debugfs_remove(self.0) };
    }
}

/// A file that shows something of a value. It goes when this is dropped, after its readers.
///
/// # Invariants
///
/// `file` is known to debugfs, with `show` of the same `T`, until this is dropped.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct File<T: Send + Sync + 'static> {
    #[pin]
    file: Opaque<bindings::cxl_vfio_debugfs_file>,
    value: T,
    show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
}

// SAFETY: debugfs locks what needs it.
unsafe impl<T: Send + Sync> Send for File<T> {}
// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for File<T> {}

/// What [`File::show`] prints.
struct Shown<'a, T: Send + Sync + 'static>(&'a File<T>);

impl<T: Send + Sync> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0.show)(&self.0.value, f)
    }
}

impl<T: Send + Sync + 'static> File<T> {
    /// Makes a file in a directory.
    pub(crate) fn new<'a>(
        dir: &'a Dir,
        name: &'static CStr,
        value: T,
        show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> impl PinInit<Self> + use<'a, T> {
        pin_init!(Self {
            value,
            show,
            file <- Opaque::ffi_init(move |slot: *mut bindings::cxl_vfio_debugfs_file| {
                const { assert!(offset_of!(Self, file) == 0) };
                // SAFETY: The slot is pinned and valid for writes.
                unsafe {
                    slot.write(bindings::cxl_vfio_debugfs_file {
                        dentry: core::ptr::null_mut(),
                        show: Some(Self::show),
                    })
                };
                // SAFETY: The rest of this is complete, and is removed before it goes away; the name
                // is static.
                unsafe { bindings::cxl_vfio_debugfs_add(dir.0, name.as_char_ptr(), slot) };
            }),
        })
    }

    extern "C" fn show(seq: *mut bindings::seq_file, _: *mut c_void) -> c_int {
        // SAFETY: The private data is the first field of a `File<T>`, which is not dropped before
        // this returns: debugfs waits for its readers.
        let file = unsafe { &*(*seq).private.cast::<Self>() };
        // SAFETY: The caller's, for the length of the call.
        let seq = unsafe { SeqFile::from_raw(seq) };
        seq_print!(seq, "{}", Shown(file));
        0
    }
}

#[pinned_drop]
impl<T: Send + Sync + 'static> PinnedDrop for File<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant; only the pointer is read.
        let dentry = unsafe { (*self.file.get()).dentry };
        // SAFETY: As above.
        unsafe { bindings::cxl_vfio_debugfs_remove(dentry) };
    }
}
