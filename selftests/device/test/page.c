// SPDX-License-Identifier: GPL-2.0-or-later
/* A page of host memory whose physical address is known. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page.h"
#include "tap.h"

#define PFN_MASK	((1ULL << 55) - 1)

reg32_t *host_page(uint64_t *phys)
{
	size_t size = sysconf(_SC_PAGESIZE);
	static uint32_t *page;
	static uint64_t addr;
	uint64_t entry;
	int fd;

	if (!page) {
		page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED |
			    MAP_POPULATE, -1, 0);
		if (page == MAP_FAILED)
			tap_bail("mmap: %s", strerror(errno));
		memset(page, 0xee, size);
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || pread(fd, &entry, 8,
				    (uintptr_t)page / size * 8) != 8)
			tap_bail("pagemap: %s", strerror(errno));
		close(fd);
		addr = (entry & PFN_MASK) * size;
	}
	*phys = addr;
	return page;
}
