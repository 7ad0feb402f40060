/* SPDX-License-Identifier: GPL-2.0 */
/* The layout of C structures as the C compiler sees it, which ffi/layout.rs holds against the bindings. */
#ifndef CXL_VFIO_PCI_LAYOUT_H
#define CXL_VFIO_PCI_LAYOUT_H

#include <linux/types.h>

struct cxl_vfio_layout {
	const char *what;
	size_t value;
};

extern const struct cxl_vfio_layout cxl_vfio_c_layout[];
extern const size_t cxl_vfio_c_layout_len;

/* Size of a structure of the kernel's core in the kernel that runs, as its debug information says; 0 if it says nothing. */
size_t cxl_vfio_running_size(const char *name);

#endif
