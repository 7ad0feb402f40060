/*
 * cxl-type2: device registers
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a driver of the accelerator would use: a DMA engine between host memory
 * (through the IOMMU) and device memory, MSI-X triggers, and counters that let
 * a test see what happened to the device. README.md has the register table.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "hw/pci/msix.h"
#include "regs.h"
#include "cpu_cache.h"
#include "media.h"
#include "poison.h"

#define CT2_MAGIC 0x32545843            /* "CXT2" */

enum {
    REG_MAGIC           = 0x00,
    REG_SCRATCH         = 0x04,
    REG_MSIX_TRIGGER    = 0x08,
    REG_RESETS          = 0x0c,
    REG_FLRS            = 0x10,
    REG_DMA_IOVA_LO     = 0x14,
    REG_DMA_IOVA_HI     = 0x18,
    REG_DMA_DPA_LO      = 0x1c,
    REG_DMA_LENGTH      = 0x20,
    REG_DMA_START       = 0x24,
    REG_DMA_STATUS      = 0x28,
    REG_DMA_DPA_HI      = 0x2c,
    REG_STRAY_READS     = 0x30,
    REG_STRAY_WRITES    = 0x34,
    REG_STRAY_ADDR_LO   = 0x38,
    REG_STRAY_ADDR_HI   = 0x3c,
    REG_HOT_RESETS      = 0x40,
    REG_CXL_RESETS      = 0x44,
    REG_D3_EXITS        = 0x48,
    REG_ODD_ACCESSES    = 0x4c,
    REG_MSIX_SENT       = 0x50,
};

enum { DMA_TO_DEVICE = 1, DMA_TO_HOST = 2 };
enum { DMA_OK = 1, DMA_ERROR = 2, DMA_POISON = 3 };

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    CXLType2Dev *d = opaque;

    switch (addr) {
    case REG_MAGIC:
        return CT2_MAGIC;
    case REG_SCRATCH:
        return d->scratch;
    case REG_RESETS:
        return d->resets;
    case REG_FLRS:
        return d->reset_count[CT2_RESET_FLR];
    case REG_DMA_IOVA_LO:
        return extract64(d->dma_iova, 0, 32);
    case REG_DMA_IOVA_HI:
        return extract64(d->dma_iova, 32, 32);
    case REG_DMA_DPA_LO:
        return extract64(d->dma_dpa, 0, 32);
    case REG_DMA_DPA_HI:
        return extract64(d->dma_dpa, 32, 32);
    case REG_DMA_LENGTH:
        return d->dma_len;
    case REG_DMA_STATUS:
        return d->dma_status;
    case REG_STRAY_READS:
        return d->stray_reads;
    case REG_STRAY_WRITES:
        return d->stray_writes;
    case REG_STRAY_ADDR_LO:
        return extract64(d->stray_addr, 0, 32);
    case REG_STRAY_ADDR_HI:
        return extract64(d->stray_addr, 32, 32);
    case REG_HOT_RESETS:
        return d->reset_count[CT2_RESET_HOT];
    case REG_CXL_RESETS:
        return d->reset_count[CT2_RESET_CXL];
    case REG_D3_EXITS:
        return d->reset_count[CT2_RESET_D3];
    case REG_ODD_ACCESSES:
        return d->odd_accesses;
    case REG_MSIX_SENT ... REG_MSIX_SENT + 4 * (CT2_MSIX_VECTORS - 1):
        return d->msix_sent[(addr - REG_MSIX_SENT) / 4];
    }
    return 0;
}

static uint32_t dma_run(CXLType2Dev *d, uint32_t direction)
{
    PCIDevice *p = PCI_DEVICE(d);
    uint64_t size = ct2_media_size(d);
    uint8_t *mem = ct2_media_ptr(d, d->dma_dpa);
    MemTxResult res = MEMTX_ERROR;

    if (d->dma_dpa > size || d->dma_len > size - d->dma_dpa) {
        return DMA_ERROR;
    }
    switch (direction) {
    case DMA_TO_DEVICE:
        ct2_cpu_cache_snoop(d, d->dma_dpa, d->dma_len);
        res = pci_dma_read(p, d->dma_iova, mem, d->dma_len);
        ct2_media_written(d, d->dma_dpa, d->dma_len);
        ct2_cpu_cache_snoop(d, d->dma_dpa, d->dma_len);
        break;
    case DMA_TO_HOST:
        if (ct2_poisoned(d, d->dma_dpa, d->dma_len)) {
            return DMA_POISON;
        }
        ct2_cpu_cache_snoop(d, d->dma_dpa, d->dma_len);
        res = pci_dma_write(p, d->dma_iova, mem, d->dma_len);
        break;
    }
    return res == MEMTX_OK ? DMA_OK : DMA_ERROR;
}

static void regs_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    CXLType2Dev *d = opaque;

    switch (addr) {
    case REG_SCRATCH:
        d->scratch = val;
        break;
    case REG_MSIX_TRIGGER:
        if (val < CT2_MSIX_VECTORS) {
            d->msix_sent[val]++;
            msix_notify(PCI_DEVICE(d), val);
        }
        break;
    case REG_DMA_IOVA_LO:
        d->dma_iova = deposit64(d->dma_iova, 0, 32, val);
        break;
    case REG_DMA_IOVA_HI:
        d->dma_iova = deposit64(d->dma_iova, 32, 32, val);
        break;
    case REG_DMA_DPA_LO:
        d->dma_dpa = deposit64(d->dma_dpa, 0, 32, val);
        break;
    case REG_DMA_DPA_HI:
        d->dma_dpa = deposit64(d->dma_dpa, 32, 32, val);
        break;
    case REG_DMA_LENGTH:
        d->dma_len = val;
        break;
    case REG_DMA_START:
        d->dma_status = dma_run(d, val);
        break;
    }
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

void ct2_regs_init(CXLType2Dev *d)
{
    memory_region_init_io(&d->regs, OBJECT(d), &regs_ops, d, "cxl-type2-regs",
                          0x1000);
}

/* Counters outlive every reset: tests compare them across one */
void ct2_regs_reset(CXLType2Dev *d)
{
    d->scratch = 0;
    d->dma_status = 0;
}
