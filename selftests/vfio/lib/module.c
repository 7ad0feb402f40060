// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "pci.h"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

const struct vfio_driver vfio_pci_driver = { "vfio-pci", "vfio_pci" };
const struct vfio_driver cxl_vfio_pci_driver = { "cxl_vfio_pci", "cxl_vfio_pci" };

/* File names use dashes, module names do not. */
static bool same_name(const char *file, const char *module)
{
	for (; *module; file++, module++)
		if (*file != *module && !(*file == '-' && *module == '_'))
			return false;
	return !strncmp(file, ".ko", 3);
}

bool module_file(const char *module, char *path, size_t size)
{
	const char *env = getenv("CXL_VFIO_PCI_KO");
	struct utsname uts;
	bool found = false;
	size_t space = 0;
	char *line = NULL;
	FILE *dep;

	if (env && !strcmp(module, cxl_vfio_pci_driver.module)) {
		snprintf(path, size, "%s", env);
		return true;
	}
	uname(&uts);
	snprintf(path, size, "/lib/modules/%s/modules.dep", uts.release);
	dep = fopen(path, "r");
	if (!dep)
		return false;
	while (!found && getline(&line, &space, dep) > 0) {
		line[strcspn(line, ":")] = '\0';
		if (!same_name(basename(line), module))
			continue;
		if (line[0] == '/')
			snprintf(path, size, "%s", line);
		else
			snprintf(path, size, "/lib/modules/%s/%s", uts.release,
				 line);
		found = true;
	}
	free(line);
	fclose(dep);
	return found;
}

bool module_loaded(const char *module)
{
	char path[MODULE_PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	return !access(path, F_OK);
}

int module_load(const char *module, const char *params)
{
	char path[MODULE_PATH_SIZE];
	int fd, err = 0, flags = 0;

	if (!module_file(module, path, sizeof(path)))
		return -ENOENT;
	if (strcmp(path + strlen(path) - 3, ".ko"))
		flags = MODULE_INIT_COMPRESSED_FILE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, flags))
		err = -errno;
	close(fd);
	return err;
}

int module_unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

const char *module_param(const char *module, const char *param, char *buf,
			 size_t size)
{
	char path[MODULE_PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module,
		 param);
	if (file_read(path, buf, size) < 0)
		buf[0] = '\0';
	return buf;
}

int module_set_param(const char *module, const char *param, const char *value)
{
	char path[MODULE_PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module,
		 param);
	return file_write(path, value);
}

/* Only modprobe knows what a module depends on. */
static int modprobe(const char *module)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", module, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

int driver_ensure(const struct vfio_driver *driver)
{
	if (pci_driver_loaded(driver->name))
		return 0;
	/* modprobe does not know a file named by the environment. */
	if (!module_load(driver->module, ""))
		return 0;
	return modprobe(driver->module);
}

int driver_reload(const struct vfio_driver *driver, const char *params)
{
	int err = 0;

	if (module_loaded(driver->module))
		err = module_unload(driver->module);
	return err ? err : module_load(driver->module, params);
}
