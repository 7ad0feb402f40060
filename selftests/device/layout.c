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

static uint64_t gone_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void gone_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static const MemoryRegionOps gone_ops = {
    .read = gone_read,
    .write = gone_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void add_bar(CXLType2Dev *d, uint8_t bar, uint64_t size)
{
    MemoryRegion *mr = &d->bar[bar / 2], *gone = &d->bar_gone[bar / 2];
    g_autofree char *name = g_strdup_printf("cxl-type2-bar%u", bar);

    memory_region_init(mr, OBJECT(d), name, size);
    memory_region_init_io(gone, OBJECT(d), &gone_ops, d, "cxl-type2-gone",
                          size);
    memory_region_add_subregion_overlap(mr, 0, gone, 10);
    memory_region_set_enabled(gone, false);
    pci_register_bar(PCI_DEVICE(d), bar,
                     PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, mr);
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
    regs_bar = &d->bar[d->regs_bar_used / 2];
    add_bar(d, d->comp_bar, d->bar_size);
    if (d->regs_bar_used != d->comp_bar) {
        add_bar(d, d->regs_bar_used, pow2ceil((uint64_t)off + CT2_REGS_SIZE));
    }
    memory_region_add_subregion(&d->bar[d->comp_bar / 2], d->comp_offset,
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
    MemoryRegion *regs_bar = &d->bar[d->regs_bar_used / 2];

    msix_uninit(PCI_DEVICE(d), regs_bar, regs_bar);
}

void ct2_layout_gone(CXLType2Dev *d)
{
    for (int i = 0; i < CT2_BARS; i++) {
        if (memory_region_size(&d->bar[i])) {
            memory_region_set_enabled(&d->bar_gone[i], d->gone);
        }
    }
}
