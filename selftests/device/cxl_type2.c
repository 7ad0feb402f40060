/*
 * cxl-type2: the PCI function and its fixed properties
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A CXL Type-2 accelerator whose memory the CPUs reach through HDM decoders.
 * It needs no change to QEMU: built in-tree it is one more device, built as a
 * shared object it is preloaded into a distribution's QEMU.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/core/cpu.h"
#include "hw/pci/pcie_aer.h"
#include "hw/qdev-properties.h"
#include "ats.h"
#include "cache.h"
#include "component.h"
#include "config.h"
#include "cpu_cache.h"
#include "doe.h"
#include "dvsec.h"
#include "layout.h"
#include "media.h"
#include "poison.h"
#include "port.h"
#include "props.h"
#include "regs.h"
#include "reset.h"
#include "window.h"

/* config space: DVSECs follow the serial number, up to here */
#define PCIE_CAP_OFFSET 0x80
#define AER_OFFSET      0x200
#define ATS_OFFSET      0x260
#define PASID_OFFSET    0x270
#define DOE_OFFSET      0x280

/* Where a dword is put in place of what belongs there */
static bool valid_poke(uint32_t at, uint32_t size)
{
    return at == UINT32_MAX || (at < size && at % 4 == 0);
}

/*
 * CPUState is the one structure used here that depends on how QEMU was
 * configured (plugins), and the number by which QEMU finds a CPU lies behind
 * the field in question.
 */
static bool check_cpu_layout(Error **errp)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (qemu_get_cpu(cs->cpu_index) != cs) {
            error_setg(errp, "the device was compiled for a QEMU that is "
                       "configured in another way: CPUState differs");
            return false;
        }
    }
    return true;
}

static bool check_properties(CXLType2Dev *d, Error **errp)
{
    MemoryRegion *mr;

    if (!d->memdev) {
        error_setg(errp, "memdev property must be set");
        return false;
    }
    if (host_memory_backend_is_mapped(d->memdev)) {
        error_setg(errp, "memdev is in use by another device");
        return false;
    }
    mr = host_memory_backend_get_memory(d->memdev);
    if (memory_region_size(mr) % CT2_GRANULE ||
        d->hdm_size % CT2_GRANULE) {
        error_setg(errp, "memdev size and hdm-size must be multiples of 256M");
        return false;
    }
    if (!d->hpa_align || d->hpa_align % CT2_GRANULE) {
        error_setg(errp, "hpa-align must be a multiple of 256M");
        return false;
    }
    if (cxl_decoder_count_dec(cxl_decoder_count_enc(d->hdm_count)) !=
        d->hdm_count || d->hdm_count > HDM_DECODE_MAX) {
        error_setg(errp, "hdm-count must be 1, 2, 4, 6, 8 or 10");
        return false;
    }
    if (d->dvsec_rev < 1 || d->dvsec_rev > 3) {
        error_setg(errp, "dvsec-rev must be 1, 2 or 3");
        return false;
    }
    if (d->reset_timeout > 4) {
        error_setg(errp, "cxl-reset-timeout must be at most 4 (100 s)");
        return false;
    }
    if (d->active_timeout > 7) {
        error_setg(errp, "mem-active-timeout must be at most 7");
        return false;
    }
    if (!valid_poke(d->cm_at, CXL2_COMPONENT_CM_REGION_SIZE) ||
        !valid_poke(d->config_at, PCIE_CONFIG_SPACE_SIZE)) {
        error_setg(errp, "x-cm-at and x-config-at must be multiples of 4 below "
                   "4096");
        return false;
    }
    if (d->bad_regloc > 5) {
        error_setg(errp, "x-bad-regloc must be at most 5");
        return false;
    }
    return true;
}

static bool add_power_management(CXLType2Dev *d, Error **errp)
{
    PCIDevice *p = PCI_DEVICE(d);

    if (pci_pm_init(p, 0, errp) < 0) {
        return false;
    }
    pci_set_word(p->config + p->pm_cap + PCI_PM_PMC, 3);
    pci_set_word(p->config + p->pm_cap + PCI_PM_CTRL,
                 d->no_soft_reset ? PCI_PM_CTRL_NO_SOFT_RESET : 0);
    pci_set_word(p->wmask + p->pm_cap + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

/* It has registers only: the device does no DMA with a PASID. */
static void add_pasid(PCIDevice *p)
{
    uint8_t *control = p->wmask + PASID_OFFSET + PCI_PASID_CTRL;

    pcie_add_capability(p, PCI_EXT_CAP_ID_PASID, 1, PASID_OFFSET,
                        PCI_EXT_CAP_PASID_SIZEOF);
    pci_set_word(p->config + PASID_OFFSET + PCI_PASID_CAP,
                 PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV | 20 << 8);
    pci_set_word(control, PCI_PASID_CTRL_ENABLE | PCI_PASID_CTRL_EXEC |
                          PCI_PASID_CTRL_PRIV);
}

static void ct2_realize(PCIDevice *p, Error **errp)
{
    CXLType2Dev *d = CXL_TYPE2(p);

    if (!check_cpu_layout(errp) || !check_properties(d, errp)) {
        return;
    }
    pci_set_word(p->config + PCI_VENDOR_ID, d->vendor_id);
    pci_set_word(p->config + PCI_DEVICE_ID, d->device_id);
    pci_set_byte(p->config + PCI_CLASS_PROG, d->class_code);
    pci_set_word(p->config + PCI_CLASS_DEVICE, d->class_code >> 8);

    ct2_component_init(d);
    ct2_regs_init(d);
    if (!ct2_layout_init(d, errp)) {
        ct2_component_exit(d);
        return;
    }
    if (pcie_endpoint_cap_init(p, PCIE_CAP_OFFSET) < 0) {
        error_setg(errp, "no room for the PCI Express capability");
        goto fail;
    }
    if (d->pm_cap && !add_power_management(d, errp)) {
        goto fail;
    }
    if (d->flr_cap) {
        pcie_cap_flr_init(p);
    }
    pcie_cap_deverr_init(p);
    pcie_dev_ser_num_init(p, PCI_CONFIG_SPACE_SIZE, d->sn);
    ct2_media_init(d);
    if (!ct2_cpu_cache_init(d, errp)) {
        ct2_media_exit(d);
        goto fail;
    }
    ct2_dvsec_init(d);
    ct2_cache_init(d);
    if (pcie_aer_init(p, PCI_ERR_VER, AER_OFFSET, PCI_ERR_SIZEOF, errp)) {
        ct2_cache_exit(d);
        ct2_cpu_cache_exit(d);
        ct2_media_exit(d);
        goto fail;
    }
    if (d->ats_cap) {
        ct2_ats_init(d, ATS_OFFSET);
    }
    if (d->pasid_cap) {
        add_pasid(p);
    }
    if (d->doe_cap) {
        ct2_doe_init(d, DOE_OFFSET);
    }
    if (d->config_at != UINT32_MAX) {
        pci_set_long(p->config + d->config_at, d->config_value);
    }
    ct2_reset_init(d);
    ct2_port_init(d);
    ct2_window_init(d);
    return;

fail:
    ct2_layout_exit(d);
    ct2_component_exit(d);
}

static void ct2_exit(PCIDevice *p)
{
    CXLType2Dev *d = CXL_TYPE2(p);

    ct2_window_exit(d);
    ct2_port_exit(d);
    ct2_reset_exit(d);
    ct2_doe_exit(d);
    ct2_ats_exit(d);
    ct2_cache_exit(d);
    pcie_aer_exit(p);
    ct2_layout_exit(d);
    ct2_component_exit(d);
    ct2_poison_remove_all(d);
    ct2_cpu_cache_exit(d);
    ct2_media_exit(d);
}

static void ct2_instance_init(Object *obj)
{
    ct2_props_instance_init(CXL_TYPE2(obj));
}

static void ct2_instance_finalize(Object *obj)
{
    ct2_poison_finalize(CXL_TYPE2(obj));
}

static const Property ct2_properties[] = {
    DEFINE_PROP_LINK("memdev", CXLType2Dev, memdev, TYPE_MEMORY_BACKEND,
                     HostMemoryBackend *),
    DEFINE_PROP_UINT64("sn", CXLType2Dev, sn, 0x7e572),
    DEFINE_PROP_UINT16("x-vendor-id", CXLType2Dev, vendor_id, 0x1b36),
    DEFINE_PROP_UINT16("x-device-id", CXLType2Dev, device_id, 0x00c2),
    DEFINE_PROP_UINT32("x-class", CXLType2Dev, class_code, 0x120000),
    DEFINE_PROP_UINT8("comp-bar", CXLType2Dev, comp_bar, 2),
    DEFINE_PROP_UINT32("comp-offset", CXLType2Dev, comp_offset, 0x40000),
    DEFINE_PROP_SIZE("bar-size", CXLType2Dev, bar_size, MiB),
    DEFINE_PROP_UINT8("regs-bar", CXLType2Dev, regs_bar, UINT8_MAX),
    DEFINE_PROP_UINT32("regs-offset", CXLType2Dev, regs_offset, UINT32_MAX),
    DEFINE_PROP_UINT8("hdm-count", CXLType2Dev, hdm_count, 1),
    DEFINE_PROP_SIZE("hdm-size", CXLType2Dev, hdm_size, 0),
    DEFINE_PROP_SIZE("hpa-offset", CXLType2Dev, hpa_offset, 0),
    DEFINE_PROP_SIZE("hpa-align", CXLType2Dev, hpa_align, CT2_GRANULE),
    DEFINE_PROP_BOOL("firmware-commit", CXLType2Dev, firmware_commit, true),
    DEFINE_PROP_BOOL("hb-commit", CXLType2Dev, hb_commit, true),
    DEFINE_PROP_BOOL("mem-enable", CXLType2Dev, mem_enable, true),
    DEFINE_PROP_BOOL("lock", CXLType2Dev, lock, false),
    DEFINE_PROP_BOOL("config-lock", CXLType2Dev, config_lock, false),
    DEFINE_PROP_BOOL("hostonly", CXLType2Dev, hostonly, false),
    DEFINE_PROP_BOOL("bi-capable", CXLType2Dev, bi_capable, false),
    DEFINE_PROP_BOOL("poison-on-err", CXLType2Dev, poison_on_err, false),
    DEFINE_PROP_BOOL("cache-capable", CXLType2Dev, cache_capable, true),
    DEFINE_PROP_BOOL("flr", CXLType2Dev, flr_cap, true),
    DEFINE_PROP_BOOL("cpu-cache", CXLType2Dev, cpu_cache, false),
    DEFINE_PROP_BOOL("ats", CXLType2Dev, ats_cap, false),
    DEFINE_PROP_BOOL("pasid", CXLType2Dev, pasid_cap, false),
    DEFINE_PROP_BOOL("doe", CXLType2Dev, doe_cap, false),
    DEFINE_PROP_BOOL("pm", CXLType2Dev, pm_cap, true),
    DEFINE_PROP_BOOL("no-soft-reset", CXLType2Dev, no_soft_reset, true),
    DEFINE_PROP_BOOL("cxl-reset", CXLType2Dev, cxl_reset_cap, true),
    DEFINE_PROP_BOOL("cxl-reset-mem-clr", CXLType2Dev, reset_mem_clr_cap, true),
    DEFINE_PROP_UINT8("cxl-reset-timeout", CXLType2Dev, reset_timeout, 1),
    DEFINE_PROP_UINT8("mem-active-timeout", CXLType2Dev, active_timeout, 0),
    DEFINE_PROP_UINT8("dvsec-rev", CXLType2Dev, dvsec_rev, 3),
    DEFINE_PROP_UINT16("x-dvsec-cap-set", CXLType2Dev, dvsec_cap_set, 0),
    DEFINE_PROP_UINT16("x-dvsec-cap-clear", CXLType2Dev, dvsec_cap_clear, 0),
    DEFINE_PROP_UINT16("x-dvsec-cap2", CXLType2Dev, dvsec_cap2, 0),
    DEFINE_PROP_UINT16("x-dvsec-cap3", CXLType2Dev, dvsec_cap3, 0),
    DEFINE_PROP_UINT32("x-ctrl-set", CXLType2Dev, ctrl_set, 0),
    DEFINE_PROP_UINT32("x-ctrl-clear", CXLType2Dev, ctrl_clear, 0),
    DEFINE_PROP_UINT32("x-cm-at", CXLType2Dev, cm_at, UINT32_MAX),
    DEFINE_PROP_UINT32("x-cm-value", CXLType2Dev, cm_value, 0),
    DEFINE_PROP_UINT32("x-config-at", CXLType2Dev, config_at, UINT32_MAX),
    DEFINE_PROP_UINT32("x-config-value", CXLType2Dev, config_value, 0),
    DEFINE_PROP_UINT8("x-bad-regloc", CXLType2Dev, bad_regloc, 0),
    DEFINE_PROP_BOOL("x-no-hdm", CXLType2Dev, no_hdm, false),
    DEFINE_PROP_BOOL("x-no-ras", CXLType2Dev, no_ras, false),
    DEFINE_PROP_BOOL("x-no-dvsec", CXLType2Dev, no_dvsec, false),
};

static void ct2_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = ct2_realize;
    pc->exit = ct2_exit;
    pc->config_read = ct2_config_read;
    pc->config_write = ct2_config_write;
    pc->class_id = PCI_CLASS_OTHERS;
    pc->revision = 1;
    ct2_reset_class_init(RESETTABLE_CLASS(oc));
    dc->desc = "CXL Type-2 accelerator";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, ct2_properties);
    ct2_props_class_init(oc);
}

static const TypeInfo ct2_info = {
    .name = TYPE_CXL_TYPE2,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(CXLType2Dev),
    .instance_init = ct2_instance_init,
    .instance_finalize = ct2_instance_finalize,
    .class_init = ct2_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CXL_DEVICE },
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void ct2_register_types(void)
{
    type_register_static(&ct2_info);
}

type_init(ct2_register_types)
