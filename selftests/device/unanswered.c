/*
 * cxl-type2: accesses to BARs that the function does not answer
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * They read all ones, and writes are dropped. Many a host does not survive
 * them, Arm's most of all: with abort=on they end the VM. To see them although
 * the PCI core has unmapped the BAR, a region of lower priority stays where the
 * BAR was mapped last.
 */
#include "qemu/osdep.h"
#include "fatal.h"
#include "function.h"
#include "unanswered.h"
#include "regs.h"

enum { PRIO_VACANT = 0, PRIO_GONE = 10 };

/*
 * vfio-pci-core and the PCI core access the MSI-X table by themselves, with
 * whatever the function's user has made of it.
 */
static bool is_msix(CT2Bar *bar, hwaddr off)
{
    CXLType2Dev *d = bar->dev;
    hwaddr table = d->regs_offset_used + CT2_REGS_MSIX_TABLE;

    return bar->number == d->regs_bar_used && off >= table &&
           off < d->regs_offset_used + CT2_REGS_SIZE;
}

/* Why nothing answers; NULL if the function does, with nothing at this place */
static const char *silence(CT2Bar *bar)
{
    const char *why = ct2_function_silence(bar->dev);
    PCIIORegion *r = &PCI_DEVICE(bar->dev)->io_regions[bar->number];

    if (!why && r->addr != bar->vacant.addr) {
        why = "the BAR is elsewhere";
    }
    return why;
}

static void unanswered(CT2Bar *bar, hwaddr off, unsigned size, const char *what)
{
    CXLType2Dev *d = bar->dev;
    const char *why = silence(bar);

    if (d->abort && why && !is_msix(bar, off)) {
        ct2_fatal(d, CT2_ABORT_EXIT, "%s of %u bytes at 0x%" PRIx64
                  " of BAR %u while %s", what, size, off, bar->number, why);
    }
}

static uint64_t unanswered_read(void *opaque, hwaddr off, unsigned size)
{
    unanswered(opaque, off, size, "read");
    return UINT64_MAX;
}

static void unanswered_write(void *opaque, hwaddr off, uint64_t val,
                             unsigned size)
{
    unanswered(opaque, off, size, "write");
}

static const MemoryRegionOps unanswered_ops = {
    .read = unanswered_read,
    .write = unanswered_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void ct2_unanswered_init(CXLType2Dev *d, uint8_t number, uint64_t size)
{
    CT2Bar *bar = &d->bar[number / 2];
    g_autofree char *name = g_strdup_printf("cxl-type2-bar%u", number);

    bar->dev = d;
    bar->number = number;
    memory_region_init(&bar->mr, OBJECT(d), name, size);
    memory_region_init_io(&bar->gone, OBJECT(d), &unanswered_ops, bar,
                          "cxl-type2-gone", size);
    memory_region_init_io(&bar->vacant, OBJECT(d), &unanswered_ops, bar,
                          "cxl-type2-vacant", size);
    memory_region_add_subregion_overlap(&bar->mr, 0, &bar->gone, PRIO_GONE);
    memory_region_set_enabled(&bar->gone, false);
}

static void leave(CT2Bar *bar)
{
    if (bar->vacant_in) {
        memory_region_del_subregion(bar->vacant_in, &bar->vacant);
        bar->vacant_in = NULL;
    }
}

static void follow(CT2Bar *bar)
{
    PCIIORegion *r = &PCI_DEVICE(bar->dev)->io_regions[bar->number];

    if (r->addr != PCI_BAR_UNMAPPED &&
        (!bar->vacant_in || r->addr != bar->vacant.addr)) {
        leave(bar);
        memory_region_add_subregion_overlap(r->address_space, r->addr,
                                            &bar->vacant, PRIO_VACANT);
        bar->vacant_in = r->address_space;
    }
}

void ct2_unanswered_update(CXLType2Dev *d)
{
    for (int i = 0; i < CT2_BARS; i++) {
        if (d->bar[i].dev) {
            memory_region_set_enabled(&d->bar[i].gone, d->gone);
            if (d->abort) {
                follow(&d->bar[i]);
            }
        }
    }
}

void ct2_unanswered_exit(CXLType2Dev *d)
{
    for (int i = 0; i < CT2_BARS; i++) {
        leave(&d->bar[i]);
    }
}
