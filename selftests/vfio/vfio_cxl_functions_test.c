// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of one device: what is done to one of them may be done to all.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cxl_test.h"
#include "kmsg.h"
#include "module.h"
#include "reset.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0xfac1110b

FIXTURE(functions) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	struct physical before;
};

FIXTURE_SETUP(functions)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
	self->map[0] = PATTERN;
	physical_read(&self->dev, &self->before);
}

FIXTURE_TEARDOWN(functions)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

static void check_usable(struct __test_metadata *_metadata,
			 struct _test_data_functions *self)
{
	uint32_t value = 0;

	EXPECT_TRUE(physical_same(&self->dev, &self->before));
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_EQ(PATTERN, value);
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
}

/* Ring for a CXL Reset, and say how it ended. */
static uint16_t ring(struct cxl_dev *dev)
{
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_RESET);
	return cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2) &
	       (CXL_DVSEC_STATUS2_RESET_COMPLETE |
		CXL_DVSEC_STATUS2_RESET_ERROR);
}

/* Another function of the device, which has a driver if @driver is not "". */
static bool sibling(char *bdf, const char *driver)
{
	size_t last = strlen(cxl_bdf) - 1;

	snprintf(bdf, PCI_BDF_SIZE, "%s", cxl_bdf);
	for (bdf[last] = '0'; bdf[last] <= '7'; bdf[last]++)
		if (strcmp(bdf, cxl_bdf) && pci_present(bdf))
			break;
	if (bdf[last] > '7')
		return false;
	pci_restore_at_exit(bdf);
	return !(driver[0] ? pci_bind(bdf, driver) : pci_unbind(bdf));
}

/* It resets every CXL function of the device, so not while somebody uses one. */
TEST_F(functions, cxl_reset)
{
	char other[PCI_BDF_SIZE];
	uint64_t resets, flrs;

	if (!cxl_host_emulated() || !sibling(other, "vfio-pci"))
		SKIP(return, "an emulated device with another function is needed");
	resets = cxl_host_get("cxl-resets");
	flrs = cxl_host_get("flrs");
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_ERROR, ring(&self->dev));
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	EXPECT_EQ(resets, cxl_host_get("cxl-resets"));
	EXPECT_EQ(flrs + 1, cxl_host_get("flrs"));
	check_usable(_metadata, self);
	EXPECT_TRUE(sibling(other, ""));
	EXPECT_EQ(CXL_DVSEC_STATUS2_RESET_COMPLETE, ring(&self->dev));
	EXPECT_EQ(resets + 1, cxl_host_get("cxl-resets"));
	check_usable(_metadata, self);
}

/* And nobody begins to use one meanwhile. */
TEST_F(functions, nobody_binds_during_a_cxl_reset)
{
	const unsigned int write_back_ms = 300;
	char other[PCI_BDF_SIZE], ms[16];
	uint64_t resets;
	int64_t start;
	int status = -1;
	pid_t resetter;

	if (!cxl_host_emulated() || !sibling(other, ""))
		SKIP(return, "an emulated device with another function is needed");
	snprintf(ms, sizeof(ms), "%u", write_back_ms);
	cxl_host_set("wbi-ms", ms);
	resets = cxl_host_get("cxl-resets");
	start = now_ms();
	resetter = fork();
	if (!resetter)
		_exit(ring(&self->dev) != CXL_DVSEC_STATUS2_RESET_COMPLETE);
	EXPECT_TRUE(reset_by_cxl_begins(resets));
	EXPECT_TRUE(sibling(other, "vfio-pci"));
	EXPECT_LE(write_back_ms, now_ms() - start);
	EXPECT_EQ(resetter, waitpid(resetter, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(sibling(other, ""));
	cxl_host_set("wbi-ms", "0");
	check_usable(_metadata, self);
}

/* Nor is the memory cleared then: who opens the device next would find the data. */
TEST_F(functions, clears_or_does_not_open)
{
	char other[PCI_BDF_SIZE];
	struct vfio_dev dev;
	uint32_t value = ~0u;

	if (!cxl_host_emulated() || !sibling(other, "vfio-pci"))
		SKIP(return, "an emulated device with another function is needed");
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	EXPECT_EQ(-EBUSY, vfio_dev_open(&dev, cxl_bdf, cxl_dev_mode()));
	EXPECT_TRUE(sibling(other, ""));
	cxl_dev_open(&self->dev, cxl_bdf);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
	EXPECT_EQ(0, value);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

/* While it has a driver, nothing can stop this function for certain: that is said when it is bound. */
TEST_F(functions, says_at_bind_that_it_cannot_clear)
{
	char other[PCI_BDF_SIZE];
	struct text log = { 0 };
	struct vfio_dev dev;
	int kmsg = kmsg_open();

	if (!cxl_host_emulated() || !sibling(other, "vfio-pci"))
		SKIP(return, "an emulated device with another function is needed");
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	cxl_rebind();
	EXPECT_TRUE(kmsg_wait(kmsg, &log, "its memory cannot be cleared between users, and is given to nobody unless "
			      "clear_memory=off: another function", 1000));
	EXPECT_EQ(-EBUSY, vfio_dev_open(&dev, cxl_bdf, cxl_dev_mode()));
	/* Unless the administrator says that it need not be. */
	EXPECT_EQ(0, module_set_param("cxl_vfio_pci", "clear_memory", "off"));
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
	EXPECT_EQ(0, module_set_param("cxl_vfio_pci", "clear_memory", "auto"));
	EXPECT_TRUE(sibling(other, ""));
	text_free(&log);
	close(kmsg);
}

/* Whoever resets a sibling's bus resets this function, too. */
TEST_F(functions, bus_reset)
{
	char other[PCI_BDF_SIZE];
	struct vfio_dev function = { .group = self->dev.vfio.group };
	struct toucher toucher;

	if (!cxl_host_emulated() || function.group < 0 ||
	    !sibling(other, "vfio-pci") ||
	    pci_iommu_group(other) != pci_iommu_group(cxl_bdf))
		SKIP(return, "an emulated device with another function in its group is needed");
	function.fd = vfio_ioctl(function.group, VFIO_GROUP_GET_DEVICE_FD,
				 other);
	ASSERT_LE(0, function.fd);
	ASSERT_TRUE(reset_mask_bus(cxl_bdf, false));
	toucher_start(&toucher, (void *)self->map, LEN);
	EXPECT_EQ(0, reset_hot(&function));
	EXPECT_NE(0, toucher_stop(&toucher));
	close(function.fd);
	check_usable(_metadata, self);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
