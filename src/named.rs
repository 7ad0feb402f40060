// SPDX-License-Identifier: GPL-2.0

//! Enums whose values are counted and shown: one table says which there are, and their names.

#![forbid(unsafe_code)]

/// Declares such an enum, from rows of a value and its name.
macro_rules! named {
    (
        $(#[$doc:meta])*
        enum $type:ident {
            $($value:ident => $name:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Copy, Clone)]
        pub(crate) enum $type {
            $(
                #[doc = stringify!($name)]
                $value,
            )*
        }

        impl $type {
            /// All values, in the order of the table.
            pub(crate) const VALUES: &'static [Self] = &[$(Self::$value),*];

            /// The name.
            pub(crate) fn name(self) -> &'static CStr {
                match self {
                    $(Self::$value => $name,)*
                }
            }

            /// The place in the table.
            pub(crate) fn index(self) -> usize {
                // CAST: Values count from 0.
                self as usize
            }
        }
    };
}

pub(crate) use named;
