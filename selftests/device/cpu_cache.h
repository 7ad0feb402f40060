/*
 * cxl-type2: a model of the CPUs' write-back caches over the device's memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_CPU_CACHE_H
#define CXL_TYPE2_CPU_CACHE_H

#include "cxl_type2.h"

/* What an instruction does to a line */
typedef enum CT2LineOp {
    CT2_LINE_WRITE_BACK,        /* it stays in the cache */
    CT2_LINE_FLUSH,             /* written back and dropped */
    CT2_LINE_DROP,              /* dropped, with what was dirty */
} CT2LineOp;

bool ct2_cpu_cache_init(CXLType2Dev *d, Error **errp);
void ct2_cpu_cache_exit(CXLType2Dev *d);
void ct2_cpu_cache_power_on(CXLType2Dev *d);
/* The device reads or has written its memory, coherently while decoded */
void ct2_cpu_cache_snoop(CXLType2Dev *d, uint64_t dpa, uint64_t size);

/* A CPU writes all of its cache back and invalidates it */
void ct2_cpu_cache_flush_all(void);
/* ... does something to the line at @hpa */
void ct2_cpu_cache_line(uint64_t hpa, CT2LineOp op);

/* The same for one device, and the 8 bytes of its memory at medium-at */
bool ct2_cpu_cache_flush(CXLType2Dev *d, uint64_t val, Error **errp);
uint64_t ct2_cpu_cache_flushes(CXLType2Dev *d);
bool ct2_cpu_cache_look_at(CXLType2Dev *d, uint64_t dpa, Error **errp);
uint64_t ct2_cpu_cache_medium(CXLType2Dev *d);

/* Whoever sees flush instructions says so, or cpu-cache=on is refused */
void ct2_cpu_cache_is_flushed(void);

#endif
