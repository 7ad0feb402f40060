// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "component.h"
#include "control.h"
#include "util.h"

#define MAX_CHANGES 4
#define NAME_SIZE 64

struct change {
	int option;
	const char *text;
	char old_value[VMCTL_LINE_MAX];
	uint32_t old_register;
};

static const char *device = "acc0";
static struct change changes[MAX_CHANGES];
static unsigned int count;
static bool made;

bool change_option(int option, const char *argument)
{
	if (option == 'i') {
		device = argument;
		return true;
	}
	if (!strchr("sr2", option))
		return false;
	if (count == MAX_CHANGES)
		die("more than %u changes", MAX_CHANGES);
	changes[count++] = (struct change){ .option = option, .text = argument };
	return true;
}

/* Split NAME=VALUE. */
static const char *split(const char *text, char name[NAME_SIZE])
{
	size_t len = strcspn(text, "=");

	if (!text[len] || len >= NAME_SIZE)
		die("'%s' is not NAME=VALUE", text);
	snprintf(name, NAME_SIZE, "%.*s", (int)len, text);
	return text + len + 1;
}

static void set_property(const char *name, const char *value)
{
	int err = vmctl_set(device, name, value);

	if (err)
		die("%s: %s cannot be set to %s: %s", device, name, value,
		    errname(err));
}

void change_property(const char *text)
{
	char name[NAME_SIZE];
	const char *value = split(text, name);

	set_property(name, value);
}

static void make_property(struct change *change)
{
	char name[NAME_SIZE];
	const char *value = split(change->text, name);

	if (vmctl_get(device, name, change->old_value,
		      sizeof(change->old_value)))
		die("%s: %s cannot be read", device, name);
	set_property(name, value);
}

static void make(struct change *change, const char *bdf)
{
	struct component component;
	char name[NAME_SIZE];
	const char *value;

	if (change->option == 's') {
		make_property(change);
		return;
	}
	if (!component_map(&component, bdf))
		die("the component registers of %s cannot be mapped", bdf);
	if (change->option == '2') {
		component_commit_second(&component);
	} else {
		value = split(change->text, name);
		change->old_register =
			component_hdm_read(&component, strtoul(name, NULL, 0));
		component_hdm_write(&component, strtoul(name, NULL, 0),
				    strtoul(value, NULL, 0));
	}
	component_unmap(&component);
}

static void undo(struct change *change, const char *bdf)
{
	struct component component;
	char name[NAME_SIZE];

	if (change->option == 's') {
		split(change->text, name);
		set_property(name, change->old_value);
		return;
	}
	if (!component_map(&component, bdf))
		die("the component registers of %s cannot be mapped", bdf);
	if (change->option == '2') {
		component_release_second(&component);
	} else {
		split(change->text, name);
		component_hdm_write(&component, strtoul(name, NULL, 0),
				    change->old_register);
	}
	component_unmap(&component);
}

void change_make(const char *bdf)
{
	unsigned int i;

	if (count && changes[0].option == 's' && !vmctl_available())
		skip_all("this machine has no emulated device to be changed");
	for (i = 0; i < count; i++)
		make(&changes[i], bdf);
	made = count;
}

bool change_back(const char *bdf)
{
	unsigned int i;

	if (!made)
		return false;
	for (i = count; i--;)
		undo(&changes[i], bdf);
	made = false;
	return true;
}
