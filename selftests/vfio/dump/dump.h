/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that a user can observe of a bound VFIO device, as text that is
 * the same each time unless the device or its driver behaves differently.
 */
#ifndef SELFTESTS_VFIO_DUMP_H
#define SELFTESTS_VFIO_DUMP_H

#include "text.h"
#include "vfio_dev.h"

struct dump {
	const char *bdf;
	enum vfio_mode mode;
	struct vfio_dev *dev;
	uint32_t num_regions;
	struct text *out;
};

#define dump_line(d, fmt, ...) text_add((d)->out, fmt "\n", ##__VA_ARGS__)

enum dump_phase {
	DUMP_BOUND,	/* bound to its driver, nobody has it open */
	DUMP_OPEN,
	DUMP_CLOSED,	/* closed again */
};

struct dump_section {
	const char *name;
	enum dump_phase phase;
	void (*run)(struct dump *d);
};

extern const struct dump_section dump_sections[];
extern const unsigned int dump_section_count;

/* Ends the program unless there is such a section. */
void dump_check_section(const char *name);

#define DUMP_MAX_SECTIONS 32

struct dump_result {
	struct text text[DUMP_MAX_SECTIONS];
};

/*
 * Dump all sections, or the one named @only. Ends the program when the device
 * cannot be opened.
 */
void dump_device(const char *bdf, enum vfio_mode mode, const char *only,
		 struct dump_result *result);
void dump_free(struct dump_result *result);

/* The sections, each in the file that its name says. */
void dump_host_bound(struct dump *d);
void dump_host_closed(struct dump *d);
void dump_open_names(struct dump *d);
void dump_device_info(struct dump *d);
void dump_region_info(struct dump *d);
void dump_irq_info(struct dump *d);
void dump_feature(struct dump *d);
void dump_ioctl(struct dump *d);
void dump_config_read(struct dump *d);
void dump_config_write(struct dump *d);
void dump_bar(struct dump *d);
void dump_mmap(struct dump *d);
void dump_offsets(struct dump *d);
void dump_irq_fire(struct dump *d);
void dump_ioeventfd(struct dump *d);
void dump_power(struct dump *d);
void dump_reset(struct dump *d);
void dump_hot_reset(struct dump *d);

#endif
