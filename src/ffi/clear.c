// SPDX-License-Identifier: GPL-2.0
/* Clearing device memory with the CPUs. */
#include <linux/cpumask.h>
#include <linux/libnvdimm.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "clear.h"

/* More of them do not write to one device any faster. */
#define MAX_HELPERS 7
/* What one of them does in one go: little enough to spread evenly. */
#define CHUNK ((size_t)1 << 20)

struct clearing {
	void *start;
	size_t len;
	/* Where the next chunk begins. */
	atomic_long_t next;
};

struct helper {
	struct work_struct work;
	struct clearing *clearing;
};

bool cxl_vfio_can_clear(void)
{
	return IS_ENABLED(CONFIG_ARCH_HAS_PMEM_API);
}

/* Without leaving a line in a cache, and without reading one: what a user left there is superseded. */
static void clear(void *start, size_t len)
{
#ifdef CONFIG_X86
	for (size_t at = 0; at < len; at += PAGE_SIZE)
		memcpy_flushcache(start + at, page_address(ZERO_PAGE(0)), PAGE_SIZE);
#else
	for (size_t at = 0; at < len; at += PAGE_SIZE)
		clear_page(start + at);
	arch_wb_cache_pmem(start, len);
#endif
	/* Before the next user is told that it is clear. */
	mb();
}

static void clear_chunks(struct clearing *clearing)
{
	for (;;) {
		size_t at = atomic_long_fetch_add(CHUNK, &clearing->next);

		if (at >= clearing->len)
			return;
		clear(clearing->start + at, min(CHUNK, clearing->len - at));
		cond_resched();
	}
}

static void help(struct work_struct *work)
{
	clear_chunks(container_of(work, struct helper, work)->clearing);
}

void cxl_vfio_clear(struct pci_dev *pdev, void *start, size_t len)
{
	struct clearing clearing = { .start = start, .len = len };
	unsigned int helpers = min(num_online_cpus() - 1, MAX_HELPERS);
	struct helper helper[MAX_HELPERS];

	for (unsigned int i = 0; i < helpers; i++) {
		helper[i].clearing = &clearing;
		INIT_WORK_ONSTACK(&helper[i].work, help);
		queue_work_node(dev_to_node(&pdev->dev), system_dfl_wq, &helper[i].work);
	}
	clear_chunks(&clearing);
	/* One that was not begun has nothing left to do. */
	for (unsigned int i = 0; i < helpers; i++) {
		cancel_work_sync(&helper[i].work);
		destroy_work_on_stack(&helper[i].work);
	}
}
