// SPDX-License-Identifier: GPL-2.0

//! debugfs: one directory for each device, for the person who asks why memory is not accessible.

#![forbid(unsafe_code)]

use crate::{
    clearing,
    cxl::Cxl,
    ffi::debugfs::{
        Dir,
        File, //
    },
    shadows::Shadows, //
};
use cxl_regs::block::FieldValue;
use kernel::{
    device,
    fmt,
    prelude::*,
    str::CString,
    sync::Arc, //
};

/// The files of one device. They disappear when this is dropped, after their readers.
#[pin_data]
pub(crate) struct Files {
    #[pin]
    gate: File<Arc<Cxl>>,
    #[pin]
    clearing: File<Arc<Cxl>>,
    #[pin]
    shadow: File<Arc<Cxl>>,
    #[pin]
    counters: File<Arc<Cxl>>,
    #[pin]
    uapi: File<Arc<Cxl>>,
    _dir: Dir,
}

impl Files {
    /// Makes the files for a device of this name.
    pub(crate) fn new(device: &device::Device, cxl: &Arc<Cxl>) -> Result<Pin<KBox<Self>>> {
        let name = CString::try_from_fmt(fmt!("cxl_vfio_pci-{}", device.name()))?;
        let dir = Dir::new(&name);
        KBox::pin_init(
            try_pin_init!(Self {
                gate <- File::new(&dir, c"gate", cxl.clone(), show_gate),
                clearing <- File::new(&dir, c"clearing", cxl.clone(), show_clearing),
                shadow <- File::new(&dir, c"shadow", cxl.clone(), show_shadow),
                counters <- File::new(&dir, c"counters", cxl.clone(), show_counters),
                uapi <- File::new(&dir, c"uapi", cxl.clone(), show_uapi),
                _dir: dir,
            }? Error),
            GFP_KERNEL,
        )
    }
}

fn show_gate(cxl: &Arc<Cxl>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let commit = cxl.gate.commit();
    writeln!(f, "window: {:#x} size {:#x}", commit.base, commit.size)?;
    match cxl.gate.reason() {
        None => writeln!(f, "open"),
        Some(reason) => writeln!(f, "closed: {}", format_args!("{reason}")),
    }
}

fn show_clearing(cxl: &Arc<Cxl>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    clearing::show(cxl, f)
}

fn show_counters(cxl: &Arc<Cxl>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", format_args!("{}", cxl.counters))
}

fn show_uapi(cxl: &Arc<Cxl>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}", cxl.interface.name)
}

fn show_shadow(cxl: &Arc<Cxl>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    cxl.with_session(|session| {
        let Shadows {
            dvsec, hdm, ras, ..
        } = &session.shadows;
        writeln!(f, "CXL Device DVSEC")?;
        show_fields(f, dvsec.fields())?;
        writeln!(f, "HDM Decoder Capability")?;
        show_fields(f, hdm.header_fields())?;
        for number in 0..hdm.count() {
            writeln!(f, "HDM decoder {number}")?;
            show_fields(f, hdm.decoder_fields(number))?;
        }
        writeln!(f, "RAS Capability")?;
        show_fields(f, ras.fields())?;
        Ok(())
    })
    .unwrap_or_else(|_| writeln!(f, "the device is not open"))
}

fn show_fields(
    f: &mut fmt::Formatter<'_>,
    fields: impl Iterator<Item = FieldValue>,
) -> fmt::Result {
    for field in fields {
        let FieldValue {
            register,
            offset,
            name,
            hi,
            lo,
            value,
            ..
        } = field;
        writeln!(
            f,
            "  {offset:#05x} {register}.{name} [{hi}:{lo}] = {value:#x} {}",
            field.attr.name()
        )?;
    }
    Ok(())
}
