// SPDX-License-Identifier: GPL-2.0

//! What a user of the register core compiles into its own object: the iterators, whose types are
//! known only there. `check-panic-free` compiles this as the kernel would and looks for
//! panic symbols; it is never run.

#![no_std]

use cxl_regs::{
    hdm,
    Access,
    DvsecShadow,
    HdmShadow,
    RasShadow, //
};

/// Drives an iterator with everything that a driver would use on it.
fn drive<T>(items: impl Iterator<Item = T>, mut each: impl FnMut(T)) {
    for item in items {
        each(item);
    }
}

pub fn lanes(at: Access, each: &mut dyn FnMut(u32)) {
    drive(at.lanes(), |lane| each(lane.mask()));
}

pub fn dvsec(
    dvsec: &mut DvsecShadow,
    at: Access,
    hardware: &mut dyn FnMut(u16) -> Option<u32>,
    each: &mut dyn FnMut(u32),
) -> u64 {
    drive(dvsec.fields(), |field| each(field.value));
    dvsec.read(at, hardware)
}

pub fn hdm(hdm: &HdmShadow, number: u8, each: &mut dyn FnMut(u32)) {
    drive(hdm.decoders(), |decoder| each(decoder.control()));
    drive(hdm.header_fields(), |field| each(field.value));
    drive(hdm.decoder_fields(number), |field| each(field.value));
}

pub fn hdm_offsets(capability: u32, each: &mut dyn FnMut(u32)) {
    drive(hdm::offsets(capability), |offset| each(offset.into()));
}

pub fn ras(ras: &RasShadow, each: &mut dyn FnMut(u32)) {
    drive(ras.fields(), |field| each(field.value));
}
