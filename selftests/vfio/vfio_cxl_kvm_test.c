// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM of arm64 does with device memory behind a memory slot. The memory has no
 * pages, and KVM gives such memory to a guest as cacheable only on a processor with
 * FEAT_S2FWB and CTR_EL0.DIC. A VMM asks the virtual machine, not /dev/kvm, for
 * KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED; without it, KVM takes no such slot.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cxl_test.h"
#include "pages.h"
#include "reset.h"

#ifdef __aarch64__

#define MIB (1ull << 20)
/* Of the guest: its program, what is no memory, and the device's. */
#define PROGRAM 0
#define NOBODY (64 * MIB)
#define MEMORY (1024 * MIB)
#define STEP (64ull << 10)

/*
 * From x0 to x1 in steps of x2, a word each: one more than before. Then back to the
 * VMM, by a store where nothing is; and again. A virtual CPU begins at 0.
 */
static const uint32_t program[] = {
	0xb9400004,	/* 1: ldr w4, [x0] */
	0x11000484,	/* add w4, w4, #1 */
	0xb9000004,	/* str w4, [x0] */
	0x8b020000,	/* add x0, x0, x2 */
	0xeb01001f,	/* cmp x0, x1 */
	0x54ffff63,	/* b.lo 1b */
	0xf900007f,	/* str xzr, [x3] */
	0x17fffff9,	/* b 1b */
};

FIXTURE(kvm) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	uint64_t size;
	int kvm, vm, cpu, run_size;
	uint32_t *low;
	struct kvm_run *run;
	bool cacheable;
};

static int slot(int vm, uint32_t number, uint64_t at, volatile void *memory, uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = number,
		.guest_phys_addr = at,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int set(int cpu, uint64_t number, uint64_t value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | number,
		.addr = (uintptr_t)&value,
	};

	return ioctl(cpu, KVM_SET_ONE_REG, &reg);
}

#define X(n) KVM_REG_ARM_CORE_REG(regs.regs[n])

/* The guest goes through the memory once: 0, or what KVM_RUN says. */
static int go_through(int cpu, struct kvm_run *run, uint64_t size)
{
	set(cpu, X(0), MEMORY);
	set(cpu, X(1), MEMORY + size);
	set(cpu, X(2), STEP);
	set(cpu, X(3), NOBODY);
	if (ioctl(cpu, KVM_RUN, 0))
		return -errno;
	return run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == NOBODY ? 0 : -EPROTO;
}

/* The first word of each step that is not @want. */
static uint64_t wrong(volatile uint32_t *map, uint64_t size, uint32_t want)
{
	uint64_t at = 0;

	while (at < size && map[at / 4] == want)
		at += STEP;
	return at;
}

FIXTURE_SETUP(kvm)
{
	struct kvm_vcpu_init init;

	self->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (self->kvm < 0)
		SKIP(return, "this machine has no KVM");
	self->vm = ioctl(self->kvm, KVM_CREATE_VM, 0);
	ASSERT_LE(0, self->vm);
	self->cacheable = ioctl(self->vm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED) > 0;
	self->cpu = ioctl(self->vm, KVM_CREATE_VCPU, 0);
	ASSERT_LE(0, self->cpu);
	ASSERT_EQ(0, ioctl(self->vm, KVM_ARM_PREFERRED_TARGET, &init));
	ASSERT_EQ(0, ioctl(self->cpu, KVM_ARM_VCPU_INIT, &init));
	self->run_size = ioctl(self->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	ASSERT_LT(0, self->run_size);
	self->run = mmap(NULL, self->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, self->cpu, 0);
	ASSERT_NE(MAP_FAILED, self->run);
	self->low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->low);
	memcpy(self->low, program, sizeof(program));
	__builtin___clear_cache((char *)self->low, (char *)self->low + sizeof(program));
	ASSERT_EQ(0, slot(self->vm, 0, PROGRAM, self->low, PAGE));

	cxl_dev_open(&self->dev, cxl_bdf);
	self->size = self->dev.size < 256 * MIB ? self->dev.size : 256 * MIB;
	self->map = cxl_mem_map_aligned(&self->dev, 0, self->size, PMD, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
	for (uint64_t at = 0; at < self->size; at += STEP)
		self->map[at / 4] = 5;
	if (self->cacheable)
		ASSERT_EQ(0, slot(self->vm, 1, MEMORY, self->map, self->size));
}

FIXTURE_TEARDOWN(kvm)
{
	if (self->kvm < 0)
		return;
	munmap(self->run, self->run_size);
	close(self->cpu);
	close(self->vm);
	close(self->kvm);
	munmap(self->low, PAGE);
	munmap((void *)self->map, self->size);
	cxl_dev_close(&self->dev);
}

TEST_F(kvm, a_guest_has_the_memory)
{
	if (!self->cacheable)
		SKIP(return, "KVM gives it to no guest: the processor lacks FEAT_S2FWB or CTR_EL0.DIC");
	EXPECT_EQ(0, go_through(self->cpu, self->run, self->size));
	EXPECT_EQ(self->size, wrong(self->map, self->size, 6));
}

TEST_F(kvm, and_after_a_reset_again)
{
	if (!self->cacheable)
		SKIP(return, "KVM gives it to no guest");
	EXPECT_EQ(0, go_through(self->cpu, self->run, self->size));
	if (reset_by(&self->dev, BY_IOCTL))
		SKIP(return, "the device cannot be reset");
	for (uint64_t at = 0; at < self->size; at += STEP)
		self->map[at / 4] = 10;
	EXPECT_EQ(0, go_through(self->cpu, self->run, self->size));
	EXPECT_EQ(self->size, wrong(self->map, self->size, 11));
}

/* KVM gives it away, and takes it back. */
TEST_F(kvm, not_while_memory_space_is_off)
{
	if (!self->cacheable)
		SKIP(return, "KVM gives it to no guest");
	EXPECT_EQ(0, go_through(self->cpu, self->run, self->size));
	cxl_set_memory_space(&self->dev, false);
	EXPECT_EQ(-EFAULT, go_through(self->cpu, self->run, self->size));
	cxl_set_memory_space(&self->dev, true);
	EXPECT_EQ(0, go_through(self->cpu, self->run, self->size));
}

TEST_F(kvm, or_is_told_why_not)
{
	if (self->cacheable)
		SKIP(return, "KVM gives it to guests");
	EXPECT_EQ(-1, slot(self->vm, 1, MEMORY, self->map, self->size));
	EXPECT_EQ(EINVAL, errno);
}

#else

TEST(kvm)
{
	SKIP(return, "another architecture's KVM needs no capability for it");
}

#endif

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
