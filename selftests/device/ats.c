/*
 * cxl-type2: Address Translation Services
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The device translates nothing by itself, but it gets the invalidations that
 * the IOMMU sends to its TLB, if the IOMMU knows of such. A function in reset
 * does not answer one, and the IOMMU of a real host waits for that answer for
 * ever: software must not send any.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "ats.h"
#include "function.h"

static void invalidated(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    CXLType2Dev *d = container_of(n, CXLType2Dev, ats_notifier);

    d->ats_invalidations++;
    if (ct2_function_absence(d) || !ct2_function_in_d0(d) || d->cxl_resetting) {
        d->ats_unanswered++;
    }
}

static void region_add(MemoryListener *listener, MemoryRegionSection *section)
{
    CXLType2Dev *d = container_of(listener, CXLType2Dev, ats_listener);
    Error *err = NULL;

    if (!memory_region_is_iommu(section->mr) || d->ats_notifier.notify) {
        return;
    }
    iommu_notifier_init(&d->ats_notifier, invalidated,
                        IOMMU_NOTIFIER_DEVIOTLB_UNMAP, 0, HWADDR_MAX, 0);
    if (memory_region_register_iommu_notifier(section->mr, &d->ats_notifier,
                                              &err)) {
        /* an IOMMU without device TLBs, which invalidates none */
        d->ats_notifier.notify = NULL;
        error_free(err);
    } else {
        d->ats_iommu = section->mr;
    }
}

static void region_del(MemoryListener *listener, MemoryRegionSection *section)
{
    CXLType2Dev *d = container_of(listener, CXLType2Dev, ats_listener);

    if (d->ats_notifier.notify && section->mr == d->ats_iommu) {
        memory_region_unregister_iommu_notifier(section->mr, &d->ats_notifier);
        d->ats_notifier.notify = NULL;
    }
}

void ct2_ats_init(CXLType2Dev *d, uint16_t offset)
{
    PCIDevice *p = PCI_DEVICE(d);

    pcie_ats_init(p, offset, true);
    d->ats_listener = (MemoryListener) {
        .name = "cxl-type2-ats",
        .region_add = region_add,
        .region_del = region_del,
    };
    memory_listener_register(&d->ats_listener,
                             pci_device_iommu_address_space(p));
}

void ct2_ats_exit(CXLType2Dev *d)
{
    if (d->ats_cap) {
        memory_listener_unregister(&d->ats_listener);
    }
}
