// SPDX-License-Identifier: GPL-2.0
/* Mappings: made, moved, cut, protected, advised, inherited, and touched. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "pages.h"
#include "touch.h"


static struct fuzz_map *choose_map(struct fuzz *f)
{
	struct fuzz_map *map = &f->map[fuzz_below(f, FUZZ_MAPS)];

	return map->at ? map : NULL;
}

static uint64_t page_up(uint64_t at)
{
	return (at + PAGE - 1) & ~(PAGE - 1);
}

static uint64_t page_down(uint64_t at)
{
	return at & ~(PAGE - 1);
}

static bool within(uint64_t offset, uint64_t len, uint64_t start, uint64_t end)
{
	return offset >= start && offset + len <= end;
}

/* Whether @len bytes, whole pages, can be mapped from @offset on. */
static bool can_be_mapped(struct fuzz *f, unsigned int region, uint64_t offset,
			  uint64_t len, int flags)
{
	const struct cxl_place *cap = &f->dev.cap;
	uint64_t size, block = fuzz_block_start(f);

	if (region >= f->regions || !(flags & MAP_SHARED) ||
	    !(f->region[region].flags & VFIO_REGION_INFO_FLAG_MMAP))
		return false;
	size = f->region[region].size;
	if (region == cap->comp_reg_bar && cap->uapi == CXL_UAPI_V6)
		return within(offset, len, 0, page_down(block + cap->first)) ||
		       within(offset, len,
			      page_up(block + cap->first + cap->len),
			      page_up(size));
	if (region == cap->comp_reg_bar)
		return within(offset, len, 0, page_down(block)) ||
		       (cap->uapi == CXL_UAPI_V3 &&
			within(offset, len,
			      page_up(block + CXL_COMPONENT_IMPL_START),
			      page_down(block + CXL_COMPONENT_IMPL_END))) ||
		       within(offset, len, page_up(fuzz_block_end(f)),
			      page_up(size));
	return within(offset, len, 0, page_up(size));
}

static void unmap(struct fuzz_map *map)
{
	if (map->at)
		munmap(map->at, map->len);
	map->at = NULL;
}

void fuzz_unmap_all(struct fuzz *f)
{
	unsigned int i;

	for (i = 0; i < FUZZ_MAPS; i++)
		unmap(&f->map[i]);
}

static void make(struct fuzz *f)
{
	const uint64_t lens[] = { PAGE, 3 * PAGE, PMD, 4 * PMD };
	struct fuzz_map *map = &f->map[fuzz_below(f, FUZZ_MAPS)];
	unsigned int region = fuzz_coin(f, 2) ? f->dev.cap.hdm_region_idx :
						fuzz_below(f, f->regions + 1);
	uint64_t size = region < f->regions ? f->region[region].size : PAGE;
	const uint64_t places[] = {
		0, size, fuzz_block_start(f), fuzz_block_end(f),
		fuzz_block_start(f) + CXL_COMPONENT_IMPL_START,
		fuzz_block_start(f) + CXL_COMPONENT_IMPL_END, PMD,
	};
	uint64_t offset = fuzz_near(f, places, ARRAY_SIZE(places), size + PAGE);
	uint64_t len = fuzz_coin(f, 8) ? size : lens[fuzz_below(f, 4)];
	int flags = fuzz_coin(f, 8) ? MAP_PRIVATE : MAP_SHARED;
	int prot = fuzz_coin(f, 8) ? (int)fuzz_below(f, 4) : PROT_READ | PROT_WRITE;
	ssize_t wanted = 0;
	char what[96];
	void *at;

	if (!fuzz_coin(f, 8))
		offset &= ~(PAGE - 1);
	if (!len || offset % PAGE ||
	    !can_be_mapped(f, region, offset, page_up(len), flags))
		wanted = -EINVAL;
	unmap(map);
	at = mmap(NULL, len, prot, flags, f->dev.vfio.fd,
		  (off_t)region << 40 | offset);
	snprintf(what, sizeof(what), "mmap of %u+%#llx, %#llx bytes, flags %d",
		 region, (unsigned long long)offset, (unsigned long long)len,
		 flags);
	FUZZ_ALLOW(f, at == MAP_FAILED ? -errno : 0, what, wanted);
	if (at != MAP_FAILED)
		*map = (struct fuzz_map){ at, page_up(len), region, offset, prot };
}

/* Cut at either end; what is cut off is unmapped. */
static void cut(struct fuzz *f)
{
	struct fuzz_map *map = choose_map(f);
	size_t len;

	if (!map)
		return;
	len = fuzz_below(f, map->len / PAGE + 1) * PAGE;
	if (!len || len == map->len) {
		unmap(map);
	} else if (fuzz_coin(f, 2)) {
		FUZZ_ALLOW(f, munmap(map->at, len) ? -errno : 0, "munmap", 0);
		map->at += len;
		map->offset += len;
		map->len -= len;
	} else {
		FUZZ_ALLOW(f, munmap(map->at + map->len - len, len) ? -errno : 0,
			   "munmap of the end", 0);
		map->len -= len;
	}
}

static void move(struct fuzz *f)
{
	struct fuzz_map *map = choose_map(f);
	size_t len;
	char *at, *to;

	if (!map)
		return;
	if (fuzz_coin(f, 3)) {
		/* No mapping of a device grows. */
		at = mremap(map->at, map->len, map->len + PAGE, MREMAP_MAYMOVE);
		FUZZ_ALLOW(f, at == MAP_FAILED ? -errno : 0, "mremap that grows",
			   -EFAULT);
		return;
	}
	len = (1 + fuzz_below(f, map->len / PAGE)) * PAGE;
	to = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		return;
	at = mremap(map->at, map->len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	FUZZ_ALLOW(f, at == MAP_FAILED ? -errno : 0, "mremap", 0);
	if (at != MAP_FAILED) {
		map->at = at;
		map->len = len;
	}
}

static void protect(struct fuzz *f)
{
	struct fuzz_map *map = choose_map(f);
	int prot = fuzz_below(f, 4);

	if (!map)
		return;
	FUZZ_ALLOW(f, mprotect(map->at, map->len, prot) ? -errno : 0, "mprotect",
		   0);
	map->prot = prot;
}

static void advise(struct fuzz *f)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_DONTNEED, MADV_FREE, MADV_MERGEABLE, MADV_UNMERGEABLE,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLD, MADV_PAGEOUT,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DONTDUMP,
		MADV_DODUMP, MADV_REMOVE, MADV_COLLAPSE,
	};
	struct fuzz_map *map = choose_map(f);
	int advice = advices[fuzz_below(f, ARRAY_SIZE(advices))], err;

	if (!map)
		return;
	err = madvise(map->at, map->len, advice) ? -errno : 0;
	FUZZ_ALLOW(f, err, "madvise", 0, -EINVAL, -EBADF, -EIO, -EFAULT, -ENOMEM,
		   -EACCES, -EBUSY, -ENODEV, -EOPNOTSUPP);
	err = msync(map->at, map->len, MS_SYNC) ? -errno : 0;
	FUZZ_ALLOW(f, err, "msync", 0, -EINVAL);
	err = mlock(map->at, PAGE) ? -errno : 0;
	FUZZ_ALLOW(f, err, "mlock", 0, -ENOMEM, -EAGAIN);
	munlock(map->at, PAGE);
}

static const char *expected(struct fuzz *f, const struct fuzz_map *map, bool write)
{
	bool accessible = map->region == f->dev.cap.hdm_region_idx ?
			  fuzz_memory_accessible(f) :
			  fuzz_bar_accessible(f) && !f->low_power;

	/* On x86, what can be written can be read. */
	if (!(map->prot & PROT_WRITE) && (write || !(map->prot & PROT_READ)))
		return "SEGV";
	return accessible ? "ok" : "BUS";
}

static bool touch_map(struct fuzz *f, struct fuzz_map *map)
{
	/* A store to a register may do anything. */
	bool write = map->region == f->dev.cap.hdm_region_idx && fuzz_coin(f, 2);
	size_t at = fuzz_below(f, map->len / 4) * 4;
	uint64_t offset = map->offset + at;
	uint32_t value = random_next(&f->random), known;
	const char *wanted = expected(f, map, write), *said;

	said = touch(map->at + at, write, &value);
	if (strcmp(said, wanted)) {
		fuzz_fail(f, "%s of %u+%#llx, protection %d: %s instead of %s",
			  write ? "store" : "load", map->region,
			  (unsigned long long)offset, map->prot, said, wanted);
		return false;
	}
	if (map->region != f->dev.cap.hdm_region_idx || strcmp(said, "ok") ||
	    offset + 4 > FUZZ_CONTENTS)
		return true;
	if (write)
		memcpy(f->contents + offset, &value, 4);
	memcpy(&known, f->contents + offset, 4);
	if (known != value)
		fuzz_fail(f, "load of %#llx gives %#x instead of %#x",
			  (unsigned long long)offset, value, known);
	return known == value;
}

static void touch_one(struct fuzz *f)
{
	struct fuzz_map *map = choose_map(f);

	if (map)
		touch_map(f, map);
}

/* A child has the same mappings and the same descriptor. */
static void inherit(struct fuzz *f)
{
	struct fuzz_map *map = choose_map(f);
	int status = 0;
	pid_t pid;

	if (!map)
		return;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		/* Loads only: a store would be known to the child's model alone. */
		if (map->prot & PROT_WRITE)
			mprotect(map->at, map->len, map->prot = PROT_READ);
		_exit(touch_map(f, map) ? 0 : 1);
	}
	if (pid < 0)
		return;
	waitpid(pid, &status, 0);
	if (status)
		fuzz_fail(f, "a child that inherited a mapping ends with %#x",
			  status);
}

const struct fuzz_op fuzz_map_ops[] = {
	{ "mmap", 60, make },
	{ "munmap", 15, cut },
	{ "mremap", 15, move },
	{ "mprotect", 15, protect },
	{ "madvise", 15, advise },
	{ "load or store", 200, touch_one },
	{ "fork", 4, inherit },
	{}
};
