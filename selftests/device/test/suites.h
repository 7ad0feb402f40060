/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every suite; each is a file of its own. */
#ifndef DEVICE_TEST_SUITES_H
#define DEVICE_TEST_SUITES_H

#include "tap.h"

extern const struct suite broken_suite, cache_suite, component_suite;
extern const struct suite cpu_cache_suite;
extern const struct suite cxl_reset_suite;
extern const struct suite dvsec_suite, engine_suite, error_suite;
extern const struct suite firmware_suite, gone_suite, hdm_suite;
extern const struct suite hdm_refusal_suite, layout_suite, map_suite;
extern const struct suite poison_suite, reset_suite, two_suite, window_suite;

#endif
