/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CXL device as the host sees it, beside what its user is shown: its physical
 * registers, what the driver says about it, and the emulated device's settings.
 */
#ifndef SELFTESTS_VFIO_CXL_HOST_H
#define SELFTESTS_VFIO_CXL_HOST_H

#include "cxl_dev.h"

/* The emulated device's id on the control channel. */
void cxl_host_name_device(const char *id);

/* Whether there is a control channel; all of cxl_host_*() but these need it. */
bool cxl_host_emulated(void);

/*
 * Write and read a property of the emulated device, of which "on" is 1, or let it
 * do something; ends the program if that fails.
 */
void cxl_host_set(const char *property, const char *value);
bool cxl_host_has(const char *property);
uint64_t cxl_host_get(const char *property);
void cxl_host_do(const char *action, uint64_t value);

/* A physical dword of the component block, as long as Memory Space is on. */
uint32_t cxl_host_component(const struct cxl_dev *dev, unsigned int offset);

/* The physical HDM Decoder Capability, dword by dword; returns how many. */
#define CXL_HDM_DWORDS (4 + 8 * 32)
unsigned int cxl_host_hdm(const struct cxl_dev *dev,
			  uint32_t words[CXL_HDM_DWORDS]);

/* A file of the driver in debugfs. Returns its length, or -errno. */
int cxl_debugfs_read(const char *bdf, const char *file, char *buf, size_t size);

/* How far clearing its memory is, as debugfs says: "done", "clearing", ...; "" if it does not say. */
const char *cxl_clearing_state(const char *bdf);

/* Whether it has ended in the given time, and with it the reset that it begins with. */
bool cxl_cleared(const char *bdf, int timeout_ms);

/* Whether the driver's counters can be read. */
bool cxl_counters_available(const char *bdf);

/* A counter by its name, such as "faults pud"; ends the program without. */
uint64_t cxl_counter(const char *bdf, const char *name);

#endif
