// SPDX-License-Identifier: GPL-2.0
/*
 * With PCI Memory Space off, or asleep, the device's memory is out of reach:
 * SIGBUS for a load or a store, EIO for a read or a write, and all is as before
 * when it is back. An access that got through would be counted by the emulated
 * device and fail the test in its harness.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/userfaultfd.h>

#include "background.h"
#include "cxl_test.h"
#include "module.h"
#include "pages.h"
#include "reset.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0xcafef00d

struct reach {
	struct cxl_dev dev;
	volatile uint32_t *map;
	uint64_t bar_page;	/* of the component BAR, that can be mapped */
	volatile uint32_t *bar;	/* NULL if none can be */
};

FIXTURE(memspace) {
	struct reach reach;
};

static struct vfio_dev *slow_device;

static void map_bar(struct cxl_dev *dev, uint64_t *offset,
		    volatile uint32_t **bar)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio_region_info *info;

	info = vfio_region_info(&dev->vfio, dev->cap.comp_reg_bar);
	sparse = info ? (const void *)vfio_cap(info, info->argsz,
					       info->cap_offset,
					       VFIO_REGION_INFO_CAP_SPARSE_MMAP)
		      : NULL;
	*bar = NULL;
	if (sparse && sparse->nr_areas) {
		*offset = sparse->areas[0].offset;
		*bar = vfio_region_map(&dev->vfio, dev->cap.comp_reg_bar,
				       *offset, PAGE, PROT_READ | PROT_WRITE);
		if (*bar == MAP_FAILED)
			die("the component BAR cannot be mapped at %#llx",
			    (unsigned long long)*offset);
	}
	free(info);
}

FIXTURE_SETUP(memspace)
{
	cxl_dev_open(&self->reach.dev, cxl_bdf);
	self->reach.map = cxl_mem_map(&self->reach.dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->reach.map);
	map_bar(&self->reach.dev, &self->reach.bar_page, &self->reach.bar);
	self->reach.map[0] = PATTERN;
	self->reach.map[LEN / 8] = PATTERN;
}

FIXTURE_TEARDOWN(memspace)
{
	munmap((void *)self->reach.map, LEN);
	if (self->reach.bar)
		munmap((void *)self->reach.bar, PAGE);
	cxl_dev_close(&self->reach.dev);
}

static void check_out_of_reach(struct __test_metadata *_metadata,
			       struct reach *r)
{
	uint32_t value = 0;

	/* What was touched before, and what was not. */
	EXPECT_STREQ("BUS", load(r->map));
	EXPECT_STREQ("BUS", store(r->map, 0));
	EXPECT_STREQ("BUS", load(r->map + LEN / 4 - 1));
	EXPECT_EQ(-EIO, cxl_mem_read(&r->dev, 0, &value, 4));
	EXPECT_EQ(-EIO, cxl_mem_write(&r->dev, 0, &value, 4));
	EXPECT_EQ(-EIO, cxl_mem_read(&r->dev, r->dev.size - 4, &value,
				     4));
	/* The block itself reads all-ones at any time. */
	if (!r->bar)
		return;
	EXPECT_EQ(-EIO, vfio_region_read(&r->dev.vfio, r->dev.cap.comp_reg_bar,
					 r->bar_page, &value, 4));
	EXPECT_EQ(-EIO, vfio_region_write(&r->dev.vfio,
					  r->dev.cap.comp_reg_bar, r->bar_page,
					  &value, 4));
	EXPECT_STREQ("BUS", load(r->bar));
}

static void check_within_reach(struct __test_metadata *_metadata,
			       struct reach *r)
{
	uint32_t value = 0;

	EXPECT_STREQ("ok", load(r->map));
	EXPECT_EQ(PATTERN, r->map[0]);
	EXPECT_EQ(PATTERN, r->map[LEN / 8]);
	EXPECT_EQ(4, cxl_mem_read(&r->dev, 0, &value, 4));
	EXPECT_EQ(PATTERN, value);
	EXPECT_STREQ("ok", r->bar ? load(r->bar) : "ok");
}

TEST_F(memspace, off_and_on)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		cxl_set_memory_space(&self->reach.dev, false);
		check_out_of_reach(_metadata, &self->reach);
		cxl_set_memory_space(&self->reach.dev, true);
		check_within_reach(_metadata, &self->reach);
	}
}

/* Either byte of the command register, and stores that straddle it. */
TEST_F(memspace, by_any_access)
{
	struct vfio_dev *vfio = &self->reach.dev.vfio;
	uint32_t dword = vfio_config_read(vfio, PCI_COMMAND, 4);
	uint8_t command = dword;

	EXPECT_EQ(0, vfio_config_write(vfio, PCI_COMMAND, 1,
				       command & ~PCI_COMMAND_MEMORY));
	check_out_of_reach(_metadata, &self->reach);
	/* The other byte is another matter. */
	EXPECT_EQ(0, vfio_config_write(vfio, PCI_COMMAND + 1, 1, dword >> 8));
	check_out_of_reach(_metadata, &self->reach);
	EXPECT_EQ(0, vfio_config_write(vfio, PCI_COMMAND, 1,
				       command | PCI_COMMAND_MEMORY));
	check_within_reach(_metadata, &self->reach);
	EXPECT_EQ(0, vfio_config_write(vfio, PCI_COMMAND, 4,
				       dword & ~PCI_COMMAND_MEMORY & 0xffff));
	check_out_of_reach(_metadata, &self->reach);
	EXPECT_EQ(0, vfio_config_write(vfio, PCI_COMMAND, 4,
				       (dword & 0xffff) | PCI_COMMAND_MEMORY));
	check_within_reach(_metadata, &self->reach);
}

/* Nothing is mapped for nobody: not by the kernel, either. */
TEST_F(memspace, closes_the_gate)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		cxl_set_memory_space(&self->reach.dev, false);
		EXPECT_TRUE(gate_is(cxl_bdf, "closed: PCI Memory Space"));
		cxl_set_memory_space(&self->reach.dev, true);
		EXPECT_TRUE(gate_is(cxl_bdf, "open"));
	}
}

TEST_F(memspace, counted_by_cause)
{
	uint64_t before, after;

	if (!cxl_counters_available(cxl_bdf))
		SKIP(return, "the driver's counters cannot be read");
	before = cxl_counter(cxl_bdf, "refused memory space disabled");
	cxl_set_memory_space(&self->reach.dev, false);
	EXPECT_STREQ("BUS", load(self->reach.map));
	EXPECT_STREQ("BUS", load(self->reach.map + LEN / 8));
	after = cxl_counter(cxl_bdf, "refused memory space disabled");
	cxl_set_memory_space(&self->reach.dev, true);
	EXPECT_EQ(before + 2, after);
}

/* The shadows are no registers of the device: they answer at any time. */
TEST_F(memspace, shadows_answer)
{
	uint32_t ctrl = cxl_hdm_get(&self->reach.dev, CXL_HDM_DECODER0_CTRL_OFFSET(0));
	uint32_t array = cxl_comp_get(&self->reach.dev, CXL_CM_OFFSET);
	uint32_t dvsec = cxl_dvsec_get(&self->reach.dev, CXL_DVSEC_CONTROL, 4);

	cxl_set_memory_space(&self->reach.dev, false);
	EXPECT_EQ(ctrl, cxl_hdm_get(&self->reach.dev, CXL_HDM_DECODER0_CTRL_OFFSET(0)));
	EXPECT_EQ(array, cxl_comp_get(&self->reach.dev, CXL_CM_OFFSET));
	EXPECT_EQ(dvsec, cxl_dvsec_get(&self->reach.dev, CXL_DVSEC_CONTROL, 4));
	/* All-ones would mean that somebody asked the device. */
	EXPECT_NE(~0u, cxl_comp_get(&self->reach.dev,
				    cxl_component_cap(&self->reach.dev,
						      CXL_CM_CAP_CAP_ID_RAS)));
	cxl_set_memory_space(&self->reach.dev, true);
	EXPECT_EQ(ctrl, cxl_hdm_get(&self->reach.dev, CXL_HDM_DECODER0_CTRL_OFFSET(0)));
	check_within_reach(_metadata, &self->reach);
}

static void reset_function(struct cxl_dev *dev)
{
	int err = vfio_ioctl(dev->vfio.fd, VFIO_DEVICE_RESET, NULL);

	if (err)
		die("VFIO_DEVICE_RESET failed: %s", errname(err));
}

/* Initiate_CXL_Reset; it has ended when the write returns. */
static void reset_cxl(struct cxl_dev *dev)
{
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_RESET);
}

/*
 * A VMM disables Memory Space before it resets a device. The reset may lose the
 * decoder, and then its registers do not answer.
 */
TEST_F(memspace, reset_while_off)
{
	void (*const resets[])(struct cxl_dev *) = { reset_function, reset_cxl };
	struct cxl_dev *dev = &self->reach.dev;
	uint32_t before[8], at = CXL_HDM_DECODER0_BASE_LOW_OFFSET(0);
	unsigned int i, n;

	for (i = 0; i < 8; i++)
		before[i] = cxl_hdm_get(dev, at + 4 * i);
	for (n = 0; n < ARRAY_SIZE(resets); n++) {
		if (n && !(cxl_dvsec_get(dev, CXL_DVSEC_CAPABILITY, 2) &
			   CXL_DVSEC_CAP_RESET))
			break;
		cxl_set_memory_space(dev, false);
		resets[n](dev);
		for (i = 0; i < 8; i++)
			EXPECT_EQ(before[i], cxl_hdm_get(dev, at + 4 * i));
		check_out_of_reach(_metadata, &self->reach);
		cxl_set_memory_space(dev, true);
		EXPECT_STREQ("ok", store(self->reach.map, PATTERN));
		EXPECT_STREQ("ok", store(self->reach.map + LEN / 8, PATTERN));
		check_within_reach(_metadata, &self->reach);
	}
}

TEST_F(memspace, while_others_look)
{
	int64_t end = now_ms() + 5000;
	unsigned int i;
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* Ends by the signal that each load may be. */
		for (i = 0;; i++) {
			const char *what = load(self->reach.map + i % (LEN / 4));

			if (strcmp(what, "ok") && strcmp(what, "BUS"))
				_exit(1);
		}
	}
	/* A kernel with KASAN takes a while to map the window again. */
	for (i = 0; i < 100 && now_ms() < end; i++) {
		cxl_set_memory_space(&self->reach.dev, i % 2);
		if (i % 10 == 1)
			sleep_ms(1);
	}
	kill(pid, SIGTERM);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	cxl_set_memory_space(&self->reach.dev, true);
	check_within_reach(_metadata, &self->reach);
}

TEST_F(memspace, asleep)
{
	struct vfio_dev *vfio = &self->reach.dev.vfio;

	if (!vfio_set_power_state(vfio, 3))
		SKIP(return, "the device has no power management");
	check_out_of_reach(_metadata, &self->reach);
	ASSERT_TRUE(vfio_set_power_state(vfio, 0));
	cxl_set_memory_space(&self->reach.dev, true);
	check_within_reach(_metadata, &self->reach);
}

/* The core reads what is written to the command register while the memory is closed. */
TEST_F(memspace, window_as_buffer)
{
	struct vfio_dev *vfio = &self->reach.dev.vfio;
	volatile uint16_t *command = (void *)&self->reach.map[16];
	int64_t start, plain;
	ssize_t n;

	/* How long it takes to flush what was stored, each time it is tried. */
	*command = 0;
	start = now_ms();
	cxl_set_memory_space(&self->reach.dev, true);
	plain = now_ms() - start;
	*command = vfio_config_read(vfio, PCI_COMMAND, 2);
	start = now_ms();
	n = vfio_region_write(vfio, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND,
			      (void *)command, 2);
	EXPECT_TRUE(n == 2 || n == -EFAULT)
		TH_LOG("%zd", n);
	/* Whoever waits for the memory waits 10 s. */
	EXPECT_GT(9000 + 8 * plain, now_ms() - start);
	EXPECT_STREQ("ok", load(self->reach.map));
}

struct slow {
	int uffd;
	void *page;
	pthread_t thread;
	bool asked;	/* for the page */
	bool may_have;	/* who asked */
};

static bool is_set(void *flag)
{
	return __atomic_load_n((bool *)flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

/* Gives a page out when told so, or in the end: nobody waits for ever. */
static void *give_out_late(void *arg)
{
	/* Of the largest page. */
	static char contents[64 << 10];
	struct slow *slow = arg;
	struct uffd_msg msg;
	struct uffdio_copy copy = {
		.dst = (unsigned long)slow->page,
		.src = (unsigned long)contents,
		.len = PAGE,
	};

	if (read(slow->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return NULL;
	set(&slow->asked);
	wait_until(is_set, &slow->may_have, FREED_MS);
	/* Memory Space, and bus mastering off. */
	contents[0] = PCI_COMMAND_MEMORY;
	ioctl(slow->uffd, UFFDIO_COPY, &copy);
	return NULL;
}

static int write_command_from(const char *page)
{
	return vfio_region_write(slow_device, VFIO_PCI_CONFIG_REGION_INDEX,
				 PCI_COMMAND, page, 1);
}

TEST_F(memspace, slow_buffer)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct background write = { .run = write_command_from };
	struct slow slow = {};

	slow.uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (slow.uffd < 0 || ioctl(slow.uffd, UFFDIO_API, &api))
		SKIP(return, "the kernel has no userfaultfd");
	slow.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, slow.page);
	reg.range.start = (unsigned long)slow.page;
	reg.range.len = PAGE;
	ASSERT_EQ(0, ioctl(slow.uffd, UFFDIO_REGISTER, &reg));
	ASSERT_EQ(0, pthread_create(&slow.thread, NULL, give_out_late, &slow));
	slow_device = &self->reach.dev.vfio;
	write.what = slow.page;
	background_start(&write);
	EXPECT_TRUE(wait_until(is_set, &slow.asked, FREED_MS));
	/* The memory is there for others meanwhile. */
	EXPECT_STREQ("ok", load(self->reach.map));
	EXPECT_STREQ("ok", store(&self->reach.map[1], 1));
	EXPECT_FALSE(background_done(&write, 0));
	set(&slow.may_have);
	EXPECT_EQ(1, background_result(&write));
	pthread_join(slow.thread, NULL);
	EXPECT_STREQ("ok", load(self->reach.map));
	munmap(slow.page, PAGE);
	close(slow.uffd);
}

FIXTURE(relaxed) {
	struct cxl_dev dev;
	char before[16];
};

static void set_parameter(const char *value)
{
	int err = module_set_param(cxl_vfio_pci_driver.module,
				   "require_memory_space", value);

	if (err)
		die("require_memory_space cannot be set: %s", errname(err));
}

FIXTURE_SETUP(relaxed)
{
	module_param(cxl_vfio_pci_driver.module, "require_memory_space",
		     self->before, sizeof(self->before));
	set_parameter("N");
	cxl_rebind();
	set_parameter(self->before);
	cxl_dev_open(&self->dev, cxl_bdf);
}

FIXTURE_TEARDOWN(relaxed)
{
	cxl_dev_close(&self->dev);
	cxl_rebind();
}

/* CXL.mem does not depend on Memory Space: who trusts the device may say so. */
TEST_F(relaxed, memory_without_memory_space)
{
	volatile uint32_t *bar, *map = cxl_mem_map(&self->dev, 0, LEN);
	uint32_t value = 0;
	uint64_t page;

	EXPECT_STREQ("Y", self->before);
	map_bar(&self->dev, &page, &bar);
	ASSERT_NE(MAP_FAILED, (void *)map);
	map[0] = PATTERN;
	cxl_set_memory_space(&self->dev, false);
	EXPECT_STREQ("ok", load(map));
	EXPECT_STREQ("ok", load(map + LEN / 8));
	EXPECT_EQ(PATTERN, map[0]);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
	EXPECT_EQ(PATTERN, value);
	/* A BAR is another matter. */
	if (bar) {
		EXPECT_STREQ("BUS", load(bar));
		munmap((void *)bar, PAGE);
	}
	/* The decoder must be back before the memory is within reach again. */
	reset_function(&self->dev);
	EXPECT_STREQ("ok", store(map, PATTERN));
	EXPECT_EQ(PATTERN, map[0]);
	cxl_set_memory_space(&self->dev, true);
	EXPECT_EQ(PATTERN, map[0]);
	munmap((void *)map, LEN);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
