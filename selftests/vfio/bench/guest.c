// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest sees: a virtual machine with a program of a few instructions, and
 * in turns the window, a BAR under vfio-pci and anonymous memory behind a memory
 * slot. How long the guest takes to touch all of it, to go through it once more,
 * and how KVM maps it; and what a VMM does before: the mapping for DMA, and all
 * from the open device to the guest's first instruction. The latter for windows
 * of several sizes, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#ifdef __x86_64__
#include <linux/kvm.h>

#define BYTES (256ull << 20)	/* what is touched */
#define GIB1 (1ull << 30)
/* Of the guest: tables and program are below, and what it touches is at 4 GiB. */
#define LOW_BYTES 0x10000
#define PML4 0x1000
#define PDPT 0x2000
#define PROGRAM 0x3000
#define MEMORY (4 * GIB1)

/* From %rdi to %rsi in steps of %rdx; then back to the VMM, and once more. */
static const uint8_t program[] = {
	0xe6, 0xf4,		/* out %al, $0xf4: the first instruction */
	0x48, 0x8b, 0x07,	/* 1: mov (%rdi), %rax */
	0x48, 0x01, 0xd7,	/* add %rdx, %rdi */
	0x48, 0x39, 0xf7,	/* cmp %rsi, %rdi */
	0x72, 0xf5,		/* jb 1b */
	0xe6, 0xf4,		/* out %al, $0xf4 */
	0xeb, 0xf1,		/* jmp 1b */
};

struct guest {
	int kvm, vm, cpu;
	uint8_t *low;
	struct kvm_run *run;
};

static int must(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, errname(errno));
	return ret;
}

static void slot(struct guest *guest, uint32_t number, uint64_t at, void *memory, uint64_t bytes)
{
	struct kvm_userspace_memory_region region = {
		.slot = number,
		.guest_phys_addr = at,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)memory,
	};

	must(ioctl(guest->vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void long_mode(struct guest *guest)
{
	struct kvm_segment code = {
		.base = 0, .limit = ~0u, .selector = 8, .type = 0xb,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.base = 0, .limit = ~0u, .selector = 16, .type = 3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	uint64_t *pml4 = (uint64_t *)(guest->low + PML4);
	uint64_t *pdpt = (uint64_t *)(guest->low + PDPT);
	struct kvm_regs regs = { .rip = PROGRAM, .rflags = 2 };
	struct kvm_sregs sregs;

	/* Every address is mapped to itself, in pages of 1 GiB. */
	pml4[0] = PDPT | 3;
	for (unsigned int i = 0; i < 512; i++)
		pdpt[i] = i * GIB1 | 0x83;
	memcpy(guest->low + PROGRAM, program, sizeof(program));
	must(ioctl(guest->cpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr3 = PML4;
	sregs.cr4 |= 1 << 5;
	sregs.cr0 |= 1u << 31 | 1;
	sregs.efer |= 1 << 8 | 1 << 10;
	must(ioctl(guest->cpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(guest->cpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void cpuid(struct guest *guest)
{
	struct kvm_cpuid2 *cpuid = xcalloc(1, sizeof(*cpuid) + 256 * sizeof(cpuid->entries[0]));

	cpuid->nent = 256;
	must(ioctl(guest->kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(ioctl(guest->cpu, KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");
	free(cpuid);
}

static void begin(struct guest *guest)
{
	int size;

	guest->kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	guest->vm = must(ioctl(guest->kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	guest->cpu = must(ioctl(guest->vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	size = must(ioctl(guest->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	guest->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->cpu, 0);
	guest->low = mmap(NULL, LOW_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (guest->run == MAP_FAILED || guest->low == MAP_FAILED)
		die("no memory: %s", errname(errno));
	cpuid(guest);
	slot(guest, 0, 0, guest->low, LOW_BYTES);
	long_mode(guest);
}

static void end(struct guest *guest)
{
	munmap(guest->run, must(ioctl(guest->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM"));
	close(guest->cpu);
	close(guest->vm);
	close(guest->kvm);
	munmap(guest->low, LOW_BYTES);
}

/* Until the next instruction that leaves the guest. */
static void go(struct guest *guest)
{
	must(ioctl(guest->cpu, KVM_RUN, 0), "KVM_RUN");
	if (guest->run->exit_reason != KVM_EXIT_IO)
		die("the guest is lost: exit %u", guest->run->exit_reason);
}

static uint64_t go_through(struct guest *guest, uint64_t step)
{
	struct kvm_regs regs;
	uint64_t start;

	must(ioctl(guest->cpu, KVM_GET_REGS, &regs), "KVM_GET_REGS");
	regs.rdi = MEMORY;
	regs.rsi = MEMORY + BYTES;
	regs.rdx = step;
	must(ioctl(guest->cpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	start = now_ns();
	go(guest);
	return now_ns() - start;
}

/* The pages in which KVM maps what its guests have, of one size. */
static long pages(const char *size)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/pages_%s", size);
	return file_read(path, text, sizeof(text)) > 0 ? atol(text) : 0;
}

static void measure(void *memory, uint64_t bytes, const char *who)
{
	static const char * const sizes[] = { "4k", "2m", "1g" };
	uint64_t start = now_ns();
	struct guest guest;
	long before[3];

	begin(&guest);
	slot(&guest, 1, MEMORY, memory, bytes);
	go(&guest);
	sample(now_ns() - start, "guest.first.%s.ns", who);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		before[i] = pages(sizes[i]);
	sample(go_through(&guest, 4096), "guest.touch.%s.ns", who);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		sample(pages(sizes[i]) - before[i], "guest.pages-%s.%s.count", sizes[i], who);
	sample(BYTES * 1e9 / go_through(&guest, 8), "guest.read.%s.Bps", who);
	end(&guest);
}

static void measure_region(struct vfio_dev *dev, uint32_t region, const char *who)
{
	const uint64_t iova = MEMORY;
	uint64_t start;
	void *map;

	map = vfio_region_map_aligned(dev, region, 0, GIB1, GIB1, 0);
	if (map == MAP_FAILED)
		die("%s cannot be mapped: %s", dev->bdf, errname(errno));
	measure(map, GIB1, who);
	munmap(map, GIB1);
	map = vfio_region_map_aligned(dev, region, 0, GIB1, GIB1, 0);
	start = now_ns();
	if (!vfio_iommu_map(dev->iommu, map, iova, GIB1)) {
		sample(now_ns() - start, "guest.dma.%s.ns", who);
		vfio_iommu_unmap(dev->iommu, iova, GIB1);
	}
	munmap(map, GIB1);
}

static void measure_ram(void)
{
	char *space = mmap(NULL, BYTES + GIB1, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *map = (char *)(((uintptr_t)space + GIB1 - 1) & ~(GIB1 - 1));

	if (space == MAP_FAILED)
		die("no memory: %s", errname(errno));
	madvise(map, BYTES, MADV_HUGEPAGE);
	/* A page that was never written is the zero page, all of them the same. */
	for (uint64_t at = 0; at < BYTES; at += 4096)
		map[at] = 1;
	measure(map, BYTES, "ram");
	munmap(space, BYTES + GIB1);
}

/* What is between a VMM with an open device and the guest's first instruction. */
static void measure_start(struct vfio_dev *dev, uint32_t region, uint64_t bytes, const char *size, const char *who)
{
	const uint64_t iova = MEMORY;
	uint64_t start, mapped;
	struct guest guest;
	void *map;

	map = vfio_region_map_aligned(dev, region, 0, bytes, bytes < GIB1 ? bytes : GIB1, 0);
	if (map == MAP_FAILED)
		die("%s cannot be mapped: %s", dev->bdf, errname(errno));
	start = now_ns();
	if (!vfio_iommu_map(dev->iommu, map, iova, bytes)) {
		mapped = now_ns();
		begin(&guest);
		slot(&guest, 1, MEMORY, map, bytes);
		go(&guest);
		sample(now_ns() - start, "start.%s.first.%s.ns", size, who);
		sample(mapped - start, "start.%s.dma.%s.ns", size, who);
		end(&guest);
		vfio_iommu_unmap(dev->iommu, iova, bytes);
	}
	munmap(map, bytes);
}

/* Both devices, with Memory Space on. Returns what both have at least, and which region of the second one it is in. */
static uint64_t open_both(const struct bench *bench, struct cxl_dev *cxl, struct vfio_dev *bar, uint32_t *region)
{
	uint64_t bytes;

	side_bind(bench->cxl, SIDE_CXL);
	cxl_dev_open(cxl, bench->cxl);
	side_bind(bench->bar, SIDE_PCI);
	vfio_dev_must_open(bar, bench->bar, cxl_dev_mode());
	*region = largest_bar(bar, &bytes);
	vfio_config_write(bar, 4, 2, vfio_config_read(bar, 4, 2) | 2);
	return bytes < cxl->size ? bytes : cxl->size;
}

void bench_start(const struct bench *bench)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} sizes[] = { { "256M", 256ull << 20 }, { "1G", GIB1 }, { "4G", 4 * GIB1 }, { "16G", 16 * GIB1 } };
	struct vfio_dev bar;
	struct cxl_dev cxl;
	uint64_t bytes;
	uint32_t region;

	if (!bench->bar)
		return;
	bytes = open_both(bench, &cxl, &bar, &region);
	for (unsigned int run = 0; run < bench->runs; run++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes) && sizes[i].bytes <= bytes; i++) {
			measure_start(&cxl.vfio, cxl.cap.hdm_region_idx, sizes[i].bytes, sizes[i].name, "cxl");
			measure_start(&bar, region, sizes[i].bytes, sizes[i].name, "pci");
		}
	}
	vfio_dev_close(&bar);
	cxl_dev_close(&cxl);
}

void bench_guest(const struct bench *bench)
{
	struct vfio_dev bar;
	struct cxl_dev cxl;
	uint32_t region;

	if (!bench->bar)
		return;
	if (open_both(bench, &cxl, &bar, &region) < GIB1)
		die("the window or the BAR is too small");
	for (unsigned int run = 0; run < bench->runs; run++) {
		measure_region(&cxl.vfio, cxl.cap.hdm_region_idx, "cxl");
		measure_region(&bar, region, "pci");
		measure_ram();
	}
	vfio_dev_close(&bar);
	cxl_dev_close(&cxl);
}
#else
void bench_start(const struct bench *bench)
{
}

void bench_guest(const struct bench *bench)
{
}
#endif
