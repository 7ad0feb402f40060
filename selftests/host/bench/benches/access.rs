// SPDX-License-Identifier: GPL-2.0

//! A trapped 4-byte access, from the bytes on the bus to the value or the effects.
//!
//! The full path: the access is made and checked, split, routed to its register, and answered; a
//! write applies the write rule and looks for a change of state. Offsets and values change with
//! every access, so nothing is predicted that a guest would not let predict. Each figure is for 1
//! and for 32 decoders.

use bench::CpuTime;
use criterion::{
    black_box,
    criterion_group,
    criterion_main,
    BenchmarkId,
    Criterion, //
};
use cxl_regs::{
    hdm::Options,
    Access,
    DvsecShadow,
    Effects,
    HdmShadow, //
};

/// A device whose HDM_COUNT `encoding` stands for so many decoders: firmware committed decoder 0,
/// the others are free.
fn hdm(encoding: u32, decoders: usize) -> HdmShadow {
    let mut words = vec![0; 4 + 8 * decoders];
    words[0] = encoding;
    words[4] = 0x1000_0000;
    words[6] = 0x1000_0000;
    words[8] = 0x600;
    HdmShadow::from_snapshot(&words, Options::default()).expect("a plain device is accepted")
}

fn dvsec() -> DvsecShadow {
    let mut words = [0; 15];
    words[1] = 0x03c3_1e98;
    words[2] = 0x00d7_0000;
    words[3] = 0x0000_0006;
    DvsecShadow::from_snapshot(&words).expect("a plain DVSEC is accepted")
}

fn read(hdm: &HdmShadow, offset: u32) -> u64 {
    Access::new(black_box(offset), black_box(4)).map_or(0, |at| hdm.read(at))
}

fn write(hdm: &mut HdmShadow, offset: u32, value: u64) -> Effects {
    Access::new(black_box(offset), black_box(4))
        .map_or(Effects::NONE, |at| hdm.write(at, black_box(value)))
}

fn decoders(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("hdm");
    for (encoding, count) in [(0, 1), (12, 32)] {
        let len = 0x10 + 0x20 * count as u32;
        let shadow = hdm(encoding, count);
        let mut offset = 0;
        group.bench_function(BenchmarkId::new("read", count), |b| {
            b.iter(|| {
                offset = if offset + 4 < len { offset + 4 } else { 0 };
                black_box(read(&shadow, offset))
            });
        });
        let mut shadow = hdm(encoding, count);
        let (mut offset, mut value) = (0, 0_u64);
        group.bench_function(BenchmarkId::new("write", count), |b| {
            b.iter(|| {
                offset = if offset + 4 < len { offset + 4 } else { 0 };
                value = value.wrapping_add(0x1000_0000);
                black_box(write(&mut shadow, offset, value & 0xf000_00ff))
            });
        });
        // The dearest write: COMMIT and release of the decoder that can be committed.
        let mut shadow = hdm(encoding, count);
        let control = 0x20;
        let mut commit = 0x200;
        group.bench_function(BenchmarkId::new("commit or release", count), |b| {
            b.iter(|| {
                commit ^= 0x200;
                black_box(write(&mut shadow, control, commit))
            });
        });
    }
    group.finish();
}

fn device(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("dvsec");
    let mut shadow = dvsec();
    let mut offset = 0;
    group.bench_function("read", |b| {
        b.iter(|| {
            offset = (offset + 4) % 0x3c;
            let at = Access::new(black_box(offset), black_box(4));
            black_box(at.map_or(0, |at| shadow.read(at, |_| black_box(None))))
        });
    });
    let mut shadow = dvsec();
    let mut value = 0_u64;
    group.bench_function("write", |b| {
        b.iter(|| {
            value = value.wrapping_add(0x13);
            let at = Access::new(black_box(0x0c + (value as u32 & 4)), black_box(4));
            black_box(at.map_or(Effects::NONE, |at| {
                shadow.write(at, black_box(value & 0xfff9))
            }))
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = decoders, device
}
criterion_main!(benches);
