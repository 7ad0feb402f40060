// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci.h"

#define PCI_BUS "/sys/bus/pci"

static const char *device_path(const char *bdf, const char *attr, char *path)
{
	snprintf(path, PATH_MAX, PCI_BUS "/devices/%s/%s", bdf, attr);
	return path;
}

bool pci_bdf_valid(const char *bdf)
{
	unsigned int domain, bus, dev, fn;
	int len = 0;

	return sscanf(bdf, "%4x:%2x:%2x.%1x%n", &domain, &bus, &dev, &fn,
		      &len) == 4 && len == 12 && !bdf[len] &&
	       dev < 32 && fn < 8;
}

bool pci_present(const char *bdf)
{
	char path[PATH_MAX];

	return !access(device_path(bdf, "vendor", path), F_OK);
}

void pci_check_args(int argc, char **argv, int first)
{
	int i;

	if (first >= argc)
		die("no device named, give addresses like 0000:01:00.0");
	for (i = first; i < argc; i++) {
		if (!pci_bdf_valid(argv[i]))
			die("%s is no PCI address like 0000:01:00.0", argv[i]);
		if (!pci_present(argv[i]))
			skip_all("there is no PCI device %s", argv[i]);
	}
}

int pci_attr_read(const char *bdf, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	return file_read(device_path(bdf, attr, path), buf, size);
}

int pci_attr_write(const char *bdf, const char *attr, const char *value)
{
	char path[PATH_MAX];

	return file_write(device_path(bdf, attr, path), value);
}

long pci_attr_number(const char *bdf, const char *attr)
{
	char buf[PCI_NAME_SIZE];
	int len = pci_attr_read(bdf, attr, buf, sizeof(buf));

	return len < 0 ? len : strtol(buf, NULL, 0);
}

void pci_read_id(const char *bdf, struct pci_id *id)
{
	id->vendor = pci_attr_number(bdf, "vendor");
	id->device = pci_attr_number(bdf, "device");
	id->class = pci_attr_number(bdf, "class");
}

int pci_iommu_group(const char *bdf)
{
	char path[PATH_MAX], name[PCI_NAME_SIZE];

	link_name(device_path(bdf, "iommu_group", path), name, sizeof(name));
	return name[0] ? atoi(name) : -ENODEV;
}

bool pci_port_service(const char *bdf, unsigned int service)
{
	char path[PATH_MAX], suffix[16];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(suffix, sizeof(suffix), ":pcie%03x", service);
	dir = opendir(device_path(bdf, "..", path));
	while (dir && (entry = readdir(dir)))
		if (strstr(entry->d_name, suffix))
			found = true;
	if (dir)
		closedir(dir);
	return found;
}

bool pci_vf(const char *pf, int index, char *bdf, size_t size)
{
	char path[PATH_MAX], attr[PCI_NAME_SIZE];

	snprintf(attr, sizeof(attr), "virtfn%d", index);
	link_name(device_path(pf, attr, path), bdf, size);
	return bdf[0];
}

const char *pci_driver(const char *bdf, char *name, size_t size)
{
	char path[PATH_MAX];

	return link_name(device_path(bdf, "driver", path), name, size);
}

bool pci_driver_is(const char *bdf, const char *driver)
{
	char name[PCI_NAME_SIZE];

	return !strcmp(pci_driver(bdf, name, sizeof(name)), driver);
}

bool pci_driver_loaded(const char *driver)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PCI_BUS "/drivers/%s", driver);
	return !access(path, F_OK);
}

int pci_set_override(const char *bdf, const char *driver)
{
	/* An empty write(2) never reaches sysfs; a lone newline clears. */
	return pci_attr_write(bdf, "driver_override", driver[0] ? driver : "\n");
}

int pci_unbind(const char *bdf)
{
	char path[PATH_MAX];
	int err = file_write(device_path(bdf, "driver/unbind", path), bdf);

	/*
	 * cxl-core finishes in the background when a CXL device loses its
	 * driver, and releases the driver that the device has by then.
	 */
	file_write("/sys/bus/cxl/flush", "1");
	return err == -ENOENT ? 0 : err;
}

int pci_probe(const char *bdf)
{
	return file_write(PCI_BUS "/drivers_probe", bdf);
}

int pci_bind(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int err;

	err = pci_unbind(bdf);
	if (!err)
		err = pci_set_override(bdf, driver);
	if (err)
		return err;
	pci_probe(bdf);
	if (pci_driver_is(bdf, driver))
		return 0;

	/* drivers_probe hides what the driver's probe said, bind does not. */
	snprintf(path, sizeof(path), PCI_BUS "/drivers/%s/bind", driver);
	return file_write(path, bdf);
}

static struct saved_device {
	struct saved_device *next;
	char bdf[PCI_BDF_SIZE];
	char driver[PCI_NAME_SIZE];
	char override[PCI_NAME_SIZE];
} *saved;

static pid_t saved_by;

static void restore_devices(void)
{
	struct saved_device *dev;

	/* A forked child runs this too when it exits. */
	if (getpid() != saved_by)
		return;
	for (dev = saved; dev; dev = dev->next) {
		if (!pci_present(dev->bdf))
			continue;
		if (!pci_driver_is(dev->bdf, dev->driver))
			pci_unbind(dev->bdf);
		pci_set_override(dev->bdf, dev->override);
		if (dev->driver[0])
			pci_probe(dev->bdf);
	}
}

void pci_restore_at_exit(const char *bdf)
{
	struct saved_device *dev = xcalloc(1, sizeof(*dev));

	snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
	pci_driver(bdf, dev->driver, sizeof(dev->driver));
	pci_attr_read(bdf, "driver_override", dev->override,
		      sizeof(dev->override));
	if (!strcmp(dev->override, "(null)"))
		dev->override[0] = '\0';
	dev->next = saved;
	saved = dev;
	if (!saved_by) {
		saved_by = getpid();
		atexit(restore_devices);
	}
}

/* One access to the host's view of configuration space: bytes or -errno. */
static int host_config(const char *bdf, bool write, void *buf, size_t size,
		       size_t offset)
{
	char path[PATH_MAX];
	int fd = open(device_path(bdf, "config", path),
		      (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write ? pwrite(fd, buf, size, offset) : pread(fd, buf, size, offset);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

int pci_host_config(const char *bdf, void *buf, size_t size, size_t offset)
{
	return host_config(bdf, false, buf, size, offset);
}

int pci_host_config_write(const char *bdf, const void *buf, size_t size,
			  size_t offset)
{
	return host_config(bdf, true, (void *)buf, size, offset);
}
