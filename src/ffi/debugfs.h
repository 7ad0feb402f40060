/* SPDX-License-Identifier: GPL-2.0 */
/* Files in debugfs that keep the module loaded while one is open. */
#ifndef CXL_VFIO_PCI_DEBUGFS_H
#define CXL_VFIO_PCI_DEBUGFS_H

#include <linux/seq_file.h>

struct dentry;

struct cxl_vfio_debugfs_file {
	struct dentry *dentry;
	/* Called with the file as @seq's private data, as long as it is not removed. */
	int (*show)(struct seq_file *seq, void *unused);
};

struct dentry *cxl_vfio_debugfs_dir(const char *name);
void cxl_vfio_debugfs_add(struct dentry *dir, const char *name, struct cxl_vfio_debugfs_file *file);

/* Returns when nobody reads it any more. What is below it goes, too. */
void cxl_vfio_debugfs_remove(struct dentry *dentry);

#endif
