// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's Rust abstraction has no owner in its file operations: a process with a file open over rmmod
 * calls into memory that is gone when it closes it.
 */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "debugfs.h"

static int open(struct inode *inode, struct file *filp)
{
	struct cxl_vfio_debugfs_file *file = inode->i_private;

	return single_open(filp, file->show, file);
}

static const struct file_operations ops = {
	.owner = THIS_MODULE,
	.open = open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

struct dentry *cxl_vfio_debugfs_dir(const char *name)
{
	return debugfs_create_dir(name, NULL);
}

void cxl_vfio_debugfs_add(struct dentry *dir, const char *name, struct cxl_vfio_debugfs_file *file)
{
	file->dentry = debugfs_create_file(name, 0400, dir, file, &ops);
}

void cxl_vfio_debugfs_remove(struct dentry *dentry)
{
	debugfs_remove(dentry);
}
