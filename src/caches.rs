// SPDX-License-Identifier: GPL-2.0

//! What the CPUs' caches may hold of the window, and getting it out of there in time.
//!
//! A dirty line is written back when the cache likes: into memory that was cleared meanwhile, or
//! while nothing decodes. So lines are flushed before decode ends. A line that was read before a
//! reset is still there after it, so lines are dropped before the next read.

#![forbid(unsafe_code)]

use crate::ffi::{
    caches::{
        flush_range,
        Method, //
    },
    io::Memory,
    read_once::read_once,
    sleep, //
};
use core::ops::Range;
use kernel::{
    new_mutex,
    num::casts::{
        arch::u64_as_usize,
        usize_as_u64, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Mutex, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};

/// The window is looked after in pieces: it is known of each whether a user touched it. Larger ones
/// would flush more than was touched; 4 GiB are none to x86, which counts the bytes of a
/// call in an unsigned int.
const PIECE: u64 = 64 << 20;

/// What the caches may hold of a piece. Both are set before a user gets at it, with the gate's lock
/// held shared, and cleared while nobody is inside. What is dirty is stale, too.
struct Piece {
    /// Lines that are to be written back before decode ends.
    dirty: Atomic<bool>,
    /// Lines that are to be dropped once decode began again.
    stale: Atomic<bool>,
}

impl Piece {
    /// Of a piece in which nobody was.
    fn new() -> Self {
        Self {
            dirty: Atomic::new(false),
            stale: Atomic::new(false),
        }
    }
}

/// How often caches are flushed that are not this device's alone.
struct Rate {
    /// When the last flush ended.
    last: Instant<Monotonic>,
    /// How long nobody may ask for the next one after that.
    pause: i64,
}

impl Rate {
    /// What is left of the pause, in nanoseconds.
    fn left(&self) -> i64 {
        self.pause
            .saturating_sub(self.last.elapsed().as_nanos())
            .max(0)
    }

    /// A flush that took this long has ended: a tenth of the CPUs' time is what a user may have.
    fn took(&mut self, time: Delta) {
        self.pause = self
            .left()
            .saturating_add(time.as_nanos().saturating_mul(9));
        self.last = Instant::now();
    }
}

/// The caches of all CPUs, as far as a window is concerned.
#[pin_data]
pub(crate) struct Caches {
    pieces: KVVec<Piece>,
    base: u64,
    size: u64,
    method: Method,
    /// Held while lines are flushed or dropped. It comes after the core's memory lock and is not
    /// taken with the gate's; an error that closes the gate does not wait for it.
    #[pin]
    rate: Mutex<Rate>,
}

impl Caches {
    /// Of a window that nobody has touched.
    pub(crate) fn new(base: u64, size: u64) -> Result<impl PinInit<Self>> {
        let mut pieces = KVVec::new();
        for _ in 0..size.div_ceil(PIECE) {
            pieces.push(Piece::new(), GFP_KERNEL)?;
        }
        Ok(pin_init!(Self {
            pieces,
            base,
            size,
            method: Method::of_this_machine(),
            rate <- new_mutex!(
                Rate {
                    last: Instant::now(),
                    pause: 0,
                },
                "cxl_vfio_pci_caches"
            ),
        }))
    }

    /// How lines get out of the caches.
    pub(crate) fn method(&self) -> Method {
        self.method
    }

    /// The fault handler, a read or a write is inside the gate and about to use a part of the window.
    pub(crate) fn touch(&self, part: &Range<u64>) {
        let first = u64_as_usize(part.start / PIECE);
        let end = u64_as_usize(part.end.div_ceil(PIECE));
        for piece in self.pieces.get(first..end).unwrap_or_default() {
            // Most find it set, and leave the line to the other CPUs.
            if !read_once(&piece.dirty) {
                piece.stale.store(true, Relaxed);
                piece.dirty.store(true, Relaxed);
            }
        }
    }

    /// Offset, size and state of each piece.
    fn pieces(&self) -> impl Iterator<Item = (usize, usize, &Piece)> {
        self.pieces.iter().enumerate().map(|(number, piece)| {
            let offset = usize_as_u64(number).saturating_mul(PIECE);
            let len = self.size.saturating_sub(offset).min(PIECE);
            (u64_as_usize(offset), u64_as_usize(len), piece)
        })
    }

    fn flush_all(&self, rate: &mut Rate) {
        let start: Instant<Monotonic> = Instant::now();
        flush_range(self.base, self.size);
        rate.took(start.elapsed());
    }

    /// Writes back what was touched, as long as `goes_on` says that the window is decoded, and wanted
    /// to be flushed. The gate is held, and nobody is inside.
    pub(crate) fn flush(&self, memory: &Memory, goes_on: impl Fn() -> bool) {
        let mut rate = self.rate.lock();
        let is_dirty = |piece: &Piece| piece.dirty.load(Relaxed);
        match self.method {
            Method::Range => {
                if self.pieces.iter().any(is_dirty) && goes_on() {
                    self.flush_all(&mut rate);
                    for piece in &self.pieces {
                        piece.dirty.store(false, Relaxed);
                    }
                }
            }
            Method::Lines => {
                for (offset, len, piece) in self.pieces().filter(|(_, _, piece)| is_dirty(piece)) {
                    if !goes_on() {
                        return;
                    }
                    // The piece lies within the mapping, which is that of the window.
                    let _ = memory.flush(offset, len);
                    piece.dirty.store(false, Relaxed);
                }
            }
            Method::None => (),
        }
    }

    /// Whether anything is to be written back, and can be.
    pub(crate) fn is_dirty(&self) -> bool {
        self.method != Method::None && self.pieces.iter().any(|piece| piece.dirty.load(Relaxed))
    }

    /// Waits for a flush that another task has begun.
    pub(crate) fn wait(&self) {
        drop(self.rate.lock());
    }

    /// Drops what was touched before decode ended. The gate is held, what was lost is put back, and
    /// nobody is inside.
    pub(crate) fn drop_lines(&self, memory: &Memory) {
        let mut rate = self.rate.lock();
        let is_stale = |piece: &Piece| piece.stale.load(Relaxed);
        if self.method == Method::Range && self.pieces.iter().any(is_stale) {
            self.flush_all(&mut rate);
        }
        for (offset, len, piece) in self.pieces().filter(|(_, _, piece)| is_stale(piece)) {
            if self.method == Method::Lines {
                let _ = memory.drop_lines(offset, len);
            }
            piece.stale.store(false, Relaxed);
            piece.dirty.store(false, Relaxed);
        }
    }

    /// Waits until a user may ask for what flushes caches that are not this device's alone. Called
    /// without a lock; `EINTR` if the process is being killed.
    pub(crate) fn wait_for_turn(&self) -> Result {
        const POLL_MS: u32 = 5;

        while self.rate.lock().left() != 0 {
            sleep::killable_ms(POLL_MS)?;
        }
        Ok(())
    }
}
