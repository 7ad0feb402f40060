/*
 * cxl-type2: properties that may change at run time
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * qom-set /machine/peripheral/ID PROPERTY VALUE; most can be given to -device
 * as well. README.md says what each of them means.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "props.h"
#include "cache.h"
#include "cpu_cache.h"
#include "dvsec.h"
#include "poison.h"
#include "ras.h"
#include "unanswered.h"
#include "window.h"

typedef enum { KIND_BOOL, KIND_U32, KIND_COUNTER } Kind;

/* A field of the device; counters are read only */
typedef struct FieldProp {
    const char *name;
    size_t offset;
    Kind kind;
    bool on;                    /* default of a KIND_BOOL */
    uint32_t value;             /* default of a KIND_U32 */
    const char *help;
} FieldProp;

#define FLAG(n, field, def, h) \
    { n, offsetof(CXLType2Dev, field), KIND_BOOL, def, 0, h }
#define NUMBER(n, field, def, h) \
    { n, offsetof(CXLType2Dev, field), KIND_U32, false, def, h }
#define COUNTER(n, field, h) \
    { n, offsetof(CXLType2Dev, field), KIND_COUNTER, false, 0, h }

static const FieldProp field_props[] = {
    FLAG("mem-active", mem_active, true, "Memory_Active once delays are over"),
    FLAG("mem-valid", mem_valid, true, "Memory_Info_Valid, likewise"),
    FLAG("commit-err", commit_err, false, "every COMMIT ends in the error bit"),
    FLAG("cxl-reset-err", cxl_reset_err, false, "CXL reset ends in an error"),
    FLAG("cxl-reset-hang", cxl_reset_hang, false, "CXL reset never ends"),
    FLAG("cxl-reset-keeps-hdm", cxl_reset_keeps_hdm, false,
         "CXL reset keeps decoders and Control"),
    FLAG("cxl-reset-function", cxl_reset_function, false,
         "CXL reset resets the PCI function too"),
    FLAG("flr-clears-hdm", flr_clears_hdm, false, "FLR clears the decoders"),
    FLAG("flr-clears-mem-enable", flr_clears_mem_enable, false,
         "FLR clears Control and the range bases"),
    FLAG("flr-drops-active", flr_drops_active, false,
         "FLR starts the memory delays again"),
    FLAG("flr-moves-hdm", flr_moves_hdm, false,
         "FLR leaves decoder 0 committed and locked 256 MiB further up"),
    FLAG("hot-reset-keeps-hdm", hot_reset_keeps_hdm, false,
         "conventional reset keeps the decoders"),
    FLAG("port-masks-reset", port_masks_reset, false,
         "no bus reset while the root port has Unmask SBR clear"),
    FLAG("d3-clears-hdm", d3_clears_hdm, false,
         "D3hot to D0 clears the decoders"),
    FLAG("preserve-err", preserve_err, false,
         "a conventional reset could not preserve volatile memory"),
    FLAG("mse-gates-window", mse_gates_window, false,
         "the window needs PCI Memory Space Enable as well"),
    FLAG("gone", gone, false, "the device has left: all reads give ones"),
    FLAG("abort", abort, false,
         "an access to BARs or window that gets no answer ends the VM"),
    FLAG("cpu-cache-evicts", cpu_cache_evicts, true,
         "lines leave cpu-cache at random times, too"),
    FLAG("stray-fatal", stray_fatal, false,
         "the first stray access ends the VM"),
    NUMBER("commit-delay-ms", commit_delay_ms, 0, "COMMIT to COMMITTED"),
    NUMBER("reset-ms", reset_ms, 0,
           "how long the function answers nothing after FLR or hot reset"),
    NUMBER("cxl-reset-ms", cxl_reset_ms, 20, "duration of a CXL reset"),
    NUMBER("cxl-reset-clear-ms", cxl_reset_clear_ms, 0,
           "... and how much longer if it clears memory"),
    NUMBER("host-line-value", host_line_value, 0xd1,
           "byte in lines of host memory that the device dirties"),
    NUMBER("wbi-ms", wbi_ms, 0, "duration of a write-back and invalidate"),
    NUMBER("mem-active-delay-ms", mem_active_delay_ms, 0,
           "reset to Memory_Active"),
    NUMBER("mem-valid-delay-ms", mem_valid_delay_ms, 0,
           "reset to Memory_Info_Valid"),
    COUNTER("stray-reads", stray_reads, "reads of the undecoded window"),
    COUNTER("stray-writes", stray_writes, "writes to the undecoded window"),
    COUNTER("stray-address", stray_addr, "host address of the last of them"),
    COUNTER("odd-accesses", odd_accesses,
            "component register accesses of another width than the register's"),
    COUNTER("element-reads", element_reads,
            "of them not: first dwords of elements with 64-bit registers"),
    COUNTER("poison-hits", poison_hits, "reads of poisoned pages"),
    COUNTER("window-base", window_base, "host address firmware chose"),
    COUNTER("window-size", window_size, "and how much of it"),
    COUNTER("resets", resets, "function resets of every kind"),
    COUNTER("power-resets", reset_count[CT2_RESET_POWER], "power-good resets"),
    COUNTER("hot-resets", reset_count[CT2_RESET_HOT], "conventional resets"),
    COUNTER("flrs", reset_count[CT2_RESET_FLR], "function level resets"),
    COUNTER("cxl-resets", reset_count[CT2_RESET_CXL], "CXL resets"),
    COUNTER("ats-invalidations", ats_invalidations,
            "what the IOMMU asked the device's TLB to forget"),
    COUNTER("ats-unanswered", ats_unanswered,
            "of them while the function could not answer"),
    COUNTER("cpu-cache-lines-flushed", cpu.lines_flushed,
            "lines of cpu-cache that CPUs flushed by address"),
    COUNTER("cpu-cache-lost", cpu.lost,
            "dirty lines of cpu-cache that nothing decoded any more"),
    COUNTER("wbis", wbis, "write-backs and invalidates that were done"),
    COUNTER("doorbells-while-busy", doorbells_while_busy,
            "WBI or CXL reset asked for while one of them ran"),
    COUNTER("host-lines-lost", lines_lost,
            "dirty lines of host memory that a reset or D3 took"),
    COUNTER("d3-exits", reset_count[CT2_RESET_D3], "D3hot to D0 transitions"),
};

static void *field(Object *obj, const FieldProp *prop)
{
    return (uint8_t *)CXL_TYPE2(obj) + prop->offset;
}

static void field_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const FieldProp *prop = opaque;
    void *ptr = field(obj, prop);

    switch (prop->kind) {
    case KIND_BOOL:
        visit_type_bool(v, name, ptr, errp);
        break;
    case KIND_U32:
        visit_type_uint32(v, name, ptr, errp);
        break;
    case KIND_COUNTER:
        visit_type_uint64(v, name, ptr, errp);
        break;
    }
}

static void field_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    CXLType2Dev *d = CXL_TYPE2(obj);
    const FieldProp *prop = opaque;
    void *ptr = field(obj, prop);
    bool ok = prop->kind == KIND_BOOL ? visit_type_bool(v, name, ptr, errp)
                                      : visit_type_uint32(v, name, ptr, errp);

    if (ok && DEVICE(d)->realized) {
        ct2_dvsec_update(d);
        ct2_unanswered_update(d);
        ct2_window_update(d);
    }
}

/*
 * Things to do: writing the property does them, reading it shows the result, so
 * that a client which looks at the old value first can write it.
 */
typedef struct ActionProp {
    const char *name;
    uint64_t (*get)(CXLType2Dev *d);
    bool (*set)(CXLType2Dev *d, uint64_t val, Error **errp);
    const char *help;
} ActionProp;

static uint64_t get_stray(CXLType2Dev *d)
{
    return d->stray_reads + d->stray_writes;
}

static bool set_stray(CXLType2Dev *d, uint64_t val, Error **errp)
{
    if (val) {
        error_setg(errp, "stray-accesses can only be set to 0");
        return false;
    }
    d->stray_reads = d->stray_writes = d->stray_addr = 0;
    return true;
}

static uint64_t get_poisoned(CXLType2Dev *d)
{
    return d->poisoned;
}

static uint64_t get_disable_caching(CXLType2Dev *d)
{
    return ct2_dvsec_caching_disabled(d);
}

static const ActionProp action_props[] = {
    { "ras-correctable", ct2_ras_correctable_status, ct2_ras_correctable,
      "RAS correctable status bits to report" },
    { "ras-uncorrectable", ct2_ras_uncorrectable_status, ct2_ras_uncorrectable,
      "RAS uncorrectable status bits to report" },
    { "aer-correctable", ct2_aer_correctable_status, ct2_aer_correctable,
      "AER correctable status bits to report" },
    { "aer-uncorrectable", ct2_aer_uncorrectable_status, ct2_aer_uncorrectable,
      "AER uncorrectable status bits to report" },
    { "viral", ct2_dvsec_viral, ct2_dvsec_set_viral,
      "1: the device goes viral" },
    { "host-line", ct2_cache_held, ct2_cache_take,
      "host address of a line to take dirty; how many are held" },
    { "cpu-cache-flush", ct2_cpu_cache_flushes, ct2_cpu_cache_flush,
      "1 flushes all of cpu-cache; how often that was done" },
    { "medium", ct2_cpu_cache_medium, ct2_cpu_cache_look_at,
      "device address of 8 bytes; what memory has there, caches apart" },
    { "disable-caching", get_disable_caching, NULL, "Disable_Caching, live" },
    { "poison", get_poisoned, ct2_poison_add,
      "device address of a page to poison" },
    { "poison-clear", get_poisoned, ct2_poison_remove,
      "device address of a page to clean" },
    { "stray-accesses", get_stray, set_stray,
      "stray-reads and stray-writes; 0 clears both" },
};

static void action_get(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    const ActionProp *prop = opaque;
    uint64_t val = DEVICE(obj)->realized ? prop->get(CXL_TYPE2(obj)) : 0;

    visit_type_uint64(v, name, &val, errp);
}

static void action_set(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    const ActionProp *prop = opaque;
    uint64_t val;

    if (!visit_type_uint64(v, name, &val, errp)) {
        return;
    }
    if (!DEVICE(obj)->realized) {
        error_setg(errp, "'%s' works on a running device only", name);
        return;
    }
    prop->set(CXL_TYPE2(obj), val, errp);
}

void ct2_props_instance_init(CXLType2Dev *d)
{
    for (int i = 0; i < ARRAY_SIZE(field_props); i++) {
        const FieldProp *prop = &field_props[i];
        void *ptr = field(OBJECT(d), prop);

        if (prop->kind == KIND_BOOL) {
            *(bool *)ptr = prop->on;
        } else if (prop->kind == KIND_U32) {
            *(uint32_t *)ptr = prop->value;
        }
    }
}

void ct2_props_class_init(ObjectClass *oc)
{
    static const char *types[] = { "bool", "uint32", "uint64" };

    for (int i = 0; i < ARRAY_SIZE(field_props); i++) {
        const FieldProp *prop = &field_props[i];

        object_class_property_add(oc, prop->name, types[prop->kind], field_get,
                                  prop->kind == KIND_COUNTER ? NULL : field_set,
                                  NULL, (void *)prop);
        object_class_property_set_description(oc, prop->name, prop->help);
    }
    for (int i = 0; i < ARRAY_SIZE(action_props); i++) {
        const ActionProp *prop = &action_props[i];

        object_class_property_add(oc, prop->name, "uint64", action_get,
                                  prop->set ? action_set : NULL, NULL,
                                  (void *)prop);
        object_class_property_set_description(oc, prop->name, prop->help);
    }
}
