// SPDX-License-Identifier: GPL-2.0
/* What is done for devices in the background. */
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "job.h"

static struct workqueue_struct *queue;

int cxl_vfio_make_job_queue(void)
{
	queue = alloc_workqueue("cxl_vfio_pci", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return queue ? 0 : -ENOMEM;
}

void cxl_vfio_destroy_job_queue(void)
{
	destroy_workqueue(queue);
}

void cxl_vfio_init_job(struct delayed_work *job, work_func_t run)
{
	INIT_DELAYED_WORK(job, run);
}

void cxl_vfio_queue_job(struct delayed_work *job, unsigned int ms)
{
	mod_delayed_work(queue, job, msecs_to_jiffies(ms));
}
