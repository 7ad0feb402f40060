// SPDX-License-Identifier: GPL-2.0
/* What the driver tells the person who asks why memory is out of reach. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cxl_test.h"
#include "hdm.h"
#include "module.h"
#include "pages.h"
#include "touch.h"

#define DEBUGFS "/sys/kernel/debug"

FIXTURE(debugfs) {
	struct cxl_dev dev;
	char dir[128];
	char text[16384];
};

FIXTURE_SETUP(debugfs)
{
	if (access(DEBUGFS "/bdi", F_OK))
		SKIP(return, "debugfs is not mounted");
	snprintf(self->dir, sizeof(self->dir), DEBUGFS "/cxl_vfio_pci-%s",
		 cxl_bdf);
	cxl_dev_open(&self->dev, cxl_bdf);
}

FIXTURE_TEARDOWN(debugfs)
{
	cxl_dev_close(&self->dev);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);
	const char *at;

	for (at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, line, len) && (!at[len] || at[len] == '\n'))
			return true;
		if (!*at)
			break;
	}
	return false;
}

TEST_F(debugfs, files_are_read_only)
{
	unsigned int count = 0;
	struct dirent *entry;
	char path[512];
	struct stat st;
	DIR *dir;

	dir = opendir(self->dir);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", self->dir,
			 entry->d_name);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(0, st.st_mode & 0222)
			TH_LOG("%s", path);
		EXPECT_LT(0, cxl_debugfs_read(cxl_bdf, entry->d_name,
					      self->text, sizeof(self->text)))
			TH_LOG("%s", path);
		count++;
	}
	closedir(dir);
	EXPECT_LE(3, count);
}

TEST_F(debugfs, gate)
{
	char expected[128];
	uint64_t base, size;

	ASSERT_LT(0, cxl_debugfs_read(cxl_bdf, "gate", self->text,
				      sizeof(self->text)));
	base = cxl_hdm_get(&self->dev, BASE(0)) |
	       (uint64_t)cxl_hdm_get(&self->dev, BASE(0) + 4) << 32;
	size = self->dev.size;
	snprintf(expected, sizeof(expected), "window: %#llx size %#llx",
		 (unsigned long long)base, (unsigned long long)size);
	EXPECT_TRUE(has_line(self->text, expected))
		TH_LOG("%s", self->text);
	EXPECT_TRUE(has_line(self->text, "open"))
		TH_LOG("%s", self->text);

	cxl_dev_close(&self->dev);
	ASSERT_LT(0, cxl_debugfs_read(cxl_bdf, "gate", self->text,
				      sizeof(self->text)));
	EXPECT_FALSE(has_line(self->text, "open"));
	EXPECT_NE(NULL, strstr(self->text, "closed: "));
	cxl_dev_open(&self->dev, cxl_bdf);
}

/* Each field that is shown has the value that a guest reads. */
TEST_F(debugfs, shadow)
{
	unsigned int offset, hi, lo, fields = 0, decoder = ~0u, n;
	char *line, *rest, name[64], reg[64], attr[16];
	enum { NONE, DVSEC, HDM, RAS } block = NONE;
	unsigned int ras = cxl_component_cap(&self->dev, CXL_CM_CAP_CAP_ID_RAS);
	uint32_t value, word;

	ASSERT_LT(0, cxl_debugfs_read(cxl_bdf, "shadow", self->text,
				      sizeof(self->text)));
	for (line = strtok_r(self->text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, "DVSEC") && line[0] != ' ')
			block = DVSEC;
		if (strstr(line, "HDM") && line[0] != ' ')
			block = HDM;
		if (strstr(line, "RAS") && line[0] != ' ')
			block = RAS;
		if (sscanf(line, "HDM decoder %u", &n) == 1)
			decoder = n;
		if (sscanf(line, " %x %63[^.].%63s [%u:%u] = %x %15s", &offset,
			   reg, name, &hi, &lo, &value, attr) != 7)
			continue;
		fields++;
		if (block == DVSEC)
			word = cxl_dvsec_get(&self->dev, offset & ~3u, 4) >>
			       8 * (offset & 3);
		else if (block == HDM)
			word = cxl_hdm_get(&self->dev, offset);
		else if (ras)
			word = cxl_comp_get(&self->dev, ras + offset);
		else
			continue;
		word = word >> lo & (~0u >> (31 - (hi - lo)));
		EXPECT_EQ(word, value)
			TH_LOG("%s", line);
	}
	/* At least 20 of the DVSEC, 10 of each decoder. */
	EXPECT_LE(20 + 10 * self->dev.decoders, fields);
	EXPECT_EQ(self->dev.decoders - 1, decoder);

	cxl_dev_close(&self->dev);
	ASSERT_LT(0, cxl_debugfs_read(cxl_bdf, "shadow", self->text,
				      sizeof(self->text)));
	EXPECT_EQ(NULL, strstr(self->text, "decoder"));
	cxl_dev_open(&self->dev, cxl_bdf);
}

TEST_F(debugfs, counters)
{
	uint64_t bytes, faults, resets;
	char buf[12345] = {};
	uint32_t value;
	void *map;

	bytes = cxl_counter(cxl_bdf, "bytes copied");
	EXPECT_EQ(12345, cxl_mem_read(&self->dev, 7, buf, sizeof(buf)));
	EXPECT_EQ(100, cxl_mem_write(&self->dev, 7, buf, 100));
	EXPECT_EQ(bytes + 12445, cxl_counter(cxl_bdf, "bytes copied"));

	map = cxl_mem_map_aligned(&self->dev, 0, PAGE, PAGE, 0);
	ASSERT_NE(MAP_FAILED, map);
	faults = cxl_counter(cxl_bdf, "faults pte");
	EXPECT_STREQ("ok", touch(map, false, &value));
	EXPECT_EQ(faults + 1, cxl_counter(cxl_bdf, "faults pte"));
	EXPECT_STREQ("ok", touch(map, false, &value));
	EXPECT_EQ(faults + 1, cxl_counter(cxl_bdf, "faults pte"));

	resets = cxl_counter(cxl_bdf, "resets");
	EXPECT_EQ(0, vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_RESET, NULL));
	EXPECT_LT(resets, cxl_counter(cxl_bdf, "resets"));
	/* The page went with the reset. */
	EXPECT_STREQ("ok", touch(map, false, &value));
	EXPECT_EQ(faults + 2, cxl_counter(cxl_bdf, "faults pte"));
	munmap(map, PAGE);
}

TEST_F(debugfs, gone_after_unbind)
{
	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, pci_unbind(cxl_bdf));
	EXPECT_NE(0, access(self->dir, F_OK));
	cxl_rebind();
	EXPECT_EQ(0, access(self->dir, F_OK));
	cxl_dev_open(&self->dev, cxl_bdf);
	/* They count from the bind on. */
	EXPECT_EQ(0, cxl_counter(cxl_bdf, "bytes copied"));
}

/* Who has a file open keeps the module, whatever became of the device; and nothing else of it. */
TEST_F(debugfs, open_file_keeps_the_module)
{
	const char *module = cxl_vfio_pci_driver.module;
	char path[256], text[64];
	int fd;

	snprintf(path, sizeof(path), "%s/gate", self->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_LT(0, read(fd, text, sizeof(text)));
	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, pci_unbind(cxl_bdf));
	EXPECT_EQ(-EWOULDBLOCK, module_unload(module));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(-1, read(fd, text, sizeof(text)));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, module_unload(module));
	ASSERT_EQ(0, driver_ensure(&cxl_vfio_pci_driver));
	cxl_rebind();
	cxl_dev_open(&self->dev, cxl_bdf);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
