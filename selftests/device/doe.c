/*
 * cxl-type2: the mailbox for data objects, through which software reads the CDAT
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PCIe r6.0 6.30, CXL r4.0 8.1.11. The mailbox is QEMU's own; the table says what
 * an accelerator says of itself: how much memory it has, and how fast that is.
 */
#include "qemu/osdep.h"
#include "hw/cxl/cxl_cdat.h"
#include "doe.h"
#include "media.h"

/* What a DSLBIS is about: HMAT's numbers; the units are ps and MB/s there */
#define ACCESS_LATENCY      0
#define ACCESS_BANDWIDTH    3
#define LATENCY_NS          150
#define BANDWIDTH_GBPS      64

typedef struct CT2Cdat {
    CDATTableHeader header;
    CDATDsmas memory;
    CDATDslbis latency, bandwidth;
} CT2Cdat;

typedef struct CT2CdatAnswer {
    CDATRsp rsp;
    uint8_t entry[24];
} QEMU_PACKED CT2CdatAnswer;

/* An entry has a handle, its number; the header is number 0 */
static const struct {
    size_t at, len;
} entries[] = {
#define ENTRY(field) \
    { offsetof(CT2Cdat, field), sizeof_field(CT2Cdat, field) }
    ENTRY(header), ENTRY(memory), ENTRY(latency), ENTRY(bandwidth),
};

static CDATDslbis speed(uint8_t type, uint16_t thousands)
{
    return (CDATDslbis) {
        .header = { .type = CDAT_TYPE_DSLBIS,
                    .length = cpu_to_le16(sizeof(CDATDslbis)) },
        .data_type = type,
        .entry_base_unit = cpu_to_le64(1000),
        .entry = { cpu_to_le16(thousands) },
    };
}

static CT2Cdat describe(CXLType2Dev *d)
{
    CT2Cdat cdat = {
        .header = { .length = cpu_to_le32(sizeof(cdat)),
                    .revision = CXL_CDAT_REV },
        .memory = {
            .header = { .type = CDAT_TYPE_DSMAS,
                        .length = cpu_to_le16(sizeof(CDATDsmas)) },
            .DPA_length = cpu_to_le64(ct2_media_size(d)),
        },
        .latency = speed(ACCESS_LATENCY, LATENCY_NS),
        .bandwidth = speed(ACCESS_BANDWIDTH, BANDWIDTH_GBPS),
    };
    const uint8_t *bytes = (const uint8_t *)&cdat;
    uint8_t sum = 0;

    for (size_t i = 0; i < sizeof(cdat); i++) {
        sum += bytes[i];
    }
    cdat.header.checksum = -sum;
    return cdat;
}

/* Read Entry, 8.1.11.1; what is malformed gets no answer */
static bool read_entry(DOECap *doe)
{
    const CDATReq *req = pcie_doe_get_write_mbox_ptr(doe);
    CT2Cdat cdat = describe(CXL_TYPE2(doe->pdev));
    uint16_t n = le16_to_cpu(req->entry_handle);
    CT2CdatAnswer answer = {
        .rsp = {
            .header = { .vendor_id = CXL_VENDOR_ID,
                        .data_obj_type = CXL_DOE_TABLE_ACCESS },
            .rsp_code = CXL_DOE_TAB_RSP,
            .table_type = CXL_DOE_TAB_TYPE_CDAT,
        },
    };

    if (pcie_doe_get_obj_len((void *)req) < sizeof(*req) / 4 ||
        req->req_code != CXL_DOE_TAB_REQ ||
        req->table_type != CXL_DOE_TAB_TYPE_CDAT || n >= ARRAY_SIZE(entries)) {
        return false;
    }
    answer.rsp.entry_handle = cpu_to_le16(n + 1 < ARRAY_SIZE(entries) ?
                                          n + 1 : CXL_DOE_TAB_ENT_MAX);
    answer.rsp.header.length = (sizeof(answer.rsp) + entries[n].len) / 4;
    memcpy(answer.entry, (const uint8_t *)&cdat + entries[n].at,
           entries[n].len);
    pcie_doe_set_rsp(doe, &answer);
    return true;
}

static DOEProtocol protocols[] = {
    { CXL_VENDOR_ID, CXL_DOE_TABLE_ACCESS, read_entry },
    { }
};

void ct2_doe_init(CXLType2Dev *d, uint16_t offset)
{
    d->doe = g_new0(DOECap, 1);
    pcie_doe_init(PCI_DEVICE(d), d->doe, offset, protocols, false, 0);
}

void ct2_doe_exit(CXLType2Dev *d)
{
    if (d->doe) {
        pcie_doe_fini(d->doe);
        d->doe = NULL;
    }
}

void ct2_doe_reset(CXLType2Dev *d)
{
    uint32_t control;

    if (d->doe) {
        control = d->doe->offset + PCI_EXP_DOE_CTRL;
        pcie_doe_write_config(d->doe, control,
                              R_PCI_DOE_CAP_CONTROL_DOE_ABORT_MASK, 4);
        pcie_doe_write_config(d->doe, control, 0, 4);
    }
}

bool ct2_doe_read(CXLType2Dev *d, uint32_t addr, int len, uint32_t *val)
{
    return d->doe && pcie_doe_read_config(d->doe, addr, len, val);
}

void ct2_doe_write(CXLType2Dev *d, uint32_t addr, uint32_t val, int len)
{
    if (d->doe) {
        pcie_doe_write_config(d->doe, addr, val, len);
    }
}
