// SPDX-License-Identifier: GPL-2.0
/* Mappings of each region, what they show and what they refuse. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "dump.h"
#include "touch.h"

/* The kernel's own description of the mapping: caching, dumping, growing. */
static void add_vm_flags(struct dump *d, const void *map)
{
	char line[512], start[32];
	bool ours = false;
	FILE *smaps = fopen("/proc/self/smaps", "re");

	if (!smaps)
		return;
	snprintf(start, sizeof(start), "%lx-", (unsigned long)map);
	while (fgets(line, sizeof(line), smaps)) {
		if (strstr(line, "-") && strspn(line, "0123456789abcdef") >= 5)
			ours = !strncmp(line, start, strlen(start));
		if (ours && !strncmp(line, "VmFlags:", 8))
			text_add(d->out, "  %s", line);
	}
	fclose(smaps);
}

static void try_map(struct dump *d, uint32_t index, uint64_t offset,
		    uint64_t size, int prot, int flags)
{
	void *map = mmap(NULL, size, prot, flags, d->dev->fd, offset);

	text_add(d->out, "region %u map %llx+%llx prot %d flags %d: ", index,
		 (unsigned long long)offset, (unsigned long long)size, prot,
		 flags);
	if (map == MAP_FAILED) {
		dump_line(d, "%s", errname(errno));
		return;
	}
	dump_line(d, "mapped");
	add_vm_flags(d, map);
	munmap(map, size);
}

static void operations(struct dump *d, void *map, size_t size)
{
	size_t page = getpagesize();
	uint8_t byte;
	struct iovec to = { &byte, 1 }, from = { map, 1 };
	void *moved;
	ssize_t n;

	dump_line(d, "  mprotect rwx: %s", mprotect(map, size, PROT_READ |
		  PROT_WRITE | PROT_EXEC) ? errname(errno) : "ok");
	mprotect(map, size, PROT_READ | PROT_WRITE);
	dump_line(d, "  mlock: %s", mlock(map, size) ? errname(errno) : "ok");
	dump_line(d, "  msync: %s",
		  msync(map, size, MS_SYNC) ? errname(errno) : "ok");
	dump_line(d, "  madvise dontneed: %s",
		  madvise(map, size, MADV_DONTNEED) ? errname(errno) : "ok");
	dump_line(d, "  madvise dodump: %s",
		  madvise(map, size, MADV_DODUMP) ? errname(errno) : "ok");
	moved = mremap(map, size, size + page, MREMAP_MAYMOVE);
	dump_line(d, "  mremap larger: %s",
		  moved == MAP_FAILED ? errname(errno) : "ok");
	n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	dump_line(d, "  pinned by another: %s", n < 0 ? errname(errno) : "ok");
}

static void compare_at(struct dump *d, uint32_t index, void *map,
		       uint64_t offset)
{
	uint32_t value = 0, other = 0;
	const char *how = touch(map + offset, false, &value);
	ssize_t n = vfio_region_read(d->dev, index, offset, &other, 4);

	dump_line(d, "  at %llx: %s %08x, read(2) %s %08x",
		  (unsigned long long)offset, how, value,
		  n < 0 ? errname(n) : "ok", other);
}

static void access_map(struct dump *d, uint32_t index, uint64_t size)
{
	uint16_t command = vfio_config_read(d->dev, PCI_COMMAND, 2);
	size_t page = getpagesize();
	uint32_t value = 0;
	void *map;

	map = vfio_region_map(d->dev, index, 0, size, PROT_READ | PROT_WRITE);
	if (map == MAP_FAILED)
		return;
	compare_at(d, index, map, 0);
	compare_at(d, index, map, size / 2);
	compare_at(d, index, map, size - 4);
	operations(d, map, size);

	/* A mapping that is there must go when the device stops decoding. */
	touch(map, false, &value);
	vfio_config_write(d->dev, PCI_COMMAND, 2,
			  command & ~PCI_COMMAND_MEMORY);
	dump_line(d, "  not decoded, read: %s", touch(map, false, &value));
	dump_line(d, "  not decoded, write: %s", touch(map, true, &value));
	if (size > page)
		dump_line(d, "  not decoded, other page: %s",
			  touch(map + size - page, false, &value));
	vfio_config_write(d->dev, PCI_COMMAND, 2, command);
	dump_line(d, "  decoded again: %s", touch(map, false, &value));
	munmap(map, size);
}

static void one_region(struct dump *d, uint32_t index)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_EXEC,
	};
	struct vfio_region_info *info = vfio_region_info(d->dev, index);
	uint64_t page = getpagesize(), size, offset;
	size_t i;

	if (!info) {
		try_map(d, index, (uint64_t)index << 40, page, PROT_READ,
			MAP_SHARED);
		return;
	}
	size = (info->size + page - 1) & ~(page - 1);
	offset = info->offset;
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		try_map(d, index, offset, size ? size : page, prots[i],
			MAP_SHARED);
		try_map(d, index, offset, size ? size : page, prots[i],
			MAP_PRIVATE);
	}
	try_map(d, index, offset, page, PROT_READ, MAP_SHARED_VALIDATE);
	try_map(d, index, offset, size + page, PROT_READ, MAP_SHARED);
	try_map(d, index, offset + size, page, PROT_READ, MAP_SHARED);
	try_map(d, index, offset + page, size, PROT_READ, MAP_SHARED);
	try_map(d, index, offset + 1, page, PROT_READ, MAP_SHARED);
	try_map(d, index, offset, 0, PROT_READ, MAP_SHARED);
	try_map(d, index, offset, page / 2, PROT_READ, MAP_SHARED);
	if (size > page)
		try_map(d, index, offset + size - page, page, PROT_READ,
			MAP_SHARED);
	if (info->size >= 4 && info->flags & VFIO_REGION_INFO_FLAG_MMAP)
		access_map(d, index, info->size);
	free(info);
}

void dump_mmap(struct dump *d)
{
	uint32_t index;

	for (index = 0; index < d->num_regions + 2; index++)
		one_region(d, index);
	try_map(d, 255, 255ull << 40, getpagesize(), PROT_READ, MAP_SHARED);
}
