// SPDX-License-Identifier: GPL-2.0
/* Every ioctl of the device's file, with odd sizes, flags and numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz.h"
#include "irq.h"
#include "pages.h"

#define ROOM 512
#define CANARY 0x5a

/* An argument with a canary behind what the kernel may write. */
struct argument {
	uint32_t words[ROOM / 4];
};

static void prepare(struct argument *arg)
{
	memset(arg, CANARY, sizeof(*arg));
}

/* Sizes around @min, and others. */
static uint32_t choose_argsz(struct fuzz *f, uint32_t min)
{
	const uint64_t places[] = { min, min + 8, 0, 64, 136, 200 };

	if (fuzz_coin(f, 4))
		return min;
	if (fuzz_coin(f, 32))
		return random_next(&f->random);
	return fuzz_near(f, places, ARRAY_SIZE(places), ROOM - 64);
}

static ssize_t call(struct fuzz *f, unsigned long request, void *arg)
{
	int ret = ioctl(f->dev.vfio.fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/* Nothing behind @argsz may be written, and no secret before it. */
static void check_answer(struct fuzz *f, const char *what,
			 const struct argument *arg, uint32_t argsz)
{
	const uint8_t *bytes = (const void *)arg;
	size_t i;

	for (i = argsz; i < sizeof(*arg); i++)
		if (bytes[i] != CANARY) {
			fuzz_fail(f, "%s: byte %zu behind argsz %u is written",
				  what, i, argsz);
			break;
		}
	if (argsz > sizeof(*arg))
		argsz = sizeof(*arg);
	fuzz_check_secrets(f, what, arg, argsz);
}

static void device_info(struct fuzz *f)
{
	uint32_t argsz = choose_argsz(f, 16);
	struct argument arg;
	ssize_t ret;

	prepare(&arg);
	arg.words[0] = argsz;
	ret = call(f, VFIO_DEVICE_GET_INFO, &arg);
	FUZZ_ALLOW(f, ret, "device info", argsz < 16 ? -EINVAL : 0);
	check_answer(f, "device info", &arg, argsz > 16 ? argsz : 16);
	if (!ret && !(arg.words[1] & VFIO_DEVICE_FLAGS_CXL))
		fuzz_fail(f, "device info says nothing of CXL");
}

static void region_info(struct fuzz *f)
{
	uint32_t argsz = choose_argsz(f, sizeof(struct vfio_region_info));
	uint32_t index = fuzz_coin(f, 16) ? random_next(&f->random) :
					    fuzz_below(f, f->regions + 2);
	struct argument arg;
	bool valid = argsz >= sizeof(struct vfio_region_info) &&
		     index < f->regions && index != VFIO_PCI_VGA_REGION_INDEX;
	ssize_t ret;

	prepare(&arg);
	arg.words[0] = argsz;
	arg.words[2] = index;
	ret = call(f, VFIO_DEVICE_GET_REGION_INFO, &arg);
	FUZZ_ALLOW(f, ret, "region info", valid ? 0 : -EINVAL);
	check_answer(f, "region info", &arg, argsz > 32 ? argsz : 32);
}

static void irq_info(struct fuzz *f)
{
	uint32_t argsz = choose_argsz(f, 16), index = fuzz_below(f, 7);
	struct argument arg;
	bool valid = argsz >= 16 && index < VFIO_PCI_NUM_IRQS;

	prepare(&arg);
	arg.words[0] = argsz;
	arg.words[2] = index;
	FUZZ_ALLOW(f, call(f, VFIO_DEVICE_GET_IRQ_INFO, &arg), "irq info",
		   valid ? 0 : -EINVAL);
	check_answer(f, "irq info", &arg, argsz > 16 ? argsz : 16);
}

static void set_irqs(struct fuzz *f)
{
	struct argument arg;
	int fd = eventfd_new(), *fds = (int *)&arg.words[5];
	unsigned int i;

	prepare(&arg);
	arg.words[0] = choose_argsz(f, 20 + 4 * fuzz_below(f, 5));
	arg.words[1] = fuzz_coin(f, 16) ? random_next(&f->random) :
		       (1u << fuzz_below(f, 3)) | (8u << fuzz_below(f, 3));
	arg.words[2] = fuzz_below(f, 6);
	arg.words[3] = fuzz_coin(f, 4) ? fuzz_below(f, 6) : 0;
	arg.words[4] = fuzz_coin(f, 16) ? random_next(&f->random) :
					  fuzz_below(f, 5);
	for (i = 0; i < 5; i++)
		fds[i] = fuzz_coin(f, 6) ? (int)fuzz_below(f, 8) - 1 : fd;
	FUZZ_ALLOW(f, call(f, VFIO_DEVICE_SET_IRQS, &arg), "irqs", 0, -EINVAL,
		   -ENOTTY, -EBADF, -ENOSPC, -EBUSY, -EFAULT, -ENOMEM, -EIO, -ERANGE, 1,
		   2, 3, 4);
	close(fd);
}

/* The whole of a well-formed request for an error or a release is granted. */
static void notifier(struct fuzz *f)
{
	uint32_t index = fuzz_coin(f, 2) ? VFIO_PCI_ERR_IRQ_INDEX :
					   VFIO_PCI_REQ_IRQ_INDEX;
	int fd = eventfd_new();

	FUZZ_ALLOW(f, vfio_irq_enable(&f->dev.vfio, index, 0, 1, &fd),
		   "notifier on", 0);
	FUZZ_ALLOW(f, vfio_irq_trigger(&f->dev.vfio, index, 0),
		   "notifier triggered", 0);
	if (eventfd_take(fd, 1000) != 1)
		fuzz_fail(f, "notifier %u does not fire", index);
	FUZZ_ALLOW(f, vfio_irq_disable(&f->dev.vfio, index), "notifier off", 0);
	close(fd);
}

static bool is_low_power(uint32_t number)
{
	return number >= VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY &&
	       number <= VFIO_DEVICE_FEATURE_LOW_POWER_EXIT;
}

static void feature(struct fuzz *f)
{
	static const uint32_t ways[] = {
		VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_SET,
		VFIO_DEVICE_FEATURE_PROBE, VFIO_DEVICE_FEATURE_PROBE |
		VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_PROBE |
		VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_GET |
		VFIO_DEVICE_FEATURE_SET, 0,
	};
	uint32_t number = fuzz_below(f, 15), argsz;
	struct argument arg;
	ssize_t ret;

	/* Those have an operation of their own, which the model follows. */
	if (is_low_power(number))
		number = VFIO_DEVICE_FEATURE_DMA_BUF;
	argsz = choose_argsz(f, 8 + 8 * fuzz_below(f, 5));
	prepare(&arg);
	arg.words[0] = argsz;
	arg.words[1] = number | ways[fuzz_below(f, ARRAY_SIZE(ways))];
	if (fuzz_coin(f, 16))
		arg.words[1] ^= 1u << fuzz_below(f, 32);
	if (is_low_power(arg.words[1] & VFIO_DEVICE_FEATURE_MASK))
		return;
	arg.words[2] = fuzz_below(f, f->regions + 2);
	ret = call(f, VFIO_DEVICE_FEATURE, &arg);
	/* A dma-buf of a BAR. */
	if (ret > 0 && number == VFIO_DEVICE_FEATURE_DMA_BUF) {
		close(ret);
		ret = 0;
	}
	FUZZ_ALLOW(f, ret, "feature", 0, -EINVAL, -ENOTTY, -EFAULT, -ENODEV,
		   -EOPNOTSUPP, -E2BIG, -EACCES);
	check_answer(f, "feature", &arg, argsz > 12 ? argsz : 12);
}

static void export_memory(struct fuzz *f)
{
	struct {
		struct vfio_device_feature header;
		struct vfio_device_feature_dma_buf dma_buf;
		struct vfio_region_dma_range range;
	} arg = {
		.header.argsz = sizeof(arg),
		.header.flags = VFIO_DEVICE_FEATURE_GET |
				VFIO_DEVICE_FEATURE_DMA_BUF,
		.dma_buf.region_index = f->dev.cap.hdm_region_idx,
		.dma_buf.nr_ranges = 1,
		.range.length = PAGE,
	};

	FUZZ_ALLOW(f, call(f, VFIO_DEVICE_FEATURE, &arg), "dma-buf of the memory",
		   -EOPNOTSUPP);
}

static void ioeventfd(struct fuzz *f)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = choose_argsz(f, sizeof(arg)),
		.flags = 1u << fuzz_below(f, 5),
		.offset = (fuzz_below(f, f->regions + 1) << 40) +
			  fuzz_below(f, 1 << 20) / 4 * 4,
		.data = random_next(&f->random),
		.fd = eventfd_new(),
	};
	uint32_t index = arg.offset >> 40;
	ssize_t ret = call(f, VFIO_DEVICE_IOEVENTFD, &arg);

	/* The decoder's registers are in a BAR: nothing may write there behind us. */
	if (!ret && index == f->dev.cap.comp_reg_bar)
		fuzz_fail(f, "an eventfd may write to the component BAR");
	FUZZ_ALLOW(f, ret, "ioeventfd", 0, -EINVAL, -ENODEV, -EBUSY, -ENOSPC,
		   -EEXIST, -ENOMEM, -EFAULT);
	close(arg.fd);
}

static void hot_reset_info(struct fuzz *f)
{
	uint32_t argsz = choose_argsz(f, 12);
	struct argument arg;

	prepare(&arg);
	arg.words[0] = argsz;
	FUZZ_ALLOW(f, call(f, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &arg),
		   "hot reset info", 0, -EINVAL, -ENOSPC, -ENODEV);
	check_answer(f, "hot reset info", &arg, argsz > 12 ? argsz : 12);
}

static void unknown(struct fuzz *f)
{
	struct argument arg;
	uint32_t number = fuzz_below(f, 256);

	/* From VFIO_DEVICE_GET_INFO to VFIO_DEVICE_FEATURE, and iommufd's. */
	if (number >= 107 && number <= 120)
		number = 200;
	prepare(&arg);
	FUZZ_ALLOW(f, call(f, _IO(';', number), &arg), "unknown ioctl", -ENOTTY);
	FUZZ_ALLOW(f, call(f, VFIO_DEVICE_GET_INFO + (1u << 30), &arg),
		   "ioctl of another size", -ENOTTY);
	FUZZ_ALLOW(f, call(f, VFIO_DEVICE_GET_INFO, NULL), "info for nobody",
		   -EFAULT);
}

const struct fuzz_op fuzz_ioctl_ops[] = {
	{ "device info", 20, device_info },
	{ "region info", 20, region_info },
	{ "irq info", 10, irq_info },
	{ "irqs", 20, set_irqs },
	{ "notifiers", 10, notifier },
	{ "feature", 20, feature },
	{ "dma-buf", 5, export_memory },
	{ "ioeventfd", 10, ioeventfd },
	{ "hot reset info", 5, hot_reset_info },
	{ "unknown ioctl", 5, unknown },
	{}
};
