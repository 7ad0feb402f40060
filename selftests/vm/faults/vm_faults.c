// SPDX-License-Identifier: GPL-2.0
/*
 * Mistakes on demand: insmod vm-faults.ko fault=NAME makes the named one.
 *
 * The harness must turn each into a failed test. Nothing else uses this module.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "the mistake to make");

static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static int *pointer;
static unsigned int distance = 64;

static void make_warning(void)
{
	WARN(1, "a planted warning\n");
}

static void make_oops(void)
{
	int *nowhere = NULL;

	/* Without knowing the value the compiler has to leave the access in. */
	OPTIMIZER_HIDE_VAR(nowhere);
	WRITE_ONCE(*nowhere, 1);
}

/* Waits for what never comes, in a state that the hung task detector looks at. */
static void make_hang(void)
{
	DECLARE_COMPLETION_ONSTACK(never);

	wait_for_completion(&never);
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

static void make_atomic_sleep(void)
{
	spin_lock(&lock);
	mutex_lock(&first);
	mutex_unlock(&first);
	spin_unlock(&lock);
}

/* No deadlock by itself, but two tasks could make one of it. */
static void make_lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void make_overrun(void)
{
	int *memory = kmalloc(40, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	if (memory)
		pr_info("behind the end: %d\n", READ_ONCE(memory[10]));
	kfree(memory);
}

static void make_shift(void)
{
	pr_info("shifted too far: %u\n", 1U << READ_ONCE(distance));
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "warning", make_warning },
	{ "oops", make_oops },
	{ "hang", make_hang },
	{ "leak", make_leak },
	{ "atomic-sleep", make_atomic_sleep },
	{ "lock-inversion", make_lock_inversion },
	{ "overrun", make_overrun },
	{ "shift", make_shift },
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
