// SPDX-License-Identifier: GPL-2.0
/*
 * What a user leaves behind: each who opens the device starts from hardware, and
 * several descriptors of one user are one device.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "hdm.h"
#include "pages.h"
#include "reset.h"
#include "touch.h"

#define BODY_MAX 0x3c

/* Everything that the shadows show. */
struct shown {
	uint32_t hdm[CXL_HDM_DWORDS];
	uint8_t dvsec[BODY_MAX];
};

static void look(struct cxl_dev *dev, struct shown *shown)
{
	unsigned int i, dwords = 4 + 8 * dev->decoders;

	memset(shown, 0, sizeof(*shown));
	for (i = 0; i < dwords; i++)
		shown->hdm[i] = cxl_hdm_get(dev, 4 * i);
	for (i = 4; i < dev->dvsec_len; i++)
		shown->dvsec[i] = cxl_dvsec_get(dev, i, 1);
}

/* Change whatever a user can change. */
static void leave_traces(struct cxl_dev *dev)
{
	unsigned int n;

	for (n = dev->decoders; n--;) {
		cxl_hdm_set(dev, CTRL(n), 0);
		cxl_hdm_set(dev, BASE(n), 0x70000000);
		cxl_hdm_set(dev, SIZE(n), 0x30000000);
		cxl_hdm_set(dev, DPA_SKIP(n), 0x10000000);
		cxl_hdm_set(dev, CTRL(n), LOCK | WAYS(1) | 3);
	}
	cxl_hdm_set(dev, CXL_HDM_DECODER_CTRL_OFFSET, 0);
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL, 2, 0x0ff8);
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_DISABLE_CACHING |
		      CXL_DVSEC_CTRL2_RESET_MEM_CLEAR);
	cxl_dvsec_set(dev, CXL_DVSEC_LOCK, 2, CXL_DVSEC_LOCK_CONFIG);
}

FIXTURE(session) {
	struct cxl_dev dev;
};

FIXTURE_SETUP(session)
{
	cxl_dev_open(&self->dev, cxl_bdf);
}

FIXTURE_TEARDOWN(session)
{
	cxl_dev_close(&self->dev);
}

TEST_F(session, next_user_starts_from_hardware)
{
	struct shown first, changed, second;

	look(&self->dev, &first);
	leave_traces(&self->dev);
	look(&self->dev, &changed);
	EXPECT_NE(0, memcmp(&first, &changed, sizeof(first)));
	cxl_dev_close(&self->dev);
	cxl_dev_open(&self->dev, cxl_bdf);
	look(&self->dev, &second);
	EXPECT_EQ(0, memcmp(first.hdm, second.hdm, sizeof(first.hdm)));
	EXPECT_EQ(0, memcmp(first.dvsec, second.dvsec, sizeof(first.dvsec)));
}

/* A VMM that reboots its guest, and the host: the next guest starts from hardware, too. */
TEST_F(session, a_reset_makes_them_new)
{
	static const struct {
		const char *name;
		enum reset_how how;
	} resets[] = {
		{ "VFIO_DEVICE_RESET", BY_IOCTL },
		{ "sysfs", BY_SYSFS },
		{ "hot reset", BY_HOT_RESET },
	};
	struct shown first, after;
	unsigned int i;
	uint32_t value;

	look(&self->dev, &first);
	for (i = 0; i < ARRAY_SIZE(resets); i++) {
		leave_traces(&self->dev);
		if (reset_by(&self->dev, resets[i].how) == -ENOTTY)
			continue;
		EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
		look(&self->dev, &after);
		/* A v2 VMM has placed them before, and does not look again. */
		if (self->dev.cap.uapi != CXL_UAPI_V2)
			EXPECT_EQ(0, memcmp(first.hdm, after.hdm,
					    sizeof(first.hdm)))
				TH_LOG("HDM decoders after %s", resets[i].name);
		/* Whether a reset completed is the device's to say. */
		after.dvsec[CXL_DVSEC_STATUS2] = first.dvsec[CXL_DVSEC_STATUS2];
		/* Firmware's CONFIG_LOCK is lost with a conventional one. */
		after.dvsec[CXL_DVSEC_LOCK] = first.dvsec[CXL_DVSEC_LOCK];
		EXPECT_EQ(0, memcmp(first.dvsec, after.dvsec,
				    sizeof(first.dvsec)))
			TH_LOG("DVSEC after %s", resets[i].name);
	}
}

/* A guest's own FLR has the scope of CXL.io. */
TEST_F(session, an_flr_leaves_them)
{
	struct shown changed, after;

	leave_traces(&self->dev);
	look(&self->dev, &changed);
	if (reset_by(&self->dev, BY_FLR) == -ENOTTY)
		SKIP(return, "the device cannot be reset like this");
	look(&self->dev, &after);
	/* The host has the device write its cache back before, and it stays invalid while caching is disabled. */
	changed.dvsec[CXL_DVSEC_STATUS2] |= CXL_DVSEC_STATUS2_CACHE_INVALID;
	after.dvsec[CXL_DVSEC_STATUS2] |= CXL_DVSEC_STATUS2_CACHE_INVALID;
	EXPECT_EQ(0, memcmp(&changed, &after, sizeof(changed)));
}

TEST_F(session, killed_user_leaves_nothing)
{
	struct shown first, second;
	int status, fds[2];
	char byte = 0;
	pid_t pid;

	look(&self->dev, &first);
	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		cxl_dev_open(&self->dev, cxl_bdf);
		leave_traces(&self->dev);
		if (write(fds[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(1, read(fds[0], &byte, 1));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	cxl_dev_open(&self->dev, cxl_bdf);
	look(&self->dev, &second);
	EXPECT_EQ(0, memcmp(&first, &second, sizeof(first)));
}

/* Bound anew, and under another driver in between. */
TEST_F(session, bind_again)
{
	struct shown first, second;

	look(&self->dev, &first);
	leave_traces(&self->dev);
	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, cxl_bind_plain());
	cxl_rebind();
	cxl_dev_open(&self->dev, cxl_bdf);
	look(&self->dev, &second);
	EXPECT_EQ(0, memcmp(&first, &second, sizeof(first)));
}

/* A second descriptor of the same user, as a VMM that passes one on has it. */
TEST_F(session, two_descriptors)
{
	struct cxl_dev *dev = &self->dev, other = *dev;
	uint32_t value = 0, pattern = 0x7e57ab1e;
	struct shown shown, seen;
	void *map;

	if (dev->vfio.group < 0)
		SKIP(return, "an iommufd gives a device to one descriptor");
	other.vfio.fd = vfio_ioctl(dev->vfio.group, VFIO_GROUP_GET_DEVICE_FD,
				   dev->vfio.bdf);
	ASSERT_LE(0, other.vfio.fd);
	EXPECT_EQ(4, cxl_mem_write(dev, PAGE, &pattern, 4));
	EXPECT_EQ(4, cxl_mem_read(&other, PAGE, &value, 4));
	EXPECT_EQ(pattern, value);

	/* One device, so one set of shadows. */
	cxl_dvsec_set(&other, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_RESET_MEM_CLEAR);
	cxl_hdm_set(&other, CXL_HDM_DECODER_CTRL_OFFSET, 0);
	look(dev, &shown);
	look(&other, &seen);
	EXPECT_EQ(0, memcmp(&shown, &seen, sizeof(shown)));
	EXPECT_EQ(CXL_DVSEC_CTRL2_RESET_MEM_CLEAR,
		  shown.dvsec[CXL_DVSEC_CONTROL2]);

	/* Which lives until the last of them is closed, mappings included. */
	map = cxl_mem_map(&other, PAGE, PAGE);
	ASSERT_NE(MAP_FAILED, map);
	close(dev->vfio.fd);
	dev->vfio.fd = -1;
	look(&other, &seen);
	EXPECT_EQ(0, memcmp(&shown, &seen, sizeof(shown)));
	EXPECT_STREQ("ok", touch(map, false, &value));
	EXPECT_EQ(pattern, value);
	close(other.vfio.fd);
	EXPECT_STREQ("ok", touch(map, false, &value));
	EXPECT_EQ(pattern, value);
	munmap(map, PAGE);
}

TEST_F(session, one_user_at_a_time)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct vfio_dev other;
		int err;

		err = vfio_dev_open(&other, cxl_bdf, cxl_dev_mode());
		/* Its own file can be opened twice, and bound once. */
		if (cxl_dev_mode() == VFIO_MODE_CDEV)
			_exit(err != -EINVAL);
		_exit(err != -EBUSY && err != -EPERM);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(session, many_in_a_row)
{
	struct shown first, now;
	uint32_t value;
	int i;

	look(&self->dev, &first);
	for (i = 0; i < 8; i++) {
		void *map = cxl_mem_map(&self->dev, 0, self->dev.size);

		ASSERT_NE(MAP_FAILED, map);
		EXPECT_STREQ("ok", touch(map, false, &value));
		/* The mapping goes first in some rounds, last in others. */
		if (i % 2)
			munmap(map, self->dev.size);
		leave_traces(&self->dev);
		if (i % 2) {
			cxl_dev_close(&self->dev);
		} else {
			close(self->dev.vfio.fd);
			munmap(map, self->dev.size);
			self->dev.vfio.fd = -1;
			cxl_dev_close(&self->dev);
		}
		cxl_dev_open(&self->dev, cxl_bdf);
		look(&self->dev, &now);
		ASSERT_EQ(0, memcmp(&first, &now, sizeof(first)));
	}
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
