// SPDX-License-Identifier: GPL-2.0
/*
 * The module compares the layout of C structures with its bindings when it is
 * loaded. Here the table of what its C compiler saw is changed, an entry at a
 * time, in copies of the module's file: none of them may be loaded.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lifecycle.h"

struct image {
	char *data;
	size_t size;
};

static struct image read_module(const char *module)
{
	char path[MODULE_PATH_SIZE];
	struct image image = {};
	long size;
	FILE *file;

	if (!module_file(module, path, sizeof(path)))
		die("the file of module %s is not found", module);
	file = fopen(path, "r");
	if (!file || fseek(file, 0, SEEK_END))
		die("%s cannot be read: %s", path, errname(errno));
	size = ftell(file);
	rewind(file);
	image.size = size < 0 ? 0 : size;
	image.data = xcalloc(1, image.size);
	if (fread(image.data, 1, image.size, file) != image.size)
		die("%s cannot be read: %s", path, errname(errno));
	fclose(file);
	return image;
}

/* Where the file has the value of a symbol; its size in bytes. */
static size_t *find_symbol(const struct image *image, const char *name,
			   size_t *size)
{
	Elf64_Ehdr *elf = (void *)image->data;
	Elf64_Shdr *section = (void *)(image->data + elf->e_shoff);
	unsigned int i;

	for (i = 0; i < elf->e_shnum; i++) {
		Elf64_Sym *sym = (void *)(image->data + section[i].sh_offset);
		Elf64_Sym *end = sym + section[i].sh_size / sizeof(*sym);
		const char *names;

		if (section[i].sh_type != SHT_SYMTAB)
			continue;
		names = image->data + section[section[i].sh_link].sh_offset;
		for (; sym < end; sym++) {
			if (strcmp(names + sym->st_name, name))
				continue;
			*size = sym->st_size;
			return (void *)(image->data +
					section[sym->st_shndx].sh_offset +
					sym->st_value);
		}
	}
	die("the module has no symbol %s", name);
}

static int load_image(const struct image *image)
{
	return syscall(SYS_init_module, image->data, image->size,
		       "enable_cxl=0") ? -errno : 0;
}

/* True if the module says so and is not loaded. */
static bool is_refused(const struct image *image, int kmsg, const char *sentence)
{
	struct text log = {};
	bool said;
	int err;

	err = load_image(image);
	said = kmsg_wait(kmsg, &log, sentence, 1000);
	if (!err)
		module_unload(cxl_vfio_pci_driver.module);
	if (err != -EINVAL || !said)
		tap_note("loading: %s, \"%s\": %s", errname(err), sentence,
			 said ? "said" : "not said");
	text_free(&log);
	return err == -EINVAL && said;
}

/* The same with *@entry off by one. */
static bool refuses(const struct image *image, size_t *entry, int kmsg,
		    const char *sentence)
{
	bool refused;

	*entry += 1;
	refused = is_refused(image, kmsg, sentence);
	*entry -= 1;
	return refused;
}

/* Every string @from becomes @to, which is as long. */
static size_t rename_all(const struct image *image, const char *from, const char *to)
{
	size_t size = strlen(from) + 1, count = 0;
	char *at = image->data, *end = at + image->size;

	while ((at = memmem(at, end - at, from, size))) {
		/* Not the end of another string. */
		if (!at[-1]) {
			memcpy(at, to, size);
			count++;
		}
		at += size;
	}
	return count;
}

/*
 * The running kernel's structure has grown since the module was built: here the
 * module asks for the size of another one.
 */
static void test_running_kernel(const struct image *image, int kmsg)
{
	const char *ours = "cxl_dev_state", *another = "address_space";

	if (access("/sys/kernel/btf/vmlinux", F_OK)) {
		tap_skip("the kernel has no debug information of its types",
			 "a module that was built for another kernel is refused");
		return;
	}
	tap_ok(rename_all(image, ours, another) &&
	       is_refused(image, kmsg, "in the kernel that runs: built for another kernel"),
	       "a module that was built for another kernel is refused");
	rename_all(image, another, ours);
}

void test_layout(struct lifecycle *l)
{
	const char *module = cxl_vfio_pci_driver.module;
	struct image image = read_module(module);
	size_t *length, size, count, refused = 0, i;
	/* As in src/ffi/layout.h. */
	struct {
		const char *what;
		size_t value;
	} *table;
	int kmsg;

	if (image.size < SELFMAG || memcmp(image.data, ELFMAG, SELFMAG)) {
		tap_skip("the module's file is compressed",
			 "a module with another layout is refused");
		free(image.data);
		return;
	}
	pci_unbind(l->bdf);
	if (module_loaded(module) && module_unload(module))
		die("module %s cannot be unloaded", module);
	kmsg = kmsg_open();
	/* The table's symbol may be larger than the table: KASAN pads it. */
	length = find_symbol(&image, "cxl_vfio_c_layout_len", &size);
	count = *length;
	table = (void *)find_symbol(&image, "cxl_vfio_c_layout", &size);
	if (count > size / sizeof(*table))
		die("%zu entries are more than a table of %zu bytes has", count,
		    size);
	for (i = 0; i < count; i++)
		refused += refuses(&image, &table[i].value, kmsg,
				   "in the bindings and");
	tap_ok(count && refused == count,
	       "a module with another layout is refused: %zu of %zu entries",
	       refused, count);
	tap_ok(refuses(&image, length, kmsg, "layout table: C has"),
	       "so is one whose tables have different lengths");
	test_running_kernel(&image, kmsg);
	tap_ok(!load_image(&image), "the module as it was built is loaded");
	close(kmsg);
	free(image.data);
}
