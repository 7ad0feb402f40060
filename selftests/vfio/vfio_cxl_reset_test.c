// SPDX-License-Identifier: GPL-2.0
/*
 * Every reset of the function that the PCI core makes: what it took from the
 * device is back afterwards, a thread that uses the memory meanwhile lives on,
 * and the shadows show what such a reset leaves. What cannot be put back keeps
 * the memory out of reach until a reset that helps.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "background.h"
#include "cxl_test.h"
#include "kmsg.h"
#include "pages.h"
#include "reset.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0x5eed5eed

/* What the emulated device is told to lose; nothing, on another one. */
struct loss {
	const char *what;
	const char *properties[2];
};

static const struct loss flr_losses[] = {
	{ "nothing", {} },
	{ "decoders", { "flr-clears-hdm" } },
	{ "Control", { "flr-clears-mem-enable" } },
	{ "both", { "flr-clears-hdm", "flr-clears-mem-enable" } },
};

static const struct loss conventional_losses[] = {
	{ "all", {} },
	{ "Control", { "hot-reset-keeps-hdm" } },
};

FIXTURE(reset) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	struct physical before;
	int kmsg;
};

static void set(const struct loss *loss, bool on)
{
	unsigned int i;

	for (i = 0; i < 2 && loss->properties[i]; i++)
		cxl_host_set(loss->properties[i], on ? "on" : "off");
}

static void map_memory(struct __test_metadata *_metadata,
		       struct _test_data_reset *self)
{
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

FIXTURE_SETUP(reset)
{
	/* A test that was killed left them as they were. */
	if (cxl_host_emulated()) {
		set(&flr_losses[3], false);
		set(&conventional_losses[1], false);
	}
	cxl_dev_open(&self->dev, cxl_bdf);
	map_memory(_metadata, self);
	self->map[0] = PATTERN;
	physical_read(&self->dev, &self->before);
	self->kmsg = kmsg_open();
}

FIXTURE_TEARDOWN(reset)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device is not open"));
}

static void check_usable(struct __test_metadata *_metadata,
			 struct _test_data_reset *self, const char *after)
{
	uint32_t value = 0;

	EXPECT_TRUE(physical_same(&self->dev, &self->before))
		TH_LOG("after %s", after);
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value))
		TH_LOG("after %s", after);
	EXPECT_EQ(PATTERN, value)
		TH_LOG("after %s", after);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, self->dev.size - 4, &value, 4));
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
}

static void check_shut(struct __test_metadata *_metadata,
		       struct _test_data_reset *self, const char *why)
{
	uint32_t value = 0;

	EXPECT_TRUE(gate_is(cxl_bdf, why));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_STREQ("BUS", touch((void *)self->map, true, &value));
	EXPECT_EQ(-EIO, cxl_mem_read(&self->dev, 0, &value, 4));
	EXPECT_EQ(-EIO, cxl_mem_write(&self->dev, 0, &value, 4));
}

static unsigned int count(const struct text *log, const char *what)
{
	const char *at = log->data;
	unsigned int n = 0;

	while (at && (at = strstr(at, what))) {
		n++;
		at++;
	}
	return n;
}

/* The log says so once, however often the device is reset. */
static void check_reported(struct __test_metadata *_metadata,
			   struct _test_data_reset *self)
{
	struct text log = {};

	kmsg_take(self->kmsg, &log);
	EXPECT_EQ(1, count(&log, "until a reset brings it back"));
	text_free(&log);
}

/* The memory is used all the time, except where the user is told of an error. */
static void survives(struct __test_metadata *_metadata,
		     struct _test_data_reset *self, enum reset_how how,
		     const struct loss *loss)
{
	struct toucher toucher;
	int err;

	if (how != BY_ERROR)
		toucher_start(&toucher, (void *)self->map, LEN);
	set(loss, true);
	err = reset_by(&self->dev, how);
	set(loss, false);
	if (how != BY_ERROR && !toucher_stop(&toucher))
		TH_LOG("the memory was not used meanwhile");
	if (err == -ENOTTY)
		SKIP(return, "the device cannot be reset like this");
	EXPECT_EQ(0, err);
	check_usable(_metadata, self, loss->what);
}

static void check_reset(struct __test_metadata *_metadata,
			struct _test_data_reset *self, enum reset_how how)
{
	const struct loss *losses = flr_losses;
	unsigned int i, n = ARRAY_SIZE(flr_losses);

	if (reset_is_conventional(how)) {
		losses = conventional_losses;
		n = ARRAY_SIZE(conventional_losses);
	}
	for (i = 0; i < n; i++) {
		if (losses[i].properties[0] && !cxl_host_emulated())
			continue;
		survives(_metadata, self, how, &losses[i]);
	}
}

TEST_F(reset, by_ioctl) { check_reset(_metadata, self, BY_IOCTL); }
TEST_F(reset, by_flr) { check_reset(_metadata, self, BY_FLR); }
TEST_F(reset, by_sysfs) { check_reset(_metadata, self, BY_SYSFS); }
TEST_F(reset, by_bus) { check_reset(_metadata, self, BY_BUS); }
TEST_F(reset, by_hot_reset) { check_reset(_metadata, self, BY_HOT_RESET); }
TEST_F(reset, by_error) { check_reset(_metadata, self, BY_ERROR); }

/* What error recovery restores was saved by the reset before, as a VMM makes it: with Memory Space off. */
TEST_F(reset, by_error_with_memory_space_since_on)
{
	int err;

	cxl_set_memory_space(&self->dev, false);
	err = reset_by(&self->dev, BY_IOCTL);
	cxl_set_memory_space(&self->dev, true);
	if (err)
		SKIP(return, "the device cannot be reset");
	EXPECT_STREQ("ok", store(self->map, PATTERN));
	err = reset_by(&self->dev, BY_ERROR);
	if (err == -ENOTTY)
		SKIP(return, "an emulated device is needed");
	EXPECT_EQ(0, err);
	EXPECT_STREQ("ok", load(self->map));
	check_usable(_metadata, self, "an error");
}

/* The device takes its time with the commit, or does not make it. */
TEST_F(reset, commit)
{
	const char *why = "closed: decoder 0 does not commit again";
	uint32_t value;

	if (!cxl_host_emulated() || reset_by(&self->dev, BY_FLR) == -ENOTTY)
		SKIP(return, "an emulated device with FLR is needed");
	set(&flr_losses[1], true);
	cxl_host_set("commit-delay-ms", "2");
	EXPECT_EQ(0, reset_by(&self->dev, BY_FLR));
	cxl_host_set("commit-delay-ms", "0");
	check_usable(_metadata, self, "slow commit");

	cxl_host_set("commit-err", "on");
	EXPECT_EQ(0, reset_by(&self->dev, BY_FLR));
	check_shut(_metadata, self, why);
	EXPECT_EQ(0, reset_by(&self->dev, BY_FLR));
	check_shut(_metadata, self, why);
	check_reported(_metadata, self);
	cxl_host_set("commit-err", "off");
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_EQ(0, reset_by(&self->dev, BY_FLR));
	set(&flr_losses[1], false);
	check_usable(_metadata, self, "commit at last");
}

/* Locked, and elsewhere: only a conventional reset releases it, and nobody touches it before. */
TEST_F(reset, locked_elsewhere)
{
	const char *why = "closed: decoder 0 is locked with another configuration";
	struct physical moved;

	if (!cxl_host_emulated() || !cxl_host_has("flr-moves-hdm") ||
	    reset_by(&self->dev, BY_FLR) == -ENOTTY)
		SKIP(return, "an emulated device with FLR is needed");
	cxl_host_set("flr-moves-hdm", "on");
	EXPECT_EQ(0, reset_by(&self->dev, BY_FLR));
	cxl_host_set("flr-moves-hdm", "off");
	EXPECT_FALSE(physical_same(&self->dev, &self->before));
	physical_read(&self->dev, &moved);
	check_shut(_metadata, self, why);
	EXPECT_EQ(-EIO, reset_by(&self->dev, BY_IOCTL));
	check_shut(_metadata, self, why);
	EXPECT_TRUE(physical_same(&self->dev, &moved));
	check_reported(_metadata, self);
	EXPECT_EQ(0, reset_by(&self->dev, BY_HOT_RESET));
	check_usable(_metadata, self, "conventional reset");
}

/* An access comes before the memory is ready: it waits, for as long as is due. */
TEST_F(reset, memory_not_yet_active)
{
	uint32_t value = 0, range;
	int64_t start;

	if (!cxl_host_emulated() || reset_by(&self->dev, BY_FLR) == -ENOTTY)
		SKIP(return, "an emulated device with FLR is needed");
	cxl_host_set("flr-drops-active", "on");
	cxl_host_set("mem-active-delay-ms", "4000");
	start = now_ms();
	EXPECT_EQ(0, reset_by(&self->dev, BY_FLR));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the memory is not active"));
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_LE(3500, now_ms() - start);
	EXPECT_EQ(PATTERN, value);
	cxl_host_set("flr-drops-active", "off");
	cxl_host_set("mem-active-delay-ms", "0");
	check_usable(_metadata, self, "wait");

	/* Longer than the device said: the access fails, and later ones do not. */
	cxl_host_set("mem-active", "off");
	EXPECT_EQ(0, reset_by(&self->dev, BY_SYSFS));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	cxl_host_set("mem-active", "on");
	check_usable(_metadata, self, "too long a wait");

	/* The guest sees what it may poll. */
	range = cxl_dvsec_get(&self->dev, CXL_DVSEC_RANGE_SIZE_LOW(0), 4);
	EXPECT_NE(0, range & CXL_DVSEC_RANGE_ACTIVE);
}

static int load_at(const char *at)
{
	return strcmp("ok", load((void *)at));
}

/* Hardware changes and nobody says so: who notices closes the gate for all. */
TEST_F(reset, lost_without_reset)
{
	struct background first = { .run = load_at, .what = (void *)self->map };
	uint32_t value;
	void *other;

	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	other = cxl_mem_map(&self->dev, LEN, PAGE);
	ASSERT_NE(MAP_FAILED, other);
	cxl_host_set("mem-active", "off");
	/* A look at hardware is good for a tick. */
	sleep_ms(tick_ms());
	/* The fault of one page takes the other one away, too. */
	EXPECT_STREQ("BUS", touch(other, false, &value));
	background_start(&first);
	EXPECT_FALSE(background_done(&first, BLOCKED_MS));
	cxl_host_set("mem-active", "on");
	EXPECT_EQ(0, background_result(&first));
	check_usable(_metadata, self, "loss");
	munmap(other, PAGE);
}

/* A user who comes often does not have it looked at each time. */
TEST_F(reset, looked_at_seldom)
{
	uint64_t before, looks;
	int64_t start, ms;
	uint32_t value;
	int i;

	if (!cxl_counters_available(cxl_bdf))
		SKIP(return, "the driver's counters cannot be read");
	before = cxl_counter(cxl_bdf, "looks at hardware");
	start = now_ms();
	for (i = 0; i < 5000; i++)
		ASSERT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
	/* now_ms() rounds down, a tick had begun before, and the kernel may have been some behind. */
	ms = now_ms() - start + 1 + tick_ms();
	looks = cxl_counter(cxl_bdf, "looks at hardware") - before;
	EXPECT_LE(1, looks);
	EXPECT_GE(2 * (ms / tick_ms() + 1), looks)
		TH_LOG("in %lld ms", (long long)ms);
	EXPECT_GT(5000, looks);
}

TEST_F(reset, at_open)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	if (cxl_host_emulated())
		set(&flr_losses[3], true);
	cxl_dev_open(&self->dev, cxl_bdf);
	if (cxl_host_emulated())
		set(&flr_losses[3], false);
	map_memory(_metadata, self);
	self->map[0] = PATTERN;
	check_usable(_metadata, self, "open");
}

/* No handler of the driver is called for the reset that closing does. */
TEST_F(reset, at_close)
{
	const struct loss *loss = &flr_losses[3];

	munmap((void *)self->map, LEN);
	if (cxl_host_emulated())
		set(loss, true);
	cxl_dev_close(&self->dev);
	if (cxl_host_emulated())
		set(loss, false);
	EXPECT_TRUE(physical_same(&self->dev, &self->before));
	cxl_dev_open(&self->dev, cxl_bdf);
	map_memory(_metadata, self);
	self->map[0] = PATTERN;
	check_usable(_metadata, self, "close");
}

static bool resetting;

static int reset_all_the_time(const char *bdf)
{
	unsigned int pause = 0;
	int err = 0;

	while (__atomic_load_n(&resetting, __ATOMIC_RELAXED) && !err) {
		err = pci_attr_write(bdf, "reset", "1");
		if (err == -EAGAIN)
			err = 0;
		/* At another moment of what the other does each time. */
		sleep_ms(10 + pause);
		pause = (pause + 37) % 150;
	}
	return err;
}

/* Of two that save and restore configuration space at once, one saves what is not there. */
TEST_F(reset, by_sysfs_beside_open_and_close)
{
	struct background resets = { .run = reset_all_the_time, .what = cxl_bdf };
	uint32_t before[6], after[6];
	unsigned int i, opened = 0;
	struct vfio_dev dev;
	int err;

	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	ASSERT_EQ(sizeof(before), pci_host_config(cxl_bdf, before, sizeof(before),
						  PCI_BASE_ADDRESS_0));
	resetting = true;
	background_start(&resets);
	for (i = 0; i < 30; i++) {
		err = vfio_dev_open(&dev, cxl_bdf, cxl_dev_mode());
		/* Another one has the function. */
		if (err == -EAGAIN) {
			sleep_ms(20);
			continue;
		}
		EXPECT_EQ(0, err);
		if (err)
			break;
		opened++;
		vfio_dev_close(&dev);
	}
	__atomic_store_n(&resetting, false, __ATOMIC_RELAXED);
	EXPECT_EQ(0, background_result(&resets));
	EXPECT_NE(0, opened);
	ASSERT_EQ(sizeof(after), pci_host_config(cxl_bdf, after, sizeof(after),
						 PCI_BASE_ADDRESS_0));
	EXPECT_EQ(0, memcmp(before, after, sizeof(before)));
	cxl_dev_open(&self->dev, cxl_bdf);
	map_memory(_metadata, self);
	self->map[0] = PATTERN;
	check_usable(_metadata, self, "resets beside open and close");
}

struct shown {
	uint32_t control, control2, lock, global;
};

static void look(struct cxl_dev *dev, struct shown *shown)
{
	shown->control = cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2);
	shown->control2 = cxl_dvsec_get(dev, CXL_DVSEC_CONTROL2, 2);
	shown->lock = cxl_dvsec_get(dev, CXL_DVSEC_LOCK, 2);
	shown->global = cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL_OFFSET);
}

/* As a guest leaves them: CXL.mem off, and CONFIG_LOCK set. */
static void change(struct cxl_dev *dev)
{
	uint32_t control = cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2);

	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL, 2,
		      control & ~CXL_DVSEC_CTRL_MEM_ENABLE);
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_RESET_MEM_CLEAR);
	cxl_dvsec_set(dev, CXL_DVSEC_LOCK, 2, CXL_DVSEC_LOCK_CONFIG);
	cxl_hdm_set(dev, CXL_HDM_DECODER_CTRL_OFFSET, 0);
}

#define EXPECT_SHOWN(want, got) \
	EXPECT_EQ(0, memcmp(&(want), &(got), sizeof(struct shown)))

TEST_F(reset, shadows_after_flr)
{
	struct shown changed, after;

	change(&self->dev);
	look(&self->dev, &changed);
	EXPECT_EQ(CXL_DVSEC_LOCK_CONFIG, changed.lock);
	/* Nobody writes the decoders of v6. */
	if (self->dev.cap.uapi != CXL_UAPI_V6)
		EXPECT_EQ(0, changed.global & CXL_HDM_DECODER_ENABLE);
	if (reset_by(&self->dev, BY_FLR) == -ENOTTY)
		SKIP(return, "the device cannot be reset like this");
	look(&self->dev, &after);
	EXPECT_SHOWN(changed, after);
	if (!cxl_host_emulated())
		return;
	/* Its scope is CXL.io, whatever the device does. */
	set(&flr_losses[2], true);
	reset_by(&self->dev, BY_FLR);
	set(&flr_losses[2], false);
	look(&self->dev, &after);
	EXPECT_SHOWN(changed, after);
	check_usable(_metadata, self, "FLR");
}

TEST_F(reset, shadows_after_conventional_reset)
{
	struct shown first, after;

	look(&self->dev, &first);
	change(&self->dev);
	if (cxl_host_emulated())
		set(&conventional_losses[1], true);
	if (reset_by(&self->dev, BY_HOT_RESET) == -ENOTTY)
		SKIP(return, "the device cannot be reset like this");
	if (cxl_host_emulated())
		set(&conventional_losses[1], false);
	look(&self->dev, &after);
	/* Firmware's CONFIG_LOCK is lost with the reset: nobody sets it again. */
	first.lock = 0;
	/* A v2 VMM has written the decoders before, and does not look again. */
	if (self->dev.cap.uapi == CXL_UAPI_V2)
		first.global = after.global;
	EXPECT_SHOWN(first, after);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
