/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CXL_ACCEL_EXAMPLE_H
#define CXL_ACCEL_EXAMPLE_H

#include <linux/pci.h>
#include <linux/range.h>
#include <cxl/cxl.h>

struct accel {
	/* First: cxl-core allocates the whole by the size of what it is in. */
	struct cxl_dev_state cxlds;
	/* Where the memory is in this kernel's physical address space */
	struct range range;
	void *memory;
};

/* What the tests use, which a driver to copy from does not need */
extern const struct attribute_group *accel_selftest_groups[];

#endif
