/* SPDX-License-Identifier: GPL-2.0 */
/* Loading and unloading kernel modules with the kernel's own error numbers. */
#ifndef SELFTESTS_VFIO_MODULE_H
#define SELFTESTS_VFIO_MODULE_H

#include "util.h"

#define MODULE_PATH_SIZE 512

/* A driver under test: its PCI driver name and the module that has it. */
struct vfio_driver {
	const char *name;
	const char *module;
};

extern const struct vfio_driver vfio_pci_driver;
extern const struct vfio_driver cxl_vfio_pci_driver;

/*
 * Path of the module's file: what $CXL_VFIO_PCI_KO says for ours, else what
 * modules.dep of the running kernel says. False if there is none.
 */
bool module_file(const char *module, char *path, size_t size);
bool module_loaded(const char *module);

/* Load with @params as on a modprobe command line. Returns 0 or -errno. */
int module_load(const char *module, const char *params);

/* As rmmod without waiting: -EWOULDBLOCK while the module is in use. */
int module_unload(const char *module);

/* Value of a parameter in sysfs, "" when it is not shown. */
const char *module_param(const char *module, const char *param, char *buf,
			 size_t size);
int module_set_param(const char *module, const char *param, const char *value);

/* Load @driver if it is not, with whatever it depends on. */
int driver_ensure(const struct vfio_driver *driver);

/* Unload if loaded, then load with @params. */
int driver_reload(const struct vfio_driver *driver, const char *params);

#endif
