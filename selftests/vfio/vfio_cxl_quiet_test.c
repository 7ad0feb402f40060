// SPDX-License-Identifier: GPL-2.0
/*
 * What happens around a CXL Reset, which the PCI core does not know of: nobody
 * reaches the function, the IOMMU does not wait for it, and who has to wait can
 * be killed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "ktrace.h"
#include "reset.h"
#include "touch.h"

#define ENDED (CXL_DVSEC_STATUS2_RESET_COMPLETE | CXL_DVSEC_STATUS2_RESET_ERROR)
#define DISABLE_CACHING CXL_DVSEC_CTRL2_DISABLE_CACHING

FIXTURE(quiet) {
	struct cxl_dev dev;
	struct physical before;
	uint16_t cap;
};

FIXTURE_SETUP(quiet)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->cap = cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2);
	if (!(self->cap & CXL_DVSEC_CAP_RESET)) {
		cxl_dev_close(&self->dev);
		SKIP(return, "the device has no CXL Reset");
	}
	physical_read(&self->dev, &self->before);
}

FIXTURE_TEARDOWN(quiet)
{
	EXPECT_TRUE(physical_same(&self->dev, &self->before));
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
	cxl_dev_close(&self->dev);
}

struct invalidator {
	struct vfio_iommu *iommu;
	void *page;
	bool stop;
	volatile unsigned long times;
};

static uint16_t ring(struct cxl_dev *dev)
{
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_RESET);
	return cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2) & ENDED;
}

/* In another process; it ends with 0 if the reset did what it should. */
static pid_t ring_in_background(struct cxl_dev *dev)
{
	pid_t pid = fork();

	if (!pid)
		_exit(ring(dev) != CXL_DVSEC_STATUS2_RESET_COMPLETE);
	return pid;
}

static int taken(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* As the PCI core does around its own resets. */
TEST_F(quiet, in_order)
{
	static const char * const events[] = {
		"pending pci_wait_for_pending_transaction",
		"block pci_dev_reset_iommu_prepare",
		"unblock pci_dev_reset_iommu_done",
		"write pci_bus_write_config_word pos=$arg3:u32 value=$arg4:u16",
		"restored pci_restore_state",
	};
	struct text text = {};
	char initiate[64], *at;
	unsigned int value;
	const char *pending, *block, *unblock, *restored, *doorbell = NULL;

	if (!ktrace_exists())
		SKIP(return, "a kernel with kprobe events is needed");
	ASSERT_TRUE(ktrace_start(events, ARRAY_SIZE(events)));
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev));
	ktrace_take(&text);
	ktrace_stop();
	snprintf(initiate, sizeof(initiate), "write pos=%u value=",
		 self->dev.dvsec + CXL_DVSEC_CONTROL2);
	for (at = text.data; at && (at = strstr(at, initiate)); at++)
		if (sscanf(at + strlen(initiate), "%u", &value) == 1 &&
		    value & CXL_DVSEC_CTRL2_INITIATE_RESET)
			doorbell = at;
	pending = ktrace_find(text.data, "pending");
	block = ktrace_find(text.data, "block");
	unblock = ktrace_find(text.data, "unblock");
	ASSERT_NE(NULL, doorbell);
	restored = ktrace_find(doorbell, "restored");
	ASSERT_NE(NULL, pending);
	ASSERT_NE(NULL, block);
	ASSERT_NE(NULL, unblock);
	ASSERT_NE(NULL, restored);
	EXPECT_LT(pending, block);
	EXPECT_LT(block, doorbell);
	EXPECT_LT(doorbell, unblock);
	EXPECT_LT(unblock, restored);
	text_free(&text);
}

/* How many lines "NAME=VALUE" there are with at least this value. */
static unsigned int count_waits(const struct text *text, const char *name,
				unsigned long long least)
{
	unsigned long long value;
	unsigned int count = 0;
	const char *at = text->data;

	for (; at && (at = strstr(at, name)); at += strlen(name))
		if (sscanf(at + strlen(name), "=%llu", &value) == 1 &&
		    value >= least)
			count++;
	return count;
}

/* An FLR waits for 100 ms, and so does a CXL Reset; nothing else that takes as long is done, or done twice. */
TEST_F(quiet, no_wait_is_made_twice)
{
	static const char * const events[] = {
		"flr pcie_flr", "msleep msleep ms=$arg1:u32",
		"usleep usleep_range_state us=$arg1:u64",
	};
	struct text text = {};

	if (!ktrace_exists())
		SKIP(return, "a kernel with kprobe events is needed");
	ASSERT_TRUE(ktrace_start(events, ARRAY_SIZE(events)));
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	ktrace_take(&text);
	if (!ktrace_find(text.data, "flr")) {
		ktrace_stop();
		SKIP(return, "a device with FLR is needed");
	}
	EXPECT_EQ(1, count_waits(&text, "msleep ms", 100))
		TH_LOG("in\n%s", text.data);
	EXPECT_EQ(1, count_waits(&text, "usleep us", 100000))
		TH_LOG("in\n%s", text.data);

	/* The one user's end is an FLR, the next one's beginning another, with one CXL Reset in between. */
	text_clear(&text);
	cxl_dev_close(&self->dev);
	cxl_dev_open(&self->dev, cxl_bdf);
	ktrace_take(&text);
	ktrace_stop();
	EXPECT_EQ(2, count_waits(&text, "msleep ms", 100))
		TH_LOG("in\n%s", text.data);
	EXPECT_EQ(1, count_waits(&text, "usleep us", 100000))
		TH_LOG("in\n%s", text.data);
	text_free(&text);
}

/* Which has the function's lock: the guest's reset comes after it. */
TEST_F(quiet, beside_a_reset_of_the_host)
{
	pid_t host = fork();

	if (!host)
		_exit(reset_by(&self->dev, BY_SYSFS) != 0);
	/* An FLR waits for 100 ms. */
	sleep_ms(30);
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev));
	EXPECT_EQ(0, taken(host));
}

/* A vCPU waits where it can be killed, any other program in the PCI core. */
TEST_F(quiet, configuration_space_waits)
{
	const unsigned int reset_ms = 6000;
	pid_t resetter, vcpu;
	uint64_t resets;
	int64_t start;
	uint32_t id;
	char ms[16];

	if (!cxl_host_emulated() ||
	    (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) < 0x300)
		SKIP(return, "an emulated device that may take long is needed");
	snprintf(ms, sizeof(ms), "%u", reset_ms);
	cxl_host_set("cxl-reset-ms", ms);
	resets = cxl_host_get("cxl-resets");
	start = now_ms();
	resetter = ring_in_background(&self->dev);
	EXPECT_TRUE(reset_by_cxl_begins(resets));
	vcpu = fork();
	if (!vcpu)
		_exit(vfio_config_read(&self->dev.vfio, PCI_VENDOR_ID, 4) ==
		      ~0u);
	sleep_ms(100);
	kill(vcpu, SIGKILL);
	EXPECT_EQ(SIGKILL, taken(vcpu));
	EXPECT_TRUE(is_running(resetter));
	EXPECT_NE(~0u, vfio_config_read(&self->dev.vfio, PCI_VENDOR_ID, 4));
	EXPECT_LE(reset_ms, now_ms() - start);
	EXPECT_EQ(0, taken(resetter));

	resets = cxl_host_get("cxl-resets");
	start = now_ms();
	resetter = ring_in_background(&self->dev);
	EXPECT_TRUE(reset_by_cxl_begins(resets));
	EXPECT_EQ(4, pci_host_config(cxl_bdf, &id, 4, PCI_VENDOR_ID));
	EXPECT_LE(reset_ms, now_ms() - start);
	EXPECT_EQ(0, taken(resetter));
	cxl_host_set("cxl-reset-ms", "20");
}

static uint16_t physical_control2(struct cxl_dev *dev)
{
	uint16_t control = 0xffff;

	pci_host_config(cxl_bdf, &control, 2, dev->dvsec + CXL_DVSEC_CONTROL2);
	return control;
}

/* Two doorbells at once: neither takes what the other has set for what the user had. */
TEST_F(quiet, doorbells)
{
	struct cxl_dev *dev = &self->dev;
	pid_t writer;

	if (!cxl_host_emulated() || !(self->cap & CXL_DVSEC_CAP_CACHE_WBI))
		SKIP(return, "an emulated device with a cache is needed");
	EXPECT_EQ(0, physical_control2(dev) & DISABLE_CACHING);
	cxl_host_set("wbi-ms", "400");
	writer = fork();
	if (!writer) {
		cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
			      CXL_DVSEC_CTRL2_INITIATE_WBI);
		_exit(0);
	}
	sleep_ms(150);
	ring(dev);
	EXPECT_EQ(0, taken(writer));
	cxl_host_set("wbi-ms", "0");
	EXPECT_EQ(0, physical_control2(dev) & DISABLE_CACHING);
}

/* A CXL Reset is defined while CXL.cache or CXL.mem is on (9.7): what is off is put back before. */
TEST_F(quiet, of_one_that_is_off)
{
	size_t control = self->dev.dvsec + CXL_DVSEC_CONTROL;
	uint64_t resets = 0;
	uint16_t on, off;

	if (!cxl_host_emulated())
		SKIP(return, "the device may be needed");
	resets = cxl_host_get("cxl-resets");
	ASSERT_EQ(2, pci_host_config(cxl_bdf, &on, 2, control));
	/* Nobody tells the driver what comes now. */
	ASSERT_TRUE(cxl_cleared(cxl_bdf, 20000));
	off = on & ~(CXL_DVSEC_CTRL_CACHE_ENABLE | CXL_DVSEC_CTRL_MEM_ENABLE);
	ASSERT_EQ(2, pci_host_config_write(cxl_bdf, &off, 2, control));
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev));
	EXPECT_EQ(resets + 1, cxl_host_get("cxl-resets"));
}

#define IOVA 0x10000000ul

/* Maps and unmaps a page for DMA, which the IOMMU tells the device's TLB. */
static void *invalidate(void *arg)
{
	struct invalidator *invalidator = arg;
	size_t len = sysconf(_SC_PAGESIZE);

	while (!__atomic_load_n(&invalidator->stop, __ATOMIC_RELAXED)) {
		if (vfio_iommu_map(invalidator->iommu, invalidator->page, IOVA,
				   len) ||
		    vfio_iommu_unmap(invalidator->iommu, IOVA, len))
			break;
		invalidator->times++;
	}
	return NULL;
}

/* A function in reset answers no invalidation, for which the IOMMU would wait. */
TEST_F(quiet, no_invalidation_meanwhile)
{
	static const enum reset_how hows[] = {
		BY_IOCTL, BY_FLR, BY_SYSFS, BY_BUS, BY_HOT_RESET,
	};
	struct invalidator invalidator = { .iommu = self->dev.vfio.iommu };
	uint64_t unanswered, invalidations;
	bool goes_on = false;
	pthread_t thread;
	unsigned int i;

	if (!cxl_host_emulated() || !cxl_host_get("ats"))
		SKIP(return, "an emulated device with ATS is needed");
	invalidations = cxl_host_get("ats-invalidations");
	unanswered = cxl_host_get("ats-unanswered");
	invalidator.page = mmap(NULL, sysconf(_SC_PAGESIZE),
				PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, invalidator.page);
	ASSERT_EQ(0, pthread_create(&thread, NULL, invalidate, &invalidator));
	/* The other thread may have to wait for its turn. */
	for (i = 0; i < 3 || (i < 10 && !goes_on); i++) {
		unsigned long times = invalidator.times;

		EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev));
		goes_on |= times < invalidator.times;
	}
	EXPECT_TRUE(goes_on);
	cxl_host_set("reset-ms", "50");
	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		if (hows[i] == BY_HOT_RESET && !reset_mask_bus(cxl_bdf, false))
			continue;
		EXPECT_EQ(0, reset_by(&self->dev, hows[i]));
		EXPECT_EQ(unanswered, cxl_host_get("ats-unanswered"))
			TH_LOG("reset %d", hows[i]);
	}
	cxl_host_set("reset-ms", "0");
	__atomic_store_n(&invalidator.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	munmap(invalidator.page, sysconf(_SC_PAGESIZE));
	EXPECT_LT(invalidations, cxl_host_get("ats-invalidations"));
	EXPECT_EQ(unanswered, cxl_host_get("ats-unanswered"));
}

/* An importer of a BAR would reach a function in reset. */
TEST_F(quiet, not_with_a_dma_buf)
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_dma_buf buf;
		struct vfio_region_dma_range range;
	} arg = {
		.feature.argsz = sizeof(arg),
		.feature.flags = VFIO_DEVICE_FEATURE_GET |
				 VFIO_DEVICE_FEATURE_DMA_BUF,
		.buf.open_flags = O_RDWR | O_CLOEXEC,
		.buf.nr_ranges = 1,
		.range.length = sysconf(_SC_PAGESIZE),
	};
	int fd = -1;

	for (; fd < 0 && arg.buf.region_index < 6; arg.buf.region_index++)
		fd = vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_FEATURE, &arg);
	if (fd < 0)
		SKIP(return, "there is no dma-buf of any BAR");
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_ERROR, ring(&self->dev));
	EXPECT_EQ(-EBUSY, reset_by(&self->dev, BY_IOCTL));
	close(fd);
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
