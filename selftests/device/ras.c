/*
 * cxl-type2: CXL RAS Capability, r4.0 8.2.4.17, and errors made on purpose
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every register here is sticky: only a power-good reset clears it.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qapi/error.h"
#include "hw/pci/pcie_aer.h"
#include "ras.h"

#define UNC_BITS    0x1cfffu    /* bits 12, 13 and 17 to 31 are reserved */
#define COR_BITS    0x7fu
#define HEADER_DW   16

void ct2_ras_power_on(CXLType2Dev *d)
{
    d->cm[R_CXL_RAS_UNC_ERR_MASK] = UNC_BITS;
    d->cm[R_CXL_RAS_UNC_ERR_SEVERITY] = UNC_BITS;
    d->cm[R_CXL_RAS_COR_ERR_MASK] = COR_BITS;
    ARRAY_FIELD_DP32(d->cm, CXL_RAS_ERR_CAP_CTRL,
                     MULTIPLE_HEADER_RECORDING_CAP, 1);
    d->ras_logged = 0;
}

/* The header log and the first error pointer show the oldest logged error */
static void show_first_error(CXLType2Dev *d)
{
    uint8_t bit = d->ras_logged ? d->ras_log[0] : 0;

    ARRAY_FIELD_DP32(d->cm, CXL_RAS_ERR_CAP_CTRL, FIRST_ERROR_POINTER, bit);
    for (int i = 0; i < HEADER_DW; i++) {
        d->cm[R_CXL_RAS_ERR_HEADER0 + i] =
            d->ras_logged ? 0xce000000u | bit << 8 | i : 0;
    }
}

static void forget_cleared_errors(CXLType2Dev *d)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < d->ras_logged; i++) {
        if (d->cm[R_CXL_RAS_UNC_ERR_STATUS] & BIT(d->ras_log[i])) {
            d->ras_log[kept++] = d->ras_log[i];
        }
    }
    d->ras_logged = kept;
    show_first_error(d);
}

/* @off is relative to the CXL.cachemem region */
void ct2_ras_write(CXLType2Dev *d, hwaddr off, uint32_t val)
{
    uint32_t *reg = &d->cm[off / 4];

    switch (off) {
    case A_CXL_RAS_UNC_ERR_STATUS:
        *reg &= ~val;
        forget_cleared_errors(d);
        break;
    case A_CXL_RAS_COR_ERR_STATUS:
        *reg &= ~val;
        break;
    case A_CXL_RAS_UNC_ERR_MASK:
    case A_CXL_RAS_UNC_ERR_SEVERITY:
        *reg = val & UNC_BITS;
        break;
    case A_CXL_RAS_COR_ERR_MASK:
        *reg = val & COR_BITS;
        break;
    }
}

/* AER takes one status bit at a time */
static bool raise_aer(CXLType2Dev *d, uint64_t bits, bool correctable,
                      Error **errp)
{
    PCIDevice *p = PCI_DEVICE(d);

    if (d->gone) {
        error_setg(errp, "the device is gone");
        return false;
    }
    if (!bits || bits > UINT32_MAX) {
        error_setg(errp, "0x%" PRIx64 " is no set of AER status bits", bits);
        return false;
    }
    while (bits) {
        PCIEAERErr err = {
            .status = bits & -bits,
            .source_id = pci_requester_id(p),
            .flags = correctable ? PCIE_AER_ERR_IS_CORRECTABLE : 0,
        };

        if (pcie_aer_inject_error(p, &err)) {
            error_setg(errp, "AER status bit 0x%x is not supported",
                       err.status);
            return false;
        }
        bits &= bits - 1;
    }
    return true;
}

static uint64_t aer_status(CXLType2Dev *d, unsigned reg)
{
    PCIDevice *p = PCI_DEVICE(d);

    return pci_get_long(p->config + p->exp.aer_cap + reg);
}

uint64_t ct2_aer_correctable_status(CXLType2Dev *d)
{
    return aer_status(d, PCI_ERR_COR_STATUS);
}

uint64_t ct2_aer_uncorrectable_status(CXLType2Dev *d)
{
    return aer_status(d, PCI_ERR_UNCOR_STATUS);
}

bool ct2_aer_correctable(CXLType2Dev *d, uint64_t bits, Error **errp)
{
    return raise_aer(d, bits, true, errp);
}

bool ct2_aer_uncorrectable(CXLType2Dev *d, uint64_t bits, Error **errp)
{
    return raise_aer(d, bits, false, errp);
}

static bool check_bits(CXLType2Dev *d, uint64_t bits, uint32_t legal,
                       Error **errp)
{
    if (d->no_ras) {
        error_setg(errp, "the device has no RAS capability");
        return false;
    }
    if (d->gone) {
        error_setg(errp, "the device is gone");
        return false;
    }
    if (!bits || bits & ~legal) {
        error_setg(errp, "RAS status 0x%" PRIx64 " is not a subset of 0x%x",
                   bits, legal);
        return false;
    }
    return true;
}

uint64_t ct2_ras_correctable_status(CXLType2Dev *d)
{
    return d->cm[R_CXL_RAS_COR_ERR_STATUS];
}

uint64_t ct2_ras_uncorrectable_status(CXLType2Dev *d)
{
    return d->cm[R_CXL_RAS_UNC_ERR_STATUS];
}

/* CXL protocol errors are signalled as AER internal errors, 12.2.1 */
bool ct2_ras_correctable(CXLType2Dev *d, uint64_t bits, Error **errp)
{
    if (!check_bits(d, bits, COR_BITS, errp)) {
        return false;
    }
    d->cm[R_CXL_RAS_COR_ERR_STATUS] |= bits;
    if (!(bits & ~d->cm[R_CXL_RAS_COR_ERR_MASK])) {
        return true;
    }
    return raise_aer(d, PCI_ERR_COR_INTERNAL, true, errp);
}

bool ct2_ras_uncorrectable(CXLType2Dev *d, uint64_t bits, Error **errp)
{
    uint32_t fresh;

    if (!check_bits(d, bits, UNC_BITS, errp)) {
        return false;
    }
    fresh = bits & ~d->cm[R_CXL_RAS_UNC_ERR_STATUS] &
            ~d->cm[R_CXL_RAS_UNC_ERR_MASK];
    d->cm[R_CXL_RAS_UNC_ERR_STATUS] |= bits;
    while (fresh) {
        d->ras_log[d->ras_logged++] = ctz32(fresh);
        fresh &= fresh - 1;
    }
    show_first_error(d);
    if (!(bits & ~d->cm[R_CXL_RAS_UNC_ERR_MASK])) {
        return true;
    }
    return raise_aer(d, PCI_ERR_UNC_INTN, false, errp);
}
