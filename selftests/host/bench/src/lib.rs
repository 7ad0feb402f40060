// SPDX-License-Identifier: GPL-2.0

//! The clock of the benchmark: CPU time of the thread, so that a figure says what the code takes
//! and not what else the machine does.

use criterion::{
    measurement::{
        Measurement,
        ValueFormatter,
        WallTime, //
    },
    Throughput, //
};
use std::time::Duration;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
}

/// Linux' CLOCK_THREAD_CPUTIME_ID.
const THREAD_CPUTIME: i32 = 3;

fn now() -> Duration {
    let mut time = Timespec {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: `time` is a timespec of a 64-bit Linux that lives through the call.
    let status = unsafe { clock_gettime(THREAD_CPUTIME, &mut time) };
    assert_eq!(status, 0, "the kernel has no clock of a thread's CPU time");
    Duration::new(time.seconds as u64, time.nanoseconds as u32)
}

/// CPU time of the calling thread.
pub struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        now()
    }

    fn end(&self, start: Duration) -> Duration {
        now() - start
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Nanoseconds
    }
}

/// Nanoseconds whatever the size, so that figures can be compared by eye.
struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, _typical: f64, _values: &mut [f64]) -> &'static str {
        "ns"
    }

    fn scale_throughputs(
        &self,
        typical: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        WallTime
            .formatter()
            .scale_throughputs(typical, throughput, values)
    }

    fn scale_for_machines(&self, _values: &mut [f64]) -> &'static str {
        "ns"
    }
}
