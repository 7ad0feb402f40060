// SPDX-License-Identifier: GPL-2.0
/* Module parameters: what they are called, who may write them, what they do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "irq.h"
#include "lifecycle.h"

#define CLASS_VGA 0x0300

static const char * const params[] = {
	"ids", "nointxmask", "disable_vga", "disable_idle_d3", "enable_sriov",
	"disable_denylist",
};

/* Names, permissions and defaults, and what loading makes of nonsense. */
static void names(struct lifecycle *l)
{
	char path[MODULE_PATH_SIZE], value[64];
	struct stat st;
	size_t i;

	must_reload(l->driver, "");
	for (i = 0; i < ARRAY_SIZE(params); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s",
			 l->driver->module, params[i]);
		if (stat(path, &st))
			st.st_mode = 0;
		module_param(l->driver->module, params[i], value, sizeof(value));
		fact(l, "%s: mode %o value \"%s\"", params[i], st.st_mode, value);
	}
	if (module_unload(l->driver->module))
		die("module %s cannot be unloaded", l->driver->module);
	fact(l, "not a bool: %s", errname(module_load(l->driver->module,
						      "disable_idle_d3=maybe")));
	fact(l, "too long: %s", errname(module_load(l->driver->module,
						    "nointxmask=11")));
	fact(l, "unknown: %s", errname(module_load(l->driver->module,
						   "no_such_parameter=1")));
	fact(l, "twice: %s", errname(module_load(l->driver->module, "")));
}

static bool taken_with(struct lifecycle *l, const char *ids)
{
	char text[256];

	pci_unbind(l->bdf);
	pci_set_override(l->bdf, "");
	snprintf(text, sizeof(text), "ids=%s", ids);
	must_reload(l->driver, text);
	return pci_driver_is(l->bdf, l->driver->name);
}

/* Dynamic ids take devices that no override points to. */
static void dynamic_ids(struct lifecycle *l)
{
	struct text log = {};
	int kmsg = kmsg_open();
	struct pci_id id;
	char ids[256];

	pci_read_id(l->bdf, &id);
	snprintf(ids, sizeof(ids), "%04x:%04x", id.vendor, id.device);
	expect(l, taken_with(l, ids), "ids=%s takes the device", ids);
	fact(l, "ids is shown: %d",
	     *module_param(l->driver->module, "ids", ids, sizeof(ids)) != 0);

	snprintf(ids, sizeof(ids), ",,1af4:ffff,%04x:%04x,", id.vendor,
		 id.device);
	expect(l, taken_with(l, ids), "so does a list with it, ids=%s", ids);
	snprintf(ids, sizeof(ids), "%04x:%04x", id.vendor, id.device ^ 1);
	expect(l, !taken_with(l, ids), "another device's id does not, ids=%s",
	       ids);
	snprintf(ids, sizeof(ids), "%04x:%04x:%04x", id.vendor, id.device,
		 0x1234);
	expect(l, !taken_with(l, ids), "nor with another subsystem, ids=%s", ids);
	snprintf(ids, sizeof(ids), "%04x:%04x:ffffffff:ffffffff:%06x:ffffff",
		 id.vendor, id.device, id.class);
	expect(l, taken_with(l, ids), "its class may be given, ids=%s", ids);
	snprintf(ids, sizeof(ids), "%04x:%04x:ffffffff:ffffffff:%06x:ffffff",
		 id.vendor, id.device, id.class ^ 0x10000);
	expect(l, !taken_with(l, ids), "and must match, ids=%s", ids);

	kmsg_take(kmsg, &log);
	text_clear(&log);
	expect(l, !taken_with(l, "nonsense"), "nonsense takes nothing");
	expect(l, kmsg_wait(kmsg, &log, "invalid id string \"nonsense\"", 1000),
	       "and is named in the log");
	expect(l, !taken_with(l, "8086"), "nor does half an id");
	text_free(&log);
	close(kmsg);
	must_reload(l->driver, "");
}

static bool intx_disabled(struct lifecycle *l)
{
	uint16_t command = 0;

	pci_host_config(l->bdf, &command, sizeof(command), PCI_COMMAND);
	return command & PCI_COMMAND_INTX_DISABLE;
}

/* Whether masking INTx goes through the device's command register. */
static void mask_intx(struct lifecycle *l, const char *when)
{
	struct vfio_dev dev;
	int err, irq = eventfd_new();

	must_bind(l->bdf, l->driver);
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	err = vfio_irq_enable(&dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &irq);
	fact(l, "%s: enable %s, register %d", when, errname(err),
	     intx_disabled(l));
	err = vfio_irq_mask(&dev, VFIO_PCI_INTX_IRQ_INDEX, true);
	fact(l, "%s: mask %s, register %d", when, errname(err),
	     intx_disabled(l));
	err = vfio_irq_mask(&dev, VFIO_PCI_INTX_IRQ_INDEX, false);
	fact(l, "%s: unmask %s, register %d", when, errname(err),
	     intx_disabled(l));
	vfio_dev_close(&dev);
	close(irq);
}

static void test_nointxmask(struct lifecycle *l)
{
	must_reload(l->driver, "nointxmask=0");
	mask_intx(l, "without");
	/* A device keeps what held when it was bound. */
	module_set_param(l->driver->module, "nointxmask", "Y");
	must_bind(l->bdf, l->driver);
	module_set_param(l->driver->module, "nointxmask", "N");
	mask_intx(l, "latched, bound anew");
	must_reload(l->driver, "nointxmask=1");
	mask_intx(l, "with");
	if (strstr(l->facts->data, "without: mask 0"))
		expect(l, strstr(l->facts->data, "without: mask 0, register 1") &&
		       strstr(l->facts->data, "with: mask 0, register 0"),
		       "nointxmask=1 keeps masking away from the device");
	must_reload(l->driver, "");
}

static bool suspended(void *arg)
{
	char status[PCI_NAME_SIZE];

	return pci_attr_read(arg, "power/runtime_status", status,
			     sizeof(status)) > 0 && !strcmp(status, "suspended");
}

static void idle_state(struct lifecycle *l, const char *when, bool sleeps)
{
	char state[PCI_NAME_SIZE];

	/* Sleep comes a little later; that it does not come takes a while. */
	expect(l, wait_until(suspended, (void *)l->bdf, sleeps ? 2000 : 200) ==
	       sleeps, "%s: an idle device %s", when,
	       sleeps ? "sleeps" : "stays awake");
	pci_attr_read(l->bdf, "power_state", state, sizeof(state));
	fact(l, "%s: %s", when, state);
}

static void test_idle_d3(struct lifecycle *l)
{
	struct vfio_dev dev;

	must_reload(l->driver, "disable_idle_d3=0");
	must_bind(l->bdf, l->driver);
	idle_state(l, "disable_idle_d3=0", true);
	module_set_param(l->driver->module, "disable_idle_d3", "Y");
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	vfio_dev_close(&dev);
	idle_state(l, "disable_idle_d3 set after binding", true);
	must_bind(l->bdf, l->driver);
	module_set_param(l->driver->module, "disable_idle_d3", "N");
	idle_state(l, "disable_idle_d3 set while binding", false);

	must_reload(l->driver, "disable_idle_d3=1");
	must_bind(l->bdf, l->driver);
	idle_state(l, "disable_idle_d3=1", false);
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	vfio_dev_close(&dev);
	idle_state(l, "disable_idle_d3=1, used", false);
	must_reload(l->driver, "");
}

static void vga_region(struct lifecycle *l, bool there)
{
	struct vfio_region_info *info;
	struct vfio_dev dev;

	must_bind(l->bdf, l->driver);
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	info = vfio_region_info(&dev, VFIO_PCI_VGA_REGION_INDEX);
	fact(l, "disable_vga=%d: %d legacy VGA regions", !there, !!info);
	/* What vfio-pci does not show, the other may not either: that is a fact of both. */
	if (there && !info)
		tap_skip("the kernel knows no legacy VGA",
			 "%s: disable_vga=0 shows legacy VGA", l->driver->name);
	else
		expect(l, !!info == there, "disable_vga=%d %s legacy VGA",
		       !there, there ? "shows" : "hides");
	free(info);
	vfio_dev_close(&dev);
}

static void test_vga(struct lifecycle *l)
{
	must_reload(l->driver, "disable_vga=0");
	vga_region(l, true);
	must_reload(l->driver, "disable_vga=1");
	vga_region(l, false);
	must_reload(l->driver, "");
}

/* Devices with errata that let a user harm the host, as in vfio_pci.c. */
static bool on_denylist(const char *bdf)
{
	static const uint16_t devices[] = {
		0x19e2, 0x19e3, 0x37c8, 0x37c9, 0x0435, 0x0443, 0x0b25, 0x0cfe,
	};
	struct pci_id id;
	size_t i;

	pci_read_id(bdf, &id);
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (id.vendor == 0x8086 && id.device == devices[i])
			return true;
	return false;
}

static void denylist(struct lifecycle *l)
{
	struct text log = {};
	int err, kmsg;

	must_reload(l->driver, "");
	kmsg = kmsg_open();
	err = pci_bind(l->bdf, l->driver->name);
	expect(l, err == -EINVAL, "a denylisted device is refused: %s",
	       errname(err));
	expect(l, kmsg_wait(kmsg, &log, "denylist", 1000),
	       "the log says why");
	must_reload(l->driver, "disable_denylist=1");
	err = pci_bind(l->bdf, l->driver->name);
	expect(l, !err, "disable_denylist=1 binds it: %s", errname(err));
	must_reload(l->driver, "");
	text_free(&log);
	close(kmsg);
}

void test_params(struct lifecycle *l)
{
	struct pci_id id;
	char value[8];

	pci_read_id(l->bdf, &id);
	under_both(l, "names of parameters", names);
	/* Loaded by the last scenario, without parameters. */
	module_param(cxl_vfio_pci_driver.module, "enable_cxl", value,
		     sizeof(value));
	tap_ok(!strcmp(value, "Y"), "%s: enable_cxl is on unless told otherwise",
	       cxl_vfio_pci_driver.name);
	if (on_denylist(l->bdf)) {
		under_both(l, "disable_denylist", denylist);
		return;
	}
	tap_skip("no such device", "disable_denylist");
	under_both(l, "ids", dynamic_ids);
	under_both(l, "nointxmask", test_nointxmask);
	under_both(l, "disable_idle_d3", test_idle_d3);
	if (id.class >> 8 == CLASS_VGA)
		under_both(l, "disable_vga", test_vga);
	else
		tap_skip("no VGA device", "disable_vga");
}
