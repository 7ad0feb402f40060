// SPDX-License-Identifier: GPL-2.0
/*
 * Mistakes on demand: insmod vm-faults.ko fault=NAME makes the named one.
 *
 * The harness must turn each into a failed test. Nothing else uses this module.
 */
#include <linux/module.h>
#include <linux/slab.h>

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "the mistake to make");

static int *pointer;

static void make_warning(void)
{
	WARN(1, "a planted warning\n");
}

/*
 * kmemleak scans stacks and registers too, so one object may be found there by
 * accident; of several, some are not.
 */
static void make_leak(void)
{
	int i;

	for (i = 0; i < 8; i++) {
		WRITE_ONCE(pointer, kmalloc(136, GFP_KERNEL));
		if (pointer)
			*pointer = i;
	}
	WRITE_ONCE(pointer, NULL);
}

static void make_overrun(void)
{
	int *memory = kmalloc(40, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	if (memory)
		pr_info("behind the end: %d\n", READ_ONCE(memory[10]));
	kfree(memory);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "warning", make_warning },
	{ "leak", make_leak },
	{ "overrun", make_overrun },
};

static int __init vm_faults_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(fault, faults[i].name)) {
			faults[i].make();
			return 0;
		}
	}
	pr_err("unknown fault %s\n", fault);
	return -EINVAL;
}

static void __exit vm_faults_exit(void)
{
}

module_init(vm_faults_init);
module_exit(vm_faults_exit);

MODULE_DESCRIPTION("Mistakes on demand, to test a test harness");
MODULE_LICENSE("GPL");
