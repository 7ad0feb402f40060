/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One accelerator as its tests see it, without any driver for it. */
#ifndef DEVICE_TEST_ACCEL_H
#define DEVICE_TEST_ACCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common.h"
#include "spec.h"

struct accel {
	char id[16];			/* QOM id: acc0, ... */
	char bdf[16], port[16];		/* the function, the root port above */
	int config, port_config;
	uint16_t pcie, pm, msix;	/* capability offsets, 0: none */
	uint16_t dvsec, locator, aer;
	uint32_t header[16];		/* config header as firmware left it */
	uint8_t comp_bar, regs_bar;
	uint64_t comp_offset, regs_offset;
	reg8_t *comp;		/* component register block */
	reg32_t *regs;	/* device registers */
	reg32_t *hdm;		/* HDM Decoder Capability, or NULL */
	reg32_t *ras;		/* RAS Capability, or NULL */
	reg32_t *link;		/* Link Capability */
	unsigned int decoders;
	uint64_t base, size;		/* where firmware put the memory */
	reg32_t *host;	/* HDM of the host bridge, or NULL */
	reg64_t *window;	/* first WINDOW_MAPPED bytes at base */
};

#define WINDOW_MAPPED	0x200000

/* Tests count from this one on */
void accel_start_at(unsigned int n);
/* Finds the n-th accelerator; ends the program if there is none. */
struct accel *accel_find(unsigned int n);
/* ... and its registers, which a broken device may not have */
struct accel *accel_get(unsigned int n);

/* Conventional reset, BARs and memory decoding as before: nothing committed */
void accel_fresh(struct accel *a);
/* ... and then as firmware leaves it: decoder 0 committed, CXL.mem enabled */
void accel_ready(struct accel *a);

uint8_t cfg8(struct accel *a, unsigned int off);
uint16_t cfg16(struct accel *a, unsigned int off);
uint32_t cfg32(struct accel *a, unsigned int off);
void cfg_write(struct accel *a, unsigned int off, uint32_t val, unsigned int len);
void accel_restore_header(struct accel *a);
void accel_hot_reset(struct accel *a);
void accel_flr(struct accel *a);
void accel_power(struct accel *a, unsigned int state);

/* Registers of the CXL Device DVSEC, 16 bit */
uint16_t dv16(struct accel *a, unsigned int off);
void dv16_write(struct accel *a, unsigned int off, uint16_t val);

/* HDM decoder registers */
reg32_t *decoder(struct accel *a, unsigned int n);
void decoder_program(reg32_t *dec, uint64_t base, uint64_t size);
uint64_t decoder_base(reg32_t *dec);
uint64_t decoder_size(reg32_t *dec);
/* Program and commit; returns Control once it is committed or has failed */
uint32_t decoder_commit(struct accel *a, unsigned int n, uint64_t base,
			uint64_t size, uint32_t ctrl);
uint32_t wait_commit(reg32_t *dec, unsigned int ms);

/*
 * The machine may be busy: what must have happened gets this long, and what must
 * not have happened yet is given a delay that no test waits for.
 */
#define LONG_MS		20000
#define NEVER_MS	3600000
/* The clocks of guest and device do not run at quite the same speed */
#define AT_LEAST(ms)	((ms) / 2)

bool memory_active(struct accel *a);
bool wait_active(struct accel *a);
/* Status2 bits of the reset that was started, 0 if it does not end */
uint16_t wait_cxl_reset(struct accel *a);

/* Run-time properties; a test that cannot use them fails */
uint64_t prop(struct accel *a, const char *name);
void prop_set(struct accel *a, const char *name, uint64_t value);
void prop_bool(struct accel *a, const char *name, bool value);

/* Map host physical memory of devices */
void *map_phys(uint64_t addr, uint64_t len);

/* true if the window reaches memory; a stray access is forgotten again */
bool window_works(struct accel *a);

void accel_recover(struct accel *a);

void sleep_ms(unsigned int ms);
uint64_t now_ms(void);

#endif
