// SPDX-License-Identifier: GPL-2.0
/* Which devices a driver takes, and two drivers side by side. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lifecycle.h"

/* Nothing but the override of exactly this driver makes it take a device. */
static void override_only(struct lifecycle *l)
{
	char path[128], name[PCI_NAME_SIZE];
	int err;

	pci_unbind(l->bdf);
	pci_set_override(l->bdf, "");
	pci_probe(l->bdf);
	expect(l, !pci_driver_is(l->bdf, l->driver->name),
	       "a device without override is not taken, it has \"%s\"",
	       pci_driver(l->bdf, name, sizeof(name)));
	pci_unbind(l->bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind",
		 l->driver->name);
	err = file_write(path, l->bdf);
	expect(l, err == -ENODEV, "nor can it be bound by name: %s",
	       errname(err));

	pci_set_override(l->bdf, "no-such-driver");
	pci_probe(l->bdf);
	expect(l, pci_driver_is(l->bdf, ""),
	       "a device with another override is not taken");
	err = file_write(path, l->bdf);
	expect(l, err == -ENODEV, "nor can it be bound by name: %s",
	       errname(err));

	pci_set_override(l->bdf, l->driver->name);
	expect(l, pci_driver_is(l->bdf, ""), "the override alone binds nothing");
	pci_probe(l->bdf);
	expect(l, pci_driver_is(l->bdf, l->driver->name),
	       "a device with its override is taken by a probe");
	pci_unbind(l->bdf);
	err = file_write(path, l->bdf);
	expect(l, !err && pci_driver_is(l->bdf, l->driver->name),
	       "or by name: %s", errname(err));
	err = file_write(path, l->bdf);
	expect(l, err, "but not twice: %s", errname(err));

	/* The override can change under a bound device without effect. */
	pci_set_override(l->bdf, "");
	expect(l, pci_driver_is(l->bdf, l->driver->name),
	       "a bound device stays when its override goes");
	pci_unbind(l->bdf);
}

/* Aliases in a module's file: strings "alias=..." in its .modinfo section. */
static void module_aliases(const char *module, struct text *aliases)
{
	char path[MODULE_PATH_SIZE];
	const char *data, *pos, *end;
	struct stat st;
	int fd;

	if (!module_file(module, path, sizeof(path)))
		die("the file of module %s is not found", module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		die("%s cannot be read: %s", path, errname(errno));
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		die("%s cannot be mapped: %s", path, errname(errno));
	end = data + st.st_size;
	for (pos = data; pos < end; pos++) {
		pos = memmem(pos, end - pos, "\0alias=", 7);
		if (!pos)
			break;
		pos += 7;
		text_add(aliases, "%.*s\n", (int)strnlen(pos, end - pos), pos);
	}
	munmap((void *)data, st.st_size);
	close(fd);
}

/*
 * Tools find the best vfio driver of a device by its "vfio_pci:" alias with the
 * fewest wildcards. A match-all alias would tie with vfio-pci's, and a plain
 * "pci:" alias would make every system load the module on its own.
 */
static void check_aliases(struct lifecycle *l)
{
	struct text aliases = {};
	const char *all = "vfio_pci:v*d*sv*sd*bc*sc*i*\n";

	module_aliases(cxl_vfio_pci_driver.module, &aliases);
	tap_ok(aliases.len && strstr(aliases.data, "vfio_pci:v"),
	       "%s: the module has a vfio_pci: alias",
	       cxl_vfio_pci_driver.name);
	tap_ok(!aliases.len || !strstr(aliases.data, all),
	       "%s: it does not match all devices", cxl_vfio_pci_driver.name);
	tap_ok(!aliases.len || (strncmp(aliases.data, "pci:", 4) &&
				!strstr(aliases.data, "\npci:")),
	       "%s: it has no alias that loads it without being asked",
	       cxl_vfio_pci_driver.name);
	text_clear(&aliases);
	module_aliases(vfio_pci_driver.module, &aliases);
	tap_ok(aliases.len && strstr(aliases.data, all),
	       "%s: its alias does match all devices", vfio_pci_driver.name);
	text_free(&aliases);
}

#define IOVA 0x100000

/* Devices of two drivers in one container, at the same time. */
static void side_by_side(struct lifecycle *l, const char *theirs,
			 const char *ours)
{
	struct vfio_dev dev_theirs, dev_ours;
	struct vfio_iommu iommu;
	void *mem;
	int err;

	must_bind(theirs, &vfio_pci_driver);
	must_bind(ours, &cxl_vfio_pci_driver);
	err = vfio_iommu_open(&iommu, VFIO_MODE_CONTAINER);
	if (err)
		die("no container: %s", errname(err));
	err = vfio_dev_open_in(&dev_theirs, theirs, &iommu, NULL);
	if (!tap_ok(!err, "%s opens under %s: %s", theirs, vfio_pci_driver.name,
		    errname(err)))
		goto out;
	err = vfio_dev_open_in(&dev_ours, ours, &iommu, NULL);
	if (!tap_ok(!err, "%s opens beside it in its container under %s: %s",
		    ours, cxl_vfio_pci_driver.name, errname(err)))
		goto close_theirs;

	mem = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	err = vfio_iommu_map(&iommu, mem, IOVA, getpagesize());
	tap_ok(!err, "both map memory together: %s", errname(err));
	tap_ok(vfio_config_read(&dev_theirs, 0, 4) ==
	       (uint32_t)(pci_attr_number(theirs, "device") << 16 |
			  pci_attr_number(theirs, "vendor")) &&
	       vfio_config_read(&dev_ours, 0, 4) ==
	       (uint32_t)(pci_attr_number(ours, "device") << 16 |
			  pci_attr_number(ours, "vendor")),
	       "each user reads its own device");
	vfio_iommu_unmap(&iommu, IOVA, getpagesize());
	munmap(mem, getpagesize());
	vfio_dev_close(&dev_ours);
close_theirs:
	vfio_dev_close(&dev_theirs);
out:
	vfio_iommu_close(&iommu);
	pci_unbind(theirs);
	pci_unbind(ours);
}

void test_binding(struct lifecycle *l)
{
	under_both(l, "taking devices", override_only);
	check_aliases(l);
	if (l->other) {
		side_by_side(l, l->bdf, l->other);
		side_by_side(l, l->other, l->bdf);
	} else {
		tap_skip("needs a second device", "two drivers side by side");
	}
}
