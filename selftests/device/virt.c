/*
 * cxl-type2: Arm's "virt" machine with CXL host bridges
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU 10.0 has CXL on x86 only. The machine "virt-cxl" is virt with two ranges
 * above everything that virt itself may put anywhere: the registers of the CXL
 * host bridges, and the fixed memory windows. Firmware and kernel find a
 * bridge by the ACPI0016 device that virt makes for it. What else there is to
 * say of CXL, CEDT and ACPI0017, depends on the command line alone, and comes
 * with the initramfs (selftests/vm/harness/acpi.py).
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/boards.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "hw/pci-bridge/pci_expander_bridge.h"
#include "hw/cxl/cxl_host.h"
#include "hw/pci-host/gpex.h"
#include "exec/address-spaces.h"
#include "system/system.h"
#include "cxl_type2.h"
#include "sea.h"

/* virt's own map ends at 1 TiB, as long as it has less than 256 GiB of memory */
#define HOST_BASE   (1 * TiB)
#define HOST_SIZE   (16 * MiB)          /* 64 KiB for each bus number */
#define WINDOW_BASE (HOST_BASE + CT2_GRANULE)

static CXLState cxl;
static void (*virt_init)(MachineState *ms);

static void map_bridges(PCIBus *root)
{
    PCIBus *bus;

    QLIST_FOREACH(bus, &root->child, sibling) {
        if (pci_bus_is_root(bus) && pci_bus_is_cxl(bus)) {
            PXBCXLDev *pxb = PXB_CXL_DEV(pci_bridge_get_device(bus));
            MemoryRegion *mr = &pxb->cxl_host_bridge->cxl_cstate.crb
                                .component_registers;

            memory_region_add_subregion(&cxl.host_mr, pci_bus_num(bus) *
                                        memory_region_size(mr), mr);
        }
    }
}

/* The devices of the command line are there now */
static void machine_done(Notifier *n, void *opaque)
{
    Object *host = object_resolve_path_type("", TYPE_GPEX_HOST, NULL);

    map_bridges(PCI_HOST_BRIDGE(host)->bus);
    cxl_fmws_link_targets(&cxl, &error_fatal);
}

static void init(MachineState *ms)
{
    static Notifier done = { .notify = machine_done };
    hwaddr base = WINDOW_BASE;

    virt_init(ms);
    memory_region_init(&cxl.host_mr, OBJECT(ms), "cxl_host_reg", HOST_SIZE);
    memory_region_add_subregion(get_system_memory(), HOST_BASE, &cxl.host_mr);
    for (GList *it = cxl.fixed_windows; it; it = it->next) {
        CXLFixedWindow *fw = it->data;

        fw->base = base;
        memory_region_init_io(&fw->mr, OBJECT(ms), &cfmws_ops, fw,
                              "cxl-fixed-memory-region", fw->size);
        memory_region_add_subregion(get_system_memory(), base, &fw->mr);
        base += fw->size;
    }
    qemu_add_machine_init_done_notifier(&done);
}

static void instance_init(Object *obj)
{
    cxl_machine_init(obj, &cxl);
}

static void class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "Arm virt with CXL host bridges";
    mc->alias = NULL;
    mc->is_default = false;
    /*
     * QEMU makes an external abort of an access that a region refuses by its
     * size. PCI has no such error: vfio-pci-core reads any register by bytes.
     */
    mc->ignore_memory_transaction_failures = true;
    virt_init = mc->init;
    mc->init = init;
}

static void register_types(void)
{
    static const TypeInfo info = {
        .name = MACHINE_TYPE_NAME("virt-cxl"),
        .parent = MACHINE_TYPE_NAME("virt-10.0"),
        .instance_init = instance_init,
        .class_init = class_init,
    };

    if (ct2_emulates_arm()) {
        type_register_static(&info);
    }
}

type_init(register_types)
