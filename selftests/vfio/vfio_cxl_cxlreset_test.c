// SPDX-License-Identifier: GPL-2.0
/*
 * CXL Reset, 9.7: asked for by a guest through the doorbell, and by a VMM through
 * VFIO_DEVICE_RESET.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "reset.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0x0ddba11
#define ARRIVES_MS 15000
#define CLEARED_MS 30000
/* 8.2.4.17 */
#define RAS_UNC_MEM_DATA_ECC 0x0004
#define ENDED (CXL_DVSEC_STATUS2_RESET_COMPLETE | CXL_DVSEC_STATUS2_RESET_ERROR)

FIXTURE(cxlreset) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	struct physical before;
	uint16_t cap;
};

static void open_and_map(struct __test_metadata *_metadata,
			 struct _test_data_cxlreset *self)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

static void unmap_and_close(struct _test_data_cxlreset *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

FIXTURE_SETUP(cxlreset)
{
	open_and_map(_metadata, self);
	self->cap = cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2);
	if (!(self->cap & CXL_DVSEC_CAP_RESET)) {
		unmap_and_close(self);
		SKIP(return, "the device has no CXL Reset");
	}
	self->map[0] = PATTERN;
	physical_read(&self->dev, &self->before);
}

FIXTURE_TEARDOWN(cxlreset)
{
	unmap_and_close(self);
}

/* The write returns when the reset has ended; the status says how. */
static uint16_t ring(struct cxl_dev *dev, uint16_t with)
{
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
		      with | CXL_DVSEC_CTRL2_INITIATE_RESET);
	return cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2) & ENDED;
}

static void check_usable(struct __test_metadata *_metadata,
			 struct _test_data_cxlreset *self)
{
	uint32_t value = 0;

	EXPECT_TRUE(physical_same(&self->dev, &self->before));
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_EQ(PATTERN, value);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, self->dev.size - 4, &value, 4));
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
}

/* Sources disagree about what it takes, so the device is told each way. */
static const char * const losses[] = {
	NULL, "cxl-reset-keeps-hdm", "cxl-reset-function",
};

TEST_F(cxlreset, by_doorbell)
{
	struct toucher toucher;
	unsigned int i;
	int64_t start;

	for (i = 0; i < ARRAY_SIZE(losses); i++) {
		if (losses[i] && !cxl_host_emulated())
			continue;
		if (losses[i])
			cxl_host_set(losses[i], "on");
		toucher_start(&toucher, (void *)self->map, LEN);
		start = now_ms();
		EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE,
			  ring(&self->dev, 0));
		/* However short it is, the function has 100 ms to itself. */
		EXPECT_LE(100, now_ms() - start);
		EXPECT_NE(0, toucher_stop(&toucher));
		if (losses[i])
			cxl_host_set(losses[i], "off");
		check_usable(_metadata, self);
	}
}

TEST_F(cxlreset, by_ioctl)
{
	struct toucher toucher;
	uint64_t resets = 0;

	if (cxl_host_emulated())
		resets = cxl_host_get("cxl-resets");
	toucher_start(&toucher, (void *)self->map, LEN);
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	EXPECT_NE(0, toucher_stop(&toucher));
	check_usable(_metadata, self);
	/* The guest rang no doorbell. */
	EXPECT_EQ(0, ENDED & cxl_dvsec_get(&self->dev, CXL_DVSEC_STATUS2, 2));
	if (!cxl_host_emulated())
		return;
	EXPECT_EQ(resets + 1, cxl_host_get("cxl-resets"));
	/* A guest's FLR has another scope. */
	reset_by(&self->dev, BY_FLR);
	EXPECT_EQ(resets + 1, cxl_host_get("cxl-resets"));
}

TEST_F(cxlreset, shadows)
{
	struct cxl_dev *dev = &self->dev;
	uint16_t control = cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2);
	uint32_t ctrl = cxl_hdm_get(dev, CXL_HDM_DECODER0_CTRL_OFFSET(0));
	uint32_t global = cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL_OFFSET);
	uint32_t base = cxl_hdm_get(dev, CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0));
	bool locked = cxl_dvsec_get(dev, CXL_DVSEC_LOCK, 2);

	/* Without CONFIG_LOCK, what software set up is lost. */
	if (!locked) {
		ring(dev, CXL_DVSEC_CTRL2_DISABLE_CACHING);
		EXPECT_EQ(CXL_DVSEC_CTRL_IO_ENABLE,
			  cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2));
		EXPECT_EQ(0, cxl_dvsec_get(dev, CXL_DVSEC_CONTROL2, 2));
		cxl_dvsec_set(dev, CXL_DVSEC_CONTROL, 2, control);
		cxl_dvsec_set(dev, CXL_DVSEC_LOCK, 2, CXL_DVSEC_LOCK_CONFIG);
	}
	/* With it, it is not. Decoders are disabled as a whole, and stay what the guest made them. */
	if (!(ctrl & CXL_HDM_DECODER0_CTRL_LOCK)) {
		cxl_hdm_set(dev, CXL_HDM_DECODER0_CTRL_OFFSET(0), ctrl & ~CXL_HDM_DECODER0_CTRL_COMMIT);
		cxl_hdm_set(dev, CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0), 0x123);
		cxl_hdm_set(dev, CXL_HDM_DECODER0_CTRL_OFFSET(0), ctrl);
		base = 0x123;
	}
	EXPECT_NE(0, global & CXL_HDM_DECODER_ENABLE);
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE,
		  ring(dev, CXL_DVSEC_CTRL2_DISABLE_CACHING));
	EXPECT_EQ(CXL_DVSEC_LOCK_CONFIG, cxl_dvsec_get(dev, CXL_DVSEC_LOCK, 2));
	EXPECT_EQ(control, cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2));
	EXPECT_EQ(0, cxl_dvsec_get(dev, CXL_DVSEC_CONTROL2, 2));
	EXPECT_EQ(0, CXL_HDM_DECODER_ENABLE &
		  cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL_OFFSET));
	EXPECT_EQ(ctrl, cxl_hdm_get(dev, CXL_HDM_DECODER0_CTRL_OFFSET(0)));
	EXPECT_EQ(base, cxl_hdm_get(dev, CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0)));
}

/* The registers of the decoder do not answer then, and it is restored all the same. */
TEST_F(cxlreset, without_memory_space)
{
	uint32_t value;

	cxl_set_memory_space(&self->dev, false);
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev, 0));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_EQ(0, PCI_COMMAND_MEMORY &
		  vfio_config_read(&self->dev.vfio, PCI_COMMAND, 2));
	cxl_set_memory_space(&self->dev, true);
	check_usable(_metadata, self);
}

TEST_F(cxlreset, asleep)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	unsigned int pm = vfio_config_cap(vfio, PCI_CAP_ID_PM);
	uint64_t resets = 0;

	if (!pm)
		SKIP(return, "the device has no power management");
	if (cxl_host_emulated())
		resets = cxl_host_get("cxl-resets");
	vfio_config_write(vfio, pm + PCI_PM_CTRL, 2, 3);
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_ERROR, ring(&self->dev, 0));
	vfio_config_write(vfio, pm + PCI_PM_CTRL, 2, 0);
	cxl_set_memory_space(&self->dev, true);
	check_usable(_metadata, self);
	if (cxl_host_emulated())
		EXPECT_EQ(resets, cxl_host_get("cxl-resets"));
}

TEST_F(cxlreset, that_fails)
{
	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	cxl_host_set("cxl-reset-err", "on");
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_ERROR, ring(&self->dev, 0));
	EXPECT_EQ(-EIO, reset_by(&self->dev, BY_IOCTL));
	cxl_host_set("cxl-reset-err", "off");
	check_usable(_metadata, self);
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev, 0));
	check_usable(_metadata, self);
}

TEST_F(cxlreset, that_does_not_end)
{
	uint32_t value;

	if (!cxl_host_emulated() || (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) >
				    0x100)
		SKIP(return, "an emulated device that does not take long is needed");
	cxl_host_set("cxl-reset-hang", "on");
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_ERROR, ring(&self->dev, 0));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the memory is not active"));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_EQ(-ETIMEDOUT, reset_by(&self->dev, BY_IOCTL));
	cxl_host_set("cxl-reset-hang", "off");
	/* It is still at it: only a conventional reset ends that. */
	cxl_host_set("hot-reset-keeps-hdm", "on");
	EXPECT_EQ(0, reset_by(&self->dev, BY_HOT_RESET));
	cxl_host_set("hot-reset-keeps-hdm", "off");
	check_usable(_metadata, self);
}

TEST_F(cxlreset, write_back)
{
	struct cxl_dev *dev = &self->dev;
	const uint16_t invalidate = CXL_DVSEC_CTRL2_DISABLE_CACHING |
				    CXL_DVSEC_CTRL2_INITIATE_WBI;
	uint64_t resets;
	int64_t start;

	if (!cxl_host_emulated() || !(self->cap & CXL_DVSEC_CAP_CACHE_WBI))
		SKIP(return, "an emulated device with a cache is needed");
	cxl_host_set("wbi-ms", "200");
	start = now_ms();
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2, invalidate);
	EXPECT_LE(150, now_ms() - start);
	EXPECT_NE(0, CXL_DVSEC_STATUS2_CACHE_INVALID &
		  cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2));
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2, 0);

	/* One that does not end is not waited for, and nothing is reset before it has. */
	cxl_host_set("wbi-ms", "60000");
	start = now_ms();
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2, invalidate);
	EXPECT_GT(10000, now_ms() - start);
	EXPECT_EQ(0, CXL_DVSEC_STATUS2_CACHE_INVALID &
		  cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2));
	resets = cxl_host_get("cxl-resets");
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_ERROR, ring(dev, 0));
	EXPECT_EQ(resets, cxl_host_get("cxl-resets"));
	cxl_host_set("wbi-ms", "0");
	check_usable(_metadata, self);
}

/* Two resets, of which the first leaves a cache alone that was written back and is not used. */
TEST_F(cxlreset, written_back_once)
{
	uint64_t before;

	if (!cxl_host_emulated() || !(self->cap & CXL_DVSEC_CAP_CACHE_WBI) ||
	    reset_by(&self->dev, BY_FLR) == -ENOTTY)
		SKIP(return, "an emulated device with a cache and FLR is needed");
	before = cxl_host_get("wbis");
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	EXPECT_EQ(before + 1, cxl_host_get("wbis"));
	check_usable(_metadata, self);
}

static void take(struct __test_metadata *_metadata, pid_t pid, int want)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(want, status);
}

/* It stops caching until it is done. */
static bool write_back_begins(void *before)
{
	return cxl_host_get("disable-caching") ||
	       cxl_host_get("wbis") != *(uint64_t *)before;
}

/* The memory stays within reach meanwhile, and what is written beside the doorbell is not lost. */
TEST_F(cxlreset, beside_a_write_back)
{
	const uint16_t disable = CXL_DVSEC_CTRL2_DISABLE_CACHING;
	struct cxl_dev *dev = &self->dev;
	bool beside = false;
	uint32_t value = 0;
	uint64_t before;
	pid_t ringing;

	if (!cxl_host_emulated() || !(self->cap & CXL_DVSEC_CAP_CACHE_WBI))
		SKIP(return, "an emulated device with a cache is needed");
	cxl_host_set("wbi-ms", "700");
	for (int tries = 5; tries && !beside; tries--) {
		before = cxl_host_get("wbis");
		ringing = fork();
		if (!ringing) {
			cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
				      CXL_DVSEC_CTRL2_INITIATE_WBI);
			_exit(0);
		}
		EXPECT_TRUE(wait_until(write_back_begins, &before, 30000));
		EXPECT_TRUE(gate_is(cxl_bdf, "open"));
		EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
		beside = cxl_host_get("wbis") == before;
		cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2, disable);
		take(_metadata, ringing, 0);
		EXPECT_EQ(1, cxl_host_get("disable-caching"));
		cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2, 0);
		EXPECT_EQ(0, cxl_host_get("disable-caching"));
	}
	EXPECT_TRUE(beside);
	cxl_host_set("wbi-ms", "0");
	check_usable(_metadata, self);
}

static void reset_in_background(struct _test_data_cxlreset *self, pid_t *pid)
{
	*pid = fork();
	if (!*pid)
		_exit(reset_by(&self->dev, BY_IOCTL) != 0);
}

/* An access waits for a reset, and so for another thread's. */
TEST_F(cxlreset, access_waits)
{
	uint32_t value = 0;
	uint64_t resets;
	int64_t start;
	pid_t resetter;

	if (!cxl_host_emulated() ||
	    (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) < 0x300)
		SKIP(return, "an emulated device that may take long is needed");
	cxl_host_set("cxl-reset-ms", "4000");
	resets = cxl_host_get("cxl-resets");
	start = now_ms();
	reset_in_background(self, &resetter);
	EXPECT_TRUE(reset_by_cxl_begins(resets));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device is being reset"));
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_EQ(PATTERN, value);
	EXPECT_LE(4000, now_ms() - start);
	take(_metadata, resetter, 0);
	cxl_host_set("cxl-reset-ms", "20");
	check_usable(_metadata, self);
}

/* But not for ever, and not if it is killed. */
TEST_F_TIMEOUT(cxlreset, access_waits_for_a_bounded_time, 120)
{
	pid_t resetter, reader, killed;
	uint32_t value = 0;
	uint64_t resets;
	int64_t start;

	if (!cxl_host_emulated() ||
	    (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) < 0x400)
		SKIP(return, "an emulated device that may take very long is needed");
	cxl_host_set("cxl-reset-ms", "20000");
	resets = cxl_host_get("cxl-resets");
	reset_in_background(self, &resetter);
	ASSERT_TRUE(reset_by_cxl_begins(resets));
	start = now_ms();
	reader = fork();
	if (!reader)
		_exit(cxl_mem_read(&self->dev, 0, &value, 4) != -EIO);
	killed = fork();
	if (!killed)
		_exit(self->map[1]);
	sleep_ms(300);
	kill(killed, SIGKILL);
	take(_metadata, killed, SIGKILL);
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_LE(9900, now_ms() - start);
	take(_metadata, reader, 0);
	EXPECT_TRUE(is_running(resetter));
	take(_metadata, resetter, 0);
	cxl_host_set("cxl-reset-ms", "20");
	check_usable(_metadata, self);
}

/* An access to the region with this index, or without one an ioctl that resets. */
static pid_t reach_in_background(struct cxl_dev *dev, int index)
{
	pid_t pid = fork();
	uint32_t value;

	if (pid)
		return pid;
	if (index < 0)
		vfio_ioctl(dev->vfio.fd, VFIO_DEVICE_RESET, NULL);
	else
		vfio_region_read(&dev->vfio, index, 0, &value, 4);
	_exit(0);
}

/* What the core serves with its memory lock, which the reset has, waits before it takes that. */
TEST_F_TIMEOUT(cxlreset, everybody_can_be_killed, 120)
{
	int indices[VFIO_PCI_NUM_REGIONS + 1] = { -1 };
	pid_t resetter, pids[ARRAY_SIZE(indices)];
	unsigned int i, count = 1;
	uint64_t resets;
	int index;

	if (!cxl_host_emulated() ||
	    (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) < 0x400)
		SKIP(return, "an emulated device that may take very long is needed");
	for (index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		struct vfio_region_info *info;

		info = vfio_region_info(&self->dev.vfio, index);
		if (info && info->size && index != VFIO_PCI_ROM_REGION_INDEX)
			indices[count++] = index;
		free(info);
	}
	/* The ioctl, configuration space, and a BAR at least. */
	ASSERT_LE(3, count);
	cxl_host_set("cxl-reset-ms", "10000");
	resets = cxl_host_get("cxl-resets");
	resetter = fork();
	if (!resetter)
		_exit(ring(&self->dev, 0) != CXL_DVSEC_STATUS2_RESET_COMPLETE);
	ASSERT_TRUE(reset_by_cxl_begins(resets));
	for (i = 0; i < count; i++)
		pids[i] = reach_in_background(&self->dev, indices[i]);
	sleep_ms(300);
	for (i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		take(_metadata, pids[i], SIGKILL);
	}
	EXPECT_TRUE(is_running(resetter));
	take(_metadata, resetter, 0);
	cxl_host_set("cxl-reset-ms", "20");
	check_usable(_metadata, self);
}

static bool is_complete(void *dev)
{
	return cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2) &
	       CXL_DVSEC_STATUS2_RESET_COMPLETE;
}

/* Who asked for it can be killed, and it is made all the same. */
TEST_F_TIMEOUT(cxlreset, who_asked_can_be_killed, 120)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t resets;
	int64_t start;
	pid_t asking;

	if (!cxl_host_emulated() ||
	    (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) < 0x400)
		SKIP(return, "an emulated device that may take very long is needed");
	cxl_host_set("cxl-reset-ms", "8000");
	for (int by_ioctl = 0; by_ioctl < 2; by_ioctl++) {
		resets = cxl_host_get("cxl-resets");
		start = now_ms();
		if (by_ioctl) {
			reset_in_background(self, &asking);
		} else {
			asking = fork();
			if (!asking)
				_exit(ring(dev, 0));
		}
		EXPECT_TRUE(reset_by_cxl_begins(resets));
		kill(asking, SIGKILL);
		take(_metadata, asking, SIGKILL);
		EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device is being reset"));
		/* Configuration space is out of reach until it is over. */
		if (by_ioctl)
			cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2);
		else
			EXPECT_TRUE(wait_until(is_complete, dev, 60000));
		EXPECT_LE(8000, now_ms() - start);
		check_usable(_metadata, self);
	}
	cxl_host_set("cxl-reset-ms", "20");
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(dev, 0));
}

/* Errors of CXL.mem are fatal otherwise, and the host resets the link. */
static void make_nonfatal(const char *bdf, unsigned int aer)
{
	uint32_t severity;

	if (pci_host_config(bdf, &severity, 4, aer + PCI_ERR_UNCOR_SEVER) != 4)
		die("configuration space cannot be read");
	severity &= ~PCI_ERR_UNC_INTN;
	if (pci_host_config_write(bdf, &severity, 4,
				  aer + PCI_ERR_UNCOR_SEVER) != 4)
		die("configuration space cannot be written");
}

static bool has_failed(void *errors)
{
	return cxl_counter(cxl_bdf, "RAS uncorrectable") > *(uint64_t *)errors;
}

/* Who opens a device that has an error waits for a reset that ends it, and nobody is at its registers. */
TEST_F_TIMEOUT(cxlreset, who_opens_can_be_killed, 120)
{
	unsigned int aer = vfio_config_ext_cap(&self->dev.vfio, PCI_EXT_CAP_ID_ERR);
	uint64_t errors = cxl_counter(cxl_bdf, "RAS uncorrectable"), resets;
	struct cxl_dev dev;
	pid_t opening;

	if (!cxl_host_emulated() || !cxl_host_get("flr") ||
	    (self->cap & CXL_DVSEC_CAP_RESET_TIMEOUT) < 0x300)
		SKIP(return, "an emulated device with FLR that may take long is needed");
	if (!aer || !pci_port_service(cxl_bdf, PCI_PORT_AER))
		SKIP(return, "this kernel leaves errors to the platform");
	unmap_and_close(self);
	EXPECT_TRUE(cxl_cleared(cxl_bdf, CLEARED_MS));
	make_nonfatal(cxl_bdf, aer);
	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	EXPECT_TRUE(wait_until(has_failed, &errors, ARRIVES_MS));
	cxl_host_set("cxl-reset-ms", "4000");
	resets = cxl_host_get("cxl-resets");
	opening = fork();
	if (!opening) {
		cxl_dev_open(&dev, cxl_bdf);
		_exit(0);
	}
	EXPECT_TRUE(reset_by_cxl_begins(resets));
	kill(opening, SIGKILL);
	take(_metadata, opening, SIGKILL);
	/* The next one finds it in order. */
	cxl_host_set("cxl-reset-ms", "20");
	open_and_map(_metadata, self);
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
