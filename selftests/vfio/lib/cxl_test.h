/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vfio_cxl_*_test programs are kselftest harness programs that take the
 * address of a device,
 *
 *	vfio_cxl_*_test [harness options] BDF [ID]
 *
 * bind it to cxl_vfio_pci, and give it back at their end. ID names an emulated
 * device on the control channel of its virtual machine (acc0 if not given); what
 * needs the channel is skipped on a real machine.
 */
#ifndef SELFTESTS_VFIO_CXL_TEST_H
#define SELFTESTS_VFIO_CXL_TEST_H

#include "cxl_bind.h"
#include "cxl_dev.h"
#include "cxl_host.h"

#include <kselftest_harness.h>

/* For kernels with checkers in emulated machines; test lists have limits of their own. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#endif
