// SPDX-License-Identifier: GPL-2.0
/* Reads and writes of every region, anywhere, of any length, with any buffer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "fuzz.h"
#include "pages.h"

#define MAX_COUNT (160u << 10)
#define CANARY 0xa5

enum buffer { GOOD, NONE, CUT_OFF, DEVICE, BUFFERS };

struct access {
	unsigned int region;
	uint64_t offset;
	size_t count;
	bool write;
	enum buffer buffer;
	size_t cut;		/* what is there of the buffer */
	void *at;
};

static uint8_t *good_buffer(void)
{
	static uint8_t *buffer;

	if (!buffer)
		buffer = xcalloc(1, MAX_COUNT + 64);
	return buffer;
}

static size_t choose_count(struct fuzz *f)
{
	static const size_t counts[] = { 0, 1, 2, 3, 4, 4, 4, 8, 8, 16, 64 };

	if (!fuzz_coin(f, 8))
		return counts[fuzz_below(f, ARRAY_SIZE(counts))];
	return fuzz_below(f, fuzz_coin(f, 8) ? MAX_COUNT : 2 * PAGE);
}

static uint64_t choose_offset(struct fuzz *f, unsigned int region)
{
	const uint64_t places[] = {
		0, region < f->regions ? f->region[region].size : 0,
		PCI_COMMAND, f->pmcsr, f->dev.dvsec, f->dev.dvsec + f->dev.dvsec_len,
		f->dev.hdm, fuzz_block_start(f), fuzz_block_end(f),
		CXL_COMPONENT_IMPL_START, CXL_COMPONENT_IMPL_END, FUZZ_CONTENTS,
	};
	uint64_t end = region < f->regions ? f->region[region].size : 0;

	if (fuzz_coin(f, 64))
		return fuzz_below(f, 1ull << 40);
	return fuzz_near(f, places, ARRAY_SIZE(places), end);
}

static void *choose_buffer(struct fuzz *f, struct access *access)
{
	static uint8_t *cut;
	struct fuzz_map *map = &f->map[fuzz_below(f, FUZZ_MAPS)];

	access->buffer = fuzz_coin(f, 8) ? fuzz_below(f, BUFFERS) : GOOD;
	switch (access->buffer) {
	case NONE:
		return NULL;
	case CUT_OFF:
		if (!cut) {
			cut = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			mprotect(cut + PAGE, PAGE, PROT_NONE);
		}
		access->cut = fuzz_below(f, 64);
		return cut + PAGE - access->cut;
	case DEVICE:
		/* The device's own memory, which the copy has to fault in. */
		if (map->at && map->region == f->dev.cap.hdm_region_idx &&
		    access->count <= map->len && map->offset >= FUZZ_CONTENTS)
			return map->at;
		access->buffer = GOOD;
		break;
	default:
		break;
	}
	return good_buffer();
}

/* The implementation's registers in the component register block. */
static bool in_impl(uint64_t at)
{
	return at >= CXL_COMPONENT_IMPL_START && at < CXL_COMPONENT_IMPL_END;
}

static ssize_t expected_of_component(struct fuzz *f, uint64_t at, uint64_t end)
{
	bool impl = in_impl(at) && in_impl(end - 1);

	if (f->dev.cap.uapi != CXL_UAPI_V3) {
		if (at % 4 || end - at != 4)
			return -EINVAL;
		/* Those of v6 are the device's. */
		return f->dev.cap.uapi == CXL_UAPI_V6 && !fuzz_bar_accessible(f) ?
			       -EIO : 4;
	}
	if (!impl && (at % 4 || end % 4))
		return -EINVAL;
	/* The shadows are there in any case, the device's own registers are not. */
	if (at < CXL_COMPONENT_IMPL_END && end > CXL_COMPONENT_IMPL_START &&
	    !fuzz_bar_accessible(f))
		return -EIO;
	return end - at;
}

/* Where in the block the device is not asked, as far as it goes from @at on; 0 if it is. */
static uint64_t end_of_hole(struct fuzz *f, uint64_t at, bool write)
{
	const struct cxl_place *cap = &f->dev.cap;
	uint64_t cachemem = CXL_CM_OFFSET + CXL_CM_SIZE;

	switch (cap->uapi) {
	case CXL_UAPI_V2:
		return cap->comp_reg_size;
	case CXL_UAPI_V3:
		if (in_impl(at))
			return 0;
		return at < CXL_COMPONENT_IMPL_START ? CXL_COMPONENT_IMPL_START :
						       cap->comp_reg_size;
	case CXL_UAPI_V6:
		/* What is beside the decoders is read, and not written. */
		if (write)
			return at >= CXL_CM_OFFSET && at < cachemem ? cachemem : 0;
		return at >= cap->first && at < cap->first + cap->len ?
			       cap->first + cap->len : 0;
	}
	return 0;
}

/* What a good buffer would get, for a region that is not configuration space. */
static ssize_t expected_of_bar(struct fuzz *f, const struct access *access,
			       uint64_t end)
{
	uint64_t start = fuzz_block_start(f), at = access->offset, hole;

	if (fuzz_bar_accessible(f))
		return end - at;
	/* A hole answers in any case; what is around it is out of reach. */
	if (access->region != f->dev.cap.comp_reg_bar || at < start ||
	    at >= fuzz_block_end(f))
		return -EIO;
	hole = end_of_hole(f, at - start, access->write);
	if (!hole)
		return -EIO;
	hole += start;
	return (end < hole ? end : hole) - at;
}

static ssize_t expected(struct fuzz *f, const struct access *access)
{
	const struct fuzz_region *region = &f->region[access->region];
	uint64_t end = access->offset + access->count;

	if (!access->count)
		return 0;
	if (access->region >= f->regions)
		return -EINVAL;
	if (access->region == VFIO_PCI_CONFIG_REGION_INDEX)
		return end > region->size ? -EFAULT : (ssize_t)access->count;
	if (access->offset >= region->size)
		return -EINVAL;
	if (end > region->size)
		end = region->size;
	if (access->region == f->dev.cap.hdm_region_idx)
		return fuzz_memory_accessible(f) ? (ssize_t)(end - access->offset) :
						   -EIO;
	if (access->region == f->dev.cap.comp_reg_region_idx)
		return expected_of_component(f, access->offset, end);
	if (access->region == VFIO_PCI_ROM_REGION_INDEX && access->write)
		return -EINVAL;
	return expected_of_bar(f, access, end);
}

static bool overlaps(const struct access *access, ssize_t done,
		     unsigned int start, unsigned int len)
{
	return done > 0 && access->region == VFIO_PCI_CONFIG_REGION_INDEX &&
	       access->offset < start + len && access->offset + done > start;
}

/* What a write changed beside the bytes that it wrote. */
static void follow_write(struct fuzz *f, const struct access *access,
			 ssize_t done)
{
	if (overlaps(access, done, PCI_COMMAND, 2) ||
	    (f->pmcsr && overlaps(access, done, f->pmcsr, 2)) ||
	    (f->devctl && overlaps(access, done, f->devctl, 2)) ||
	    overlaps(access, done, f->dev.dvsec, f->dev.dvsec_len)) {
		fuzz_resync(f);
		fuzz_check_contents(f);
	}
}

/* The bytes of an access to the memory that the model knows. */
static size_t modelled(struct fuzz *f, const struct access *access, ssize_t done)
{
	if (done <= 0 || access->region != f->dev.cap.hdm_region_idx ||
	    access->offset >= FUZZ_CONTENTS)
		return 0;
	return (uint64_t)done < FUZZ_CONTENTS - access->offset ?
		       (size_t)done : FUZZ_CONTENTS - access->offset;
}

static void check_data(struct fuzz *f, const struct access *access, ssize_t done)
{
	uint8_t *contents = f->contents + access->offset, *buffer = access->at;
	size_t known = modelled(f, access, done), i;

	if (access->write) {
		/* What a failing copy stored before it failed is anybody's guess. */
		if (access->buffer == GOOD)
			memcpy(contents, buffer, known);
		else if (access->region == f->dev.cap.hdm_region_idx &&
			 access->offset < FUZZ_CONTENTS)
			cxl_mem_read(&f->dev, 0, f->contents, FUZZ_CONTENTS);
		return;
	}
	if (access->buffer != GOOD)
		return;
	if (known && memcmp(buffer, contents, known))
		fuzz_fail(f, "memory at %#llx reads otherwise than it was written",
			  (unsigned long long)access->offset);
	for (i = done > 0 ? done : 0; i < access->count + 64; i++)
		if (buffer[i] != CANARY) {
			fuzz_fail(f, "a read of %zd bytes wrote byte %zu of the buffer",
				  done, i);
			break;
		}
}

static void read_or_write(struct fuzz *f)
{
	struct access access = {
		.region = fuzz_below(f, f->regions + 1),
		.write = fuzz_coin(f, 2),
		.count = choose_count(f),
	};
	ssize_t wanted, done;
	char what[96];
	size_t i;
	off_t pos;

	access.offset = choose_offset(f, access.region);
	access.at = choose_buffer(f, &access);
	wanted = expected(f, &access);
	if (access.buffer == GOOD) {
		memset(access.at, CANARY, access.count + 64);
		for (i = 0; access.write && i < access.count; i++)
			((uint8_t *)access.at)[i] = random_next(&f->random);
	}
	pos = (off_t)access.region << 40 | access.offset;
	done = access.write ?
		pwrite(f->dev.vfio.fd, access.at, access.count, pos) :
		pread(f->dev.vfio.fd, access.at, access.count, pos);
	if (done < 0)
		done = -errno;
	snprintf(what, sizeof(what), "%s of %zu bytes at %u+%#llx, buffer %d",
		 access.write ? "write" : "read", access.count, access.region,
		 (unsigned long long)access.offset, access.buffer);
	/* A buffer that cannot be accessed may end a copy anywhere. */
	if (access.buffer == GOOD ||
	    (done != -EFAULT && !(done >= 0 && done <= wanted)))
		FUZZ_ALLOW(f, done, what, wanted);
	check_data(f, &access, done);
	if (access.write)
		follow_write(f, &access, done);
}

const struct fuzz_op fuzz_access_ops[] = {
	{ "read or write", 400, read_or_write },
	{}
};
