// SPDX-License-Identifier: GPL-2.0

//! The macro that a register table is written with.

/// Declares a table of registers, its field constants, and the compile-time check of its layout.
macro_rules! registers {
    (
        $(#[$meta:meta])*
        const $table:ident: $start:literal..$end:literal {
            $(
                $offset:literal $size:ident $register:ident $section:literal {
                    $(
                        $hi:literal:$lo:literal $field:tt $attr:ident
                            $(if $feature:ident else $other:ident)?;
                    )*
                }
            )*
        }
    ) => {
        $(#[$meta])*
        pub const $table: &[$crate::table::Register] = {
            const ROWS: &[$crate::table::Register] = &[
                $(
                    $crate::table::Register::new(
                        stringify!($register),
                        $section,
                        $offset,
                        $crate::table::registers!(@bytes $size),
                        &[
                            $(
                                $crate::table::Field::new(
                                    stringify!($field),
                                    $offset,
                                    $hi,
                                    $lo,
                                    $crate::attr::Attr::$attr,
                                    $crate::table::registers!(@unless $($feature, $other)?),
                                ),
                            )*
                        ],
                    ),
                )*
            ];
            assert!($crate::table::is_complete(ROWS, $start, $end));
            ROWS
        };

        $(
            #[doc = concat!(
                "Fields of the register `", stringify!($register), "` at ", stringify!($offset),
                ", section ", $section, ".",
            )]
            pub mod $register {
                $(
                    $crate::table::registers!(@field $field, $offset, $hi, $lo, $attr, $($feature $other)?);
                )*
            }
        )*
    };
    (@bytes u16) => { 2 };
    (@bytes u32) => { 4 };
    (@unless) => { None };
    (@unless $feature:path, $other:ident) => { Some(($feature, $crate::attr::Attr::$other)) };
    (@field _, $($rest:tt)*) => {};
    (
        @field $field:ident, $offset:literal, $hi:literal, $lo:literal, $attr:ident,
        $($feature:ident $other:ident)?
    ) => {
        #[doc = concat!("Bits ", $hi, ":", $lo, ", ", stringify!($attr)
            $(, ", or ", stringify!($other), " without ", stringify!($feature))?, ".")]
        pub const $field: $crate::table::Field = $crate::table::Field::new(
            stringify!($field),
            $offset,
            $hi,
            $lo,
            $crate::attr::Attr::$attr,
            $crate::table::registers!(@unless $(super::$feature, $other)?),
        );
    };
}
pub(crate) use registers;
