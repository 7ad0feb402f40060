// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void text_reserve(struct text *text, size_t more)
{
	if (text->len + more < text->size)
		return;
	text->size = (text->len + more) * 2 + 256;
	text->data = realloc(text->data, text->size);
	if (!text->data)
		die("no memory for %zu bytes of text", text->size);
}

void text_add(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);

	text_reserve(text, len + 1);
	va_start(args, fmt);
	vsnprintf(text->data + text->len, len + 1, fmt, args);
	va_end(args);
	text->len += len;
}

void text_add_hex(struct text *text, const void *data, size_t len)
{
	const uint8_t *byte = data;

	while (len--)
		text_add(text, "%02x", *byte++);
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->data)
		text->data[0] = '\0';
}

void text_free(struct text *text)
{
	free(text->data);
	memset(text, 0, sizeof(*text));
}

bool text_next_line(const char **pos, struct text_line *line)
{
	if (!*pos || !**pos)
		return false;
	line->start = *pos;
	line->len = strcspn(*pos, "\n");
	*pos += line->len;
	if (**pos)
		(*pos)++;
	return true;
}

size_t text_lines(const struct text *text)
{
	size_t i, lines = 0;

	for (i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines;
}

void text_replace(struct text *text, const char *from, const char *to)
{
	struct text out = {};
	const char *pos = text->data, *hit;

	if (!text->len)
		return;
	while ((hit = strstr(pos, from))) {
		text_add(&out, "%.*s%s", (int)(hit - pos), pos, to);
		pos = hit + strlen(from);
	}
	text_add(&out, "%s", pos);
	text_free(text);
	*text = out;
}

size_t text_compare(const struct text *a, const struct text *b,
		    void (*differs)(void *arg, const struct text_line *a,
				    const struct text_line *b),
		    void *arg)
{
	const char *pos_a = a->data, *pos_b = b->data;
	struct text_line line_a, line_b;
	size_t count = 0;

	for (;;) {
		bool in_a = text_next_line(&pos_a, &line_a);
		bool in_b = text_next_line(&pos_b, &line_b);

		if (!in_a && !in_b)
			return count;
		if (in_a && in_b && line_a.len == line_b.len &&
		    !memcmp(line_a.start, line_b.start, line_a.len))
			continue;
		count++;
		if (differs)
			differs(arg, in_a ? &line_a : NULL,
				in_b ? &line_b : NULL);
	}
}
