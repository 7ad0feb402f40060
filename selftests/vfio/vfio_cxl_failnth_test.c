// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation and each copy from or to a user fails once, one after the
 * other: whatever the driver is doing then, it gives up cleanly, and afterwards
 * the device works. What is forgotten on the way is kmemleak's to find.
 *
 *	vfio_cxl_failnth_test BDF [ID [STAGE]...]
 *
 * Needs a kernel with fault injection; see fault-injection/fault-injection.rst
 * for /proc/self/fail-nth.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cxl_bind.h"
#include "cxl_host.h"
#include "module.h"
#include "reset.h"
#include "tap.h"
#include "touch.h"

#define LEN (4ul << 20)
#define COPY (200u << 10)
#define MAX_POINTS 20000
#define FAIL_NTH "/proc/thread-self/fail-nth"

struct failing {
	struct cxl_dev dev;
	bool open;
	void *map;
	char *buffer;
};

static struct failing failing;

static const char * const faults[] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

static void set_faults(const char *attr, const char *value)
{
	char path[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s",
			 faults[i], attr);
		file_write(path, value);
	}
}

/*
 * What Linux 7.3 does not survive if it fails is below this function, whoever asks
 * for it. One of the last steps of adding the endpoint's port leaves the port
 * behind, and an oops is what removes it (__devm_cxl_add_port()). What takes the
 * port or the region away again, and could not be registered, is called at once,
 * with the locks held that it takes (cxl_endpoint_autoremove(),
 * cxl_memdev_attach_region()). Fault injection looks at 32 callers: what is deeper
 * below the function fails all the same.
 */
static const char spared[] = "cxl_mem_probe";

static void spare(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	unsigned long address, first = 0, end = ULONG_MAX;
	char name[256], text[32];

	if (!symbols)
		die("the kernel's symbols cannot be read");
	while (fscanf(symbols, "%lx %*c %255s%*[^\n]", &address, name) == 2)
		if (!strcmp(name, spared))
			first = address;
	rewind(symbols);
	while (fscanf(symbols, "%lx %*c %255s%*[^\n]", &address, name) == 2)
		if (address > first && address < end)
			end = address;
	fclose(symbols);
	if (!first || end - first > (16ul << 10))
		die("%s() is said to be from %#lx to %#lx", spared, first, end);
	snprintf(text, sizeof(text), "%#lx", end);
	set_faults("reject-end", text);
	snprintf(text, sizeof(text), "%#lx", first);
	set_faults("reject-start", text);
}

/* Whose failures are asked for: all, or those below a function of the driver. */
static void inject(bool anywhere)
{
	static const struct {
		const char *attr, *value;
	} settings[] = {
		/* Those that may sleep fail as well. */
		{ "ignore-gfp-wait", "N" },
		{ "ignore-gfp-highmem", "N" },
		{ "min-order", "0" },
		{ "verbose", "0" },
		{ "stacktrace-depth", "32" },
	};
	char start[64], end[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		set_faults(settings[i].attr, settings[i].value);
	if (anywhere) {
		set_faults("require-start", "0");
		set_faults("require-end", "0xffffffffffffffff");
		return;
	}
	if (file_read("/sys/module/cxl_vfio_pci/sections/.text", start,
		      sizeof(start)) < 0)
		die("the driver's address is not known");
	snprintf(end, sizeof(end), "%#llx",
		 strtoull(start, NULL, 16) + (1ull << 20));
	set_faults("require-end", end);
	set_faults("require-start", start);
}

static void fail_nth(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (file_write(FAIL_NTH, text))
		die("%s cannot be written", FAIL_NTH);
}

/* How many points before the one that was asked for; 0 if that has failed. */
static unsigned int points_left(void)
{
	char text[16];

	/* This has points of its own: one of them may have been it. */
	if (file_read(FAIL_NTH, text, sizeof(text)) <= 0)
		return 1;
	return strtoul(text, NULL, 10);
}

static void close_device(void)
{
	if (failing.map)
		munmap(failing.map, LEN);
	failing.map = NULL;
	if (failing.open)
		cxl_dev_close(&failing.dev);
	failing.open = false;
}

static void have_bound(void)
{
	if (!pci_driver_is(cxl_bdf, cxl_vfio_pci_driver.name))
		cxl_rebind();
}

static void have_unbound(void)
{
	close_device();
	if (!pci_driver_is(cxl_bdf, ""))
		pci_unbind(cxl_bdf);
	pci_set_override(cxl_bdf, cxl_vfio_pci_driver.name);
}

/* A group in its container, before it gives out the device. */
static void have_group(void)
{
	struct vfio_dev *dev = &failing.dev.vfio;

	close_device();
	have_bound();
	cxl_dev_open(&failing.dev, cxl_bdf);
	failing.open = true;
	close(dev->fd);
	dev->fd = -1;
}

static void have_open(void)
{
	have_bound();
	if (!failing.open)
		cxl_dev_open(&failing.dev, cxl_bdf);
	failing.open = true;
}

static void have_mapped(void)
{
	have_open();
	/* Anew, so that nothing is faulted in. */
	if (failing.map)
		munmap(failing.map, LEN);
	failing.map = cxl_mem_map_aligned(&failing.dev, 0, LEN, LEN, 0);
	if (failing.map == MAP_FAILED)
		die("the memory cannot be mapped");
}

/* The driver meets pages of the user's buffer that are not there yet. */
static void have_buffer(void)
{
	have_open();
	if (madvise(failing.buffer, COPY, MADV_DONTNEED))
		die("the buffer's pages cannot be dropped");
}

static int do_bind(void)
{
	return file_write("/sys/bus/pci/drivers/cxl_vfio_pci/bind", cxl_bdf);
}

static int do_open(void)
{
	struct vfio_dev *dev = &failing.dev.vfio;

	dev->fd = vfio_ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	return dev->fd < 0 ? dev->fd : 0;
}

static int do_map(void)
{
	void *map = cxl_mem_map(&failing.dev, 0, LEN);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, LEN);
	return 0;
}

static int do_fault(void)
{
	uint32_t value;

	/* A fault that cannot be answered for want of memory is tried again. */
	return strcmp(touch(failing.map, false, &value), "ok") ? -EIO : 0;
}

static int result_of(ssize_t n)
{
	return n < 0 ? n : 0;
}

static int do_read(void)
{
	return result_of(cxl_mem_read(&failing.dev, 0, failing.buffer, COPY));
}

static int do_write(void)
{
	return result_of(cxl_mem_write(&failing.dev, 0, failing.buffer, COPY));
}

/* A few of each kind: every dword is a copy of its own. */
static int do_registers(void)
{
	struct cxl_dev *dev = &failing.dev;
	int err = result_of(cxl_comp_read(dev, CXL_CM_OFFSET, failing.buffer,
					  64));

	if (!err)
		err = result_of(cxl_comp_write(dev, dev->hdm, failing.buffer, 64));
	if (!err)
		err = result_of(vfio_region_read(&dev->vfio,
			VFIO_PCI_CONFIG_REGION_INDEX, dev->dvsec,
			failing.buffer, 64));
	return err;
}

static int do_info(void)
{
	struct vfio_dev *dev = &failing.dev.vfio;
	struct vfio_device_info *info = vfio_device_info(dev);
	struct vfio_region_info *region;

	if (!info)
		return -errno;
	free(info);
	region = vfio_region_info(dev, failing.dev.cap.comp_reg_bar);
	if (!region)
		return -errno;
	free(region);
	return 0;
}

static int do_debugfs(void)
{
	static char text[32768];

	return result_of(cxl_debugfs_read(cxl_bdf, "shadow", text, sizeof(text)));
}

static int do_reset(void)
{
	return vfio_ioctl(failing.dev.vfio.fd, VFIO_DEVICE_RESET, NULL);
}

static int do_doorbell(void)
{
	return vfio_config_write(&failing.dev.vfio, failing.dev.dvsec +
		CXL_DVSEC_CONTROL2, 2, CXL_DVSEC_CTRL2_INITIATE_RESET);
}

/* Nothing can refuse to be closed or unbound. */
static int do_close(void)
{
	close_device();
	return 0;
}

static int do_unbind(void)
{
	return pci_unbind(cxl_bdf);
}

static const struct stage {
	const char *name;
	void (*have)(void);	/* before each attempt */
	int (*run)(void);
	bool must_succeed;
	bool anywhere;		/* also where the kernel works for the driver */
} stages[] = {
	{ "info", have_open, do_info, false, false },
	{ "mmap", have_open, do_map, false, true },
	{ "fault", have_mapped, do_fault, true, true },
	{ "read", have_buffer, do_read, false, false },
	{ "write", have_buffer, do_write, false, false },
	{ "registers", have_open, do_registers, false, false },
	{ "debugfs", have_open, do_debugfs, false, true },
	{ "reset", have_open, do_reset, false, false },
	{ "CXL reset", have_open, do_doorbell, false, false },
	{ "close", have_open, do_close, true, false },
	{ "open", have_group, do_open, false, false },
	{ "unbind", have_bound, do_unbind, true, false },
	{ "bind", have_unbound, do_bind, false, false },
};

static bool works(void)
{
	uint32_t value = 0x600df00d, seen = 0;

	close_device();
	have_mapped();
	return cxl_mem_write(&failing.dev, 64, &value, 4) == 4 &&
	       !strcmp(touch((char *)failing.map + 64, false, &seen), "ok") &&
	       seen == value;
}

/* Points of a run in which nothing fails, and of asking for their number. */
static unsigned int points_of(const struct stage *stage)
{
	unsigned int left;

	stage->have();
	fail_nth(MAX_POINTS);
	stage->run();
	left = points_left();
	fail_nth(0);
	return MAX_POINTS - left;
}

static void sweep(const struct stage *stage)
{
	unsigned int n, refused = 0, wrong = 0;
	bool failed = true;
	int err;

	if (stage->have == have_bound)
		close_device();
	inject(stage->anywhere);
	tap_note("%s: about %u points", stage->name, points_of(stage));
	for (n = 1; failed && n < MAX_POINTS; n++) {
		stage->have();
		fail_nth(n);
		err = stage->run();
		failed = !points_left();
		fail_nth(0);
		refused += failed && err;
		/* A long sweep is seen to go on. */
		if (n % 100 == 0)
			tap_note("%s: at point %u", stage->name, n);
		if (err && stage->run == do_open &&
		    !gate_is(cxl_bdf, "closed: the device is not open"))
			wrong++;
		if (err && (!failed || stage->must_succeed)) {
			wrong++;
			tap_note("%s gives %s at point %u%s", stage->name,
				 errname(err), n, failed ? "" : " with no failure");
		}
	}
	n -= 2;
	tap_ok(!failed && !wrong && (n || stage->must_succeed),
	       "%s: each of %u points failed, %u of them made it fail",
	       stage->name, n, refused);
	tap_ok(works(), "%s: the device works after that", stage->name);
}

static bool is_wanted(const struct stage *stage, int argc, char **argv)
{
	int i;

	for (i = 3; i < argc; i++)
		if (!strcmp(argv[i], stage->name))
			return true;
	return argc <= 3;
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (access(FAIL_NTH, W_OK))
		skip_all("this kernel does not inject failures");
	cxl_bind_init(argc, argv);
	tap_header();
	spare();
	failing.buffer = mmap(NULL, COPY, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (failing.buffer == MAP_FAILED)
		die("no memory for a buffer");
	for (i = 0; i < ARRAY_SIZE(stages); i++)
		if (is_wanted(&stages[i], argc, argv))
			sweep(&stages[i]);
	close_device();
	tap_finish();
}
