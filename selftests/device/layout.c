/*
 * cxl-type2: what is in which BAR
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The component register block may be anywhere in BAR 0, 2 or 4. The device
 * registers, MSI-X table and PBA make way for it, or are put inside the
 * implementation-specific part of the block on request.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/pci/msix.h"
#include "layout.h"
#include "regs.h"
#include "unanswered.h"

#define AUTO_BAR    UINT8_MAX
#define AUTO_OFFSET UINT32_MAX

/* offsets in the component block that are the implementation's own */
#define IMPL_START  0x2000
#define IMPL_END    0xe000

static bool valid_bar(uint8_t bar)
{
    return bar == 0 || bar == 2 || bar == 4;
}

static uint64_t comp_end(CXLType2Dev *d)
{
    return (uint64_t)d->comp_offset + CXL2_COMPONENT_BLOCK_SIZE;
}

static void place_regs(CXLType2Dev *d)
{
    uint8_t bar = d->comp_bar;
    uint64_t off = 0;

    if (d->regs_bar == AUTO_BAR && d->regs_offset == AUTO_OFFSET &&
        d->comp_offset == 0) {
        off = comp_end(d);
        if (off + CT2_REGS_SIZE > d->bar_size) {
            off = 0;
            bar = (d->comp_bar + 2) % 6;
        }
    }
    d->regs_bar_used = d->regs_bar == AUTO_BAR ? bar : d->regs_bar;
    d->regs_offset_used = d->regs_offset == AUTO_OFFSET ? off : d->regs_offset;
}

static bool regs_clash(CXLType2Dev *d)
{
    uint64_t off = d->regs_offset_used, comp = d->comp_offset;

    if (d->regs_bar_used != d->comp_bar) {
        return false;
    }
    if (off + CT2_REGS_SIZE <= comp || off >= comp_end(d)) {
        return false;
    }
    return off < comp + IMPL_START || off + CT2_REGS_SIZE > comp + IMPL_END;
}

static bool check(CXLType2Dev *d, Error **errp)
{
    if (!valid_bar(d->comp_bar) ||
        (d->regs_bar != AUTO_BAR && !valid_bar(d->regs_bar))) {
        error_setg(errp, "comp-bar and regs-bar must be 0, 2 or 4");
        return false;
    }
    if (!is_power_of_2(d->bar_size) || d->bar_size > 4 * GiB) {
        error_setg(errp, "bar-size must be a power of 2, at most 4 GiB");
        return false;
    }
    if (d->comp_offset % CXL2_COMPONENT_BLOCK_SIZE ||
        comp_end(d) > d->bar_size) {
        error_setg(errp, "comp-offset must be a multiple of 64 KiB and leave "
                   "64 KiB of the BAR");
        return false;
    }
    place_regs(d);
    if (d->regs_offset_used % 0x1000 || regs_clash(d) ||
        (d->regs_bar_used == d->comp_bar &&
         d->regs_offset_used + CT2_REGS_SIZE > d->bar_size)) {
        error_setg(errp, "regs-offset 0x%x is not page aligned, clashes with "
                   "the component registers or ends behind the BAR",
                   d->regs_offset_used);
        return false;
    }
    return true;
}

static void add_bar(CXLType2Dev *d, uint8_t bar, uint64_t size)
{
    ct2_unanswered_init(d, bar, size);
    pci_register_bar(PCI_DEVICE(d), bar,
                     PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &d->bar[bar / 2].mr);
}

bool ct2_layout_init(CXLType2Dev *d, Error **errp)
{
    PCIDevice *p = PCI_DEVICE(d);
    MemoryRegion *regs_bar;
    uint32_t off;

    if (!check(d, errp)) {
        return false;
    }
    off = d->regs_offset_used;
    regs_bar = &d->bar[d->regs_bar_used / 2].mr;
    add_bar(d, d->comp_bar, d->bar_size);
    if (d->regs_bar_used != d->comp_bar) {
        add_bar(d, d->regs_bar_used, pow2ceil((uint64_t)off + CT2_REGS_SIZE));
    }
    memory_region_add_subregion(&d->bar[d->comp_bar / 2].mr, d->comp_offset,
                                &d->comp);
    /* of equal priority, the later region is on top */
    memory_region_add_subregion(regs_bar, off, &d->regs);
    if (msix_init(p, CT2_MSIX_VECTORS, regs_bar, d->regs_bar_used,
                  off + CT2_REGS_MSIX_TABLE, regs_bar, d->regs_bar_used,
                  off + CT2_REGS_MSIX_PBA, 0x60, errp)) {
        return false;
    }
    for (int i = 0; i < CT2_MSIX_VECTORS; i++) {
        msix_vector_use(p, i);
    }
    return true;
}

void ct2_layout_exit(CXLType2Dev *d)
{
    MemoryRegion *regs_bar = &d->bar[d->regs_bar_used / 2].mr;

    ct2_unanswered_exit(d);
    msix_uninit(PCI_DEVICE(d), regs_bar, regs_bar);
}
