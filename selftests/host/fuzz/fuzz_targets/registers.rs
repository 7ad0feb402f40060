// SPDX-License-Identifier: GPL-2.0

//! The libFuzzer entry: everything that decides is in `proofs::bytes`, which tests replay too.

#![no_main]

/// Called by libFuzzer with one input.
#[no_mangle]
pub extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
    let input = if size == 0 {
        &[]
    } else {
        // SAFETY: libFuzzer passes `size` readable bytes that stay unchanged during the call.
        unsafe { std::slice::from_raw_parts(data, size) }
    };
    proofs::bytes::run(input);
    0
}
