// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding an accelerator, its registers and the host bridge above it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel.h"
#include "control.h"
#include "tap.h"

#define DEVICES		"/sys/bus/pci/devices"
#define CEDT		"/sys/firmware/acpi/tables/CEDT"

#define CAP_PM		0x01
#define CAP_MSIX	0x11
#define CAP_PCIE	0x10
#define ECAP_AER	0x0001
#define ECAP_DSN	0x0003
#define ECAP_DVSEC	0x0023
#define CXL_VENDOR	0x1e98
#define DVSEC_DEVICE	0
#define DVSEC_LOCATOR	8
#define LOCATOR_COMPONENT	1

static int open_config(const char *bdf)
{
	char path[512];

	snprintf(path, sizeof(path), DEVICES "/%s/config", bdf);
	return open(path, O_RDWR | O_CLOEXEC);
}

static uint32_t read32(int fd, unsigned int off)
{
	uint32_t val = ~0u;

	return pread(fd, &val, 4, off) == 4 ? val : ~0u;
}

static uint16_t find_cap(int fd, uint8_t id)
{
	uint8_t at = read32(fd, 0x34);

	for (int i = 0; at && i < 48; i++) {
		uint32_t head = read32(fd, at & ~3);

		if ((head & 0xff) == id)
			return at;
		at = head >> 8;
	}
	return 0;
}

/* An extended capability; of DVSECs, CXL's with that id */
static uint16_t find_ext(int fd, uint16_t id, int dvsec)
{
	uint16_t at = 0x100;

	for (int i = 0; at && i < 480; i++) {
		uint32_t head = read32(fd, at);

		if (head == 0 || head == ~0u)
			return 0;
		if ((head & 0xffff) == id &&
		    (id != ECAP_DVSEC ||
		     ((read32(fd, at + 4) & 0xffff) == CXL_VENDOR &&
		      (read32(fd, at + 8) & 0xffff) == (uint32_t)dvsec)))
			return at;
		at = head >> 20;
	}
	return 0;
}

static bool has_serial(int fd, uint64_t sn)
{
	uint16_t at = find_ext(fd, ECAP_DSN, 0);

	return at && read32(fd, at + 4) == (uint32_t)sn &&
	       read32(fd, at + 8) == sn >> 32;
}

static void find_function(struct accel *a, uint64_t sn)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	char link[64], target[256], *slash;
	ssize_t len;

	while (dir && (entry = readdir(dir))) {
		int fd = entry->d_name[0] == '.' ? -1 : open_config(entry->d_name);

		if (fd < 0)
			continue;
		if (has_serial(fd, sn)) {
			snprintf(a->bdf, sizeof(a->bdf), "%.12s", entry->d_name);
			a->config = fd;
			break;
		}
		close(fd);
	}
	if (dir)
		closedir(dir);
	if (!a->bdf[0])
		tap_bail("no function has the serial number of %s", a->id);

	/* .../0000:0c:00.0/0000:0d:00.0 */
	snprintf(link, sizeof(link), DEVICES "/%s", a->bdf);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		tap_bail("%s: %s", link, strerror(errno));
	target[len] = 0;
	slash = strrchr(target, '/');
	*slash = 0;
	snprintf(a->port, sizeof(a->port), "%.12s", strrchr(target, '/') + 1);
	a->port_config = open_config(a->port);
	if (a->port_config < 0)
		tap_bail("%s: %s", a->port, strerror(errno));
}

static void *map_bar(struct accel *a, uint8_t bar)
{
	struct stat info;
	char path[80];
	void *ptr;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/resource%u", a->bdf, bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info))
		tap_bail("%s: %s", path, strerror(errno));
	ptr = mmap(NULL, info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ptr == MAP_FAILED)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
	return ptr;
}

static bool find_component(struct accel *a)
{
	unsigned int end;

	if (!a->locator)
		return false;
	end = a->locator + (read32(a->config, a->locator + 4) >> 20);
	for (unsigned int at = a->locator + 0x0c; at < end; at += 8) {
		uint32_t lo = cfg32(a, at);

		if ((lo >> 8 & 0xff) == LOCATOR_COMPONENT) {
			a->comp_bar = lo & 7;
			a->comp_offset = (lo & 0xffff0000) |
					 (uint64_t)cfg32(a, at + 4) << 32;
			return true;
		}
	}
	return false;
}

static reg32_t *find_element(reg32_t *cm, uint16_t id)
{
	unsigned int count = cm[0] >> 24;

	for (unsigned int i = 1; i <= count; i++) {
		if ((cm[i] & 0xffff) == id)
			return cm + (cm[i] >> 20) / 4;
	}
	return NULL;
}

static unsigned int count_decoders(uint32_t cap)
{
	static const uint8_t counts[] = {
		1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32
	};

	cap &= 0xf;
	return cap < sizeof(counts) ? counts[cap] : 0;
}

static void find_registers(struct accel *a)
{
	reg8_t *bars[6] = { NULL };
	reg32_t *cm;
	uint32_t table;

	if (!a->msix || !find_component(a))
		tap_bail("%s has no MSI-X or no component registers", a->bdf);
	table = cfg32(a, a->msix + 4);
	a->regs_bar = table & 7;
	a->regs_offset = (table & ~7u) - REGS_MSIX_TABLE;

	bars[a->comp_bar] = map_bar(a, a->comp_bar);
	if (!bars[a->regs_bar])
		bars[a->regs_bar] = map_bar(a, a->regs_bar);
	a->comp = bars[a->comp_bar] + a->comp_offset;
	a->regs = (void *)(bars[a->regs_bar] + a->regs_offset);
	if (a->regs[REG_MAGIC] != MAGIC)
		tap_bail("%s has no device registers in BAR %u at 0x%llx", a->bdf,
			 a->regs_bar, (unsigned long long)a->regs_offset);

	cm = (void *)(a->comp + CM_OFFSET);
	a->link = find_element(cm, CAP_ID_LINK);
	a->ras = find_element(cm, CAP_ID_RAS);
	a->hdm = find_element(cm, CAP_ID_HDM);
	if (a->hdm)
		a->decoders = count_decoders(a->hdm[HDM_CAP]);
}

/* QEMU numbers host bridges by their bus: that of the root port */
static void find_host(struct accel *a)
{
	static uint8_t table[65536];
	unsigned int uid = strtoul(a->port + 5, NULL, 16);
	int fd = open(CEDT, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, table, sizeof(table));
	uint16_t size;

	if (len < 0)
		tap_bail("%s: %s", CEDT, strerror(errno));
	close(fd);
	for (ssize_t at = 36; at + 32 <= len; at += size) {
		uint64_t base;
		uint32_t this;

		memcpy(&size, table + at + 2, sizeof(size));
		memcpy(&this, table + at + 4, sizeof(this));
		memcpy(&base, table + at + 16, sizeof(base));
		if (!size)
			break;
		if (table[at] == 0 && this == uid) {
			reg8_t *block = map_phys(base, 0x10000);

			a->host = find_element((void *)(block + CM_OFFSET),
					       CAP_ID_HDM);
			return;
		}
	}
	tap_bail("%s does not list the host bridge of bus %u", CEDT, uid);
}

#define MAX_ACCELS	16

static struct accel accels[MAX_ACCELS];
static unsigned int first;

void accel_start_at(unsigned int n)
{
	first = n;
}

static void recover(void)
{
	for (int n = 0; n < MAX_ACCELS; n++) {
		if (accels[n].config)
			accel_recover(&accels[n]);
	}
}

struct accel *accel_find(unsigned int n)
{
	struct accel *a;
	uint64_t sn;

	n += first;
	if (n >= MAX_ACCELS)
		tap_bail("acc%u is one too many", n);
	a = &accels[n];
	if (a->config)
		return a;
	snprintf(a->id, sizeof(a->id), "acc%u", n);
	if (control_get(a->id, "sn", &sn))
		tap_bail("get %s sn: %s", a->id, control_error());
	find_function(a, sn);
	a->pcie = find_cap(a->config, CAP_PCIE);
	a->pm = find_cap(a->config, CAP_PM);
	a->msix = find_cap(a->config, CAP_MSIX);
	a->dvsec = find_ext(a->config, ECAP_DVSEC, DVSEC_DEVICE);
	a->locator = find_ext(a->config, ECAP_DVSEC, DVSEC_LOCATOR);
	a->aer = find_ext(a->config, ECAP_AER, 0);
	cfg_write(a, PCI_COMMAND_, cfg16(a, PCI_COMMAND_) | COMMAND_MEMORY |
		  COMMAND_MASTER, 2);
	for (int i = 0; i < 16; i++)
		a->header[i] = cfg32(a, i * 4);
	tap_recover = recover;
	a->base = prop(a, "window-base");
	a->size = prop(a, "window-size");
	return a;
}

struct accel *accel_get(unsigned int n)
{
	struct accel *a = accel_find(n);

	if (a->regs)
		return a;
	find_registers(a);
	find_host(a);
	a->window = map_phys(a->base, WINDOW_MAPPED);
	return a;
}
