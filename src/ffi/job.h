/* SPDX-License-Identifier: GPL-2.0 */
/* What is done for devices in the background, for job.rs. */
#ifndef CXL_VFIO_PCI_JOB_H
#define CXL_VFIO_PCI_JOB_H

#include <linux/workqueue.h>

/* The queue of all jobs: none begins while the system sleeps. */
int cxl_vfio_make_job_queue(void);
void cxl_vfio_destroy_job_queue(void);

void cxl_vfio_init_job(struct delayed_work *job, work_func_t run);
/* Has it run in so many milliseconds, whether or not it is queued already. */
void cxl_vfio_queue_job(struct delayed_work *job, unsigned int ms);

#endif
