// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cxl_bind.h"
#include "cxl_host.h"
#include "module.h"
#include "pci.h"

const char *cxl_bdf;

void cxl_rebind(void)
{
	int err = pci_bind(cxl_bdf, cxl_vfio_pci_driver.name);

	if (err)
		die("%s cannot be bound to %s: %s", cxl_bdf,
		    cxl_vfio_pci_driver.name, errname(err));
}

int cxl_bind_plain(void)
{
	int err = driver_ensure(&vfio_pci_driver);

	return err ? err : pci_bind(cxl_bdf, vfio_pci_driver.name);
}

static char copies[8];
static pid_t copier;

void cxl_allow_copies(bool allow)
{
	if (module_set_param(cxl_vfio_pci_driver.module, "memory_read_write",
			     allow ? "Y" : "N"))
		die("memory_read_write cannot be set");
}

static void copies_as_before(void)
{
	if (getpid() == copier)
		cxl_allow_copies(cxl_copies_survive());
}

void cxl_let_copy(void)
{
	module_param(cxl_vfio_pci_driver.module, "memory_read_write", copies,
		     sizeof(copies));
	copier = getpid();
	atexit(copies_as_before);
	cxl_allow_copies(true);
}

bool cxl_copies_survive(void)
{
	return !strcmp(copies, "Y");
}

void cxl_bind_init(int argc, char **argv)
{
	bool run = true;
	int opt;

	/* The options of the harness, which parses them again. */
	while ((opt = getopt(argc, argv, "dhlF:f:V:v:t:T:r:")) != -1)
		if (opt == 'h' || opt == 'l' || opt == '?')
			run = false;
	if (run) {
		cxl_bdf = optind < argc ? argv[optind] :
			  getenv("VFIO_SELFTESTS_BDF");
		if (!cxl_bdf)
			skip_all("no device: give its address, or set VFIO_SELFTESTS_BDF");
		pci_check_args(1, (char **)&cxl_bdf, 0);
		if (optind + 1 < argc)
			cxl_host_name_device(argv[optind + 1]);
		if (driver_ensure(&cxl_vfio_pci_driver))
			die("module %s cannot be loaded",
			    cxl_vfio_pci_driver.module);
		cxl_let_copy();
		pci_restore_at_exit(cxl_bdf);
		if (!pci_driver_is(cxl_bdf, cxl_vfio_pci_driver.name))
			cxl_rebind();
	}
	optind = 0;
}
