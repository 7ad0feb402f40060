/* SPDX-License-Identifier: GPL-2.0 */
/* The layout of C structures as the C compiler sees it, which ffi/layout.rs holds against the bindings. */
#ifndef CXL_VFIO_PCI_LAYOUT_H
#define CXL_VFIO_PCI_LAYOUT_H

#include <linux/types.h>

extern const size_t cxl_vfio_c_layout[];
extern const size_t cxl_vfio_c_layout_len;

#endif
