// SPDX-License-Identifier: GPL-2.0

//! What a user of the register core compiles into its own object: the iterators, whose types are
//! known only there. `check-panic-free` compiles this as the kernel would and looks for
//! panic symbols; it is never run.

#![no_std]

use cxl_regs::{
    access::Access,
    cm::CapabilityArray,
    effect::Effects,
    locator::RegisterLocator,
    DvsecShadow,
    HdmShadow, //
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

pub fn effects(effects: Effects, each: &mut dyn FnMut(cxl_regs::Effect)) {
    drive(effects, each);
}

pub fn dvsec(dvsec: &DvsecShadow, each: &mut dyn FnMut(u32)) {
    drive(dvsec.fields(), |field| each(field.value));
}

pub fn hdm(hdm: &HdmShadow, number: u8, each: &mut dyn FnMut(u32)) {
    drive(hdm.decoders(), |decoder| each(decoder.control()));
    drive(hdm.header_fields(), |field| each(field.value));
    drive(hdm.decoder_fields(number), |field| each(field.value));
}

pub fn array(array: &CapabilityArray, each: &mut dyn FnMut(u16)) {
    drive(array.capabilities(), |capability| each(capability.id));
}

pub fn locator(locator: &RegisterLocator<'_>, each: &mut dyn FnMut(u64)) {
    drive(locator.entries(), |entry| each(entry.offset));
}
