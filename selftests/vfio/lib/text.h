/* SPDX-License-Identifier: GPL-2.0 */
/* Text that grows: what a dump is collected in and compared as. */
#ifndef SELFTESTS_VFIO_TEXT_H
#define SELFTESTS_VFIO_TEXT_H

#include "util.h"

struct text {
	char *data;
	size_t len;
	size_t size;
};

void text_add(struct text *text, const char *fmt, ...) __printf(2, 3);
void text_add_hex(struct text *text, const void *data, size_t len);
void text_clear(struct text *text);
void text_free(struct text *text);

/* A line without its newline, not NUL-terminated: print it with %.*s. */
struct text_line {
	const char *start;
	int len;
};

/* Take the next line off *@pos; false at the end. */
bool text_next_line(const char **pos, struct text_line *line);

size_t text_lines(const struct text *text);

/* Replace each @from by @to. */
void text_replace(struct text *text, const char *from, const char *to);

/*
 * Compare line by line. Each difference is handed to @differs, which may be
 * NULL; a text that ends early counts as one more a line, NULL for its side.
 * Returns the number of differences.
 */
size_t text_compare(const struct text *a, const struct text *b,
		    void (*differs)(void *arg, const struct text_line *a,
				    const struct text_line *b),
		    void *arg);

#endif
