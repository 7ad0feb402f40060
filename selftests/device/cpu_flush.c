/*
 * cxl-type2: the instructions with which CPUs flush their caches
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TCG executes them as nothing, but shows them to plugins, and the device's
 * object is one: "-plugin cxl-type2.so", which the wrapper adds if a device has
 * cpu-cache=on.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/qemu-plugin.h"
#include "hw/core/cpu.h"
#include "cpu_cache.h"

typedef enum Kind { ALL, LINE, STORE_AROUND } Kind;

/* One such instruction of the guest: disp + base + index << scale */
typedef struct Flush {
    Kind kind;
    CT2LineOp op;               /* of a LINE */
    int base, index;            /* registers by number, -1: none */
    unsigned scale;
    uint64_t disp;
} Flush;

/* General registers in the order of their numbers in instructions */
static const char *const x86_names[] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};
#define REGISTERS 32
static struct qemu_plugin_register *registers[REGISTERS];
static bool is_arm;

static uint64_t value(int reg)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    if (reg < 0 || reg >= REGISTERS || !registers[reg] ||
        qemu_plugin_read_register(registers[reg], bytes) < 8) {
        return 0;
    }
    return ldq_le_p(bytes->data);
}

static void line(uint64_t addr, CT2LineOp op)
{
    CPUState *cs = current_cpu;
    MemTxAttrs attrs;
    vaddr page = addr & ~0xfffULL;
    hwaddr phys = cpu_get_phys_page_attrs_debug(cs, page, &attrs);

    if (phys != -1) {
        ct2_cpu_cache_line(phys | (addr & 0xfff), op);
    }
}

static void executed(unsigned cpu, void *opaque)
{
    const Flush *f = opaque;
    bool locked = bql_locked();

    if (!locked) {
        bql_lock();
    }
    if (f->kind == ALL) {
        ct2_cpu_cache_flush_all();
    } else {
        line(value(f->base) + (value(f->index) << f->scale) + f->disp, f->op);
    }
    if (!locked) {
        bql_unlock();
    }
}

/* A non-temporal store goes around the cache: as if its line were flushed */
static void stored(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t addr,
                   void *opaque)
{
    bool locked = bql_locked();

    if (!locked) {
        bql_lock();
    }
    line(addr, CT2_LINE_FLUSH);
    if (!locked) {
        bql_unlock();
    }
}

/* The operand of an x86 instruction in memory; next is where it ends */
static bool x86_operand(const uint8_t *modrm, const uint8_t *end, uint8_t rex,
                        uint64_t next, Flush *f)
{
    unsigned mod = *modrm >> 6, rm = *modrm & 7, size;
    const uint8_t *at = modrm + 1;

    f->index = -1;
    f->base = rm | (rex & 1) << 3;
    size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    if (rm == 4) {
        uint8_t sib = *at++;

        f->scale = sib >> 6;
        f->index = (sib >> 3 & 7) | (rex & 2) << 2;
        f->base = (sib & 7) | (rex & 1) << 3;
        if (f->index == 4) {
            f->index = -1;
        }
        if ((sib & 7) == 5 && mod == 0) {
            f->base = -1;
            size = 4;
        }
    } else if (rm == 5 && mod == 0) {
        f->base = -1;
        f->disp = next;
        size = 4;
    }
    if (at + size > end) {
        return false;
    }
    if (size == 1) {
        f->disp += (int8_t)*at;
    } else if (size == 4) {
        f->disp += (int32_t)ldl_le_p(at);
    }
    return true;
}

static bool x86_decode(const uint8_t *code, size_t len, uint64_t next, Flush *f)
{
    const uint8_t *at = code, *end = code + len;
    bool size = false, rep = false;
    uint8_t rex = 0;

    for (; at < end && !rex; at++) {
        if (*at == 0x66) {
            size = true;
        } else if (*at == 0xf2 || *at == 0xf3) {
            rep = true;
        } else if ((*at & 0xf0) == 0x40) {
            rex = *at;
        } else if (*at != 0x3e && *at != 0x2e && *at != 0x26 && *at != 0x36) {
            break;
        }
    }
    if (end - at < 2 || at[0] != 0x0f) {
        return false;
    }
    if (at[1] == 0x09) {                        /* WBINVD, WBNOINVD */
        f->kind = ALL;
        return true;
    }
    if (end - at < 3 || at[2] >> 6 == 3 || rep) {
        return false;
    }
    if (at[1] == 0xc3) {                        /* MOVNTI */
        f->kind = STORE_AROUND;
        return true;
    }
    if (at[1] != 0xae) {
        return false;
    }
    switch (at[2] >> 3 & 7) {
    case 7:                                     /* CLFLUSH, CLFLUSHOPT */
        f->op = CT2_LINE_FLUSH;
        break;
    case 6:                                     /* CLWB; without 66 XSAVEOPT */
        if (!size) {
            return false;
        }
        f->op = CT2_LINE_WRITE_BACK;
        break;
    default:
        return false;
    }
    f->kind = LINE;
    return x86_operand(at + 2, end, rex, next, f);
}

/* SYS with C7: the data cache instructions by address; register 31 is zero */
static bool arm_decode(uint32_t insn, Flush *f)
{
    f->kind = LINE;
    f->base = insn & 31;
    f->index = -1;
    switch (insn & ~31u) {
    case 0xd50b7e20:                            /* DC CIVAC */
        f->op = CT2_LINE_FLUSH;
        return true;
    case 0xd50b7a20:                            /* DC CVAC */
    case 0xd50b7c20:                            /* DC CVAP */
    case 0xd50b7d20:                            /* DC CVADP */
        f->op = CT2_LINE_WRITE_BACK;
        return true;
    case 0xd5087620:                            /* DC IVAC */
        f->op = CT2_LINE_DROP;
        return true;
    }
    return false;
}

static void look_at(struct qemu_plugin_insn *insn)
{
    uint8_t code[16];
    size_t len = qemu_plugin_insn_data(insn, code, sizeof(code));
    Flush f = { };

    if (is_arm ? len != 4 || !arm_decode(ldl_le_p(code), &f)
               : !x86_decode(code, len, qemu_plugin_insn_vaddr(insn) + len,
                             &f)) {
        return;
    }
    /* translations come and go, so this is never freed */
    if (f.kind == STORE_AROUND) {
        qemu_plugin_register_vcpu_mem_cb(insn, stored, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_W, NULL);
    } else {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed,
                                               QEMU_PLUGIN_CB_R_REGS,
                                               g_memdup2(&f, sizeof(f)));
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        look_at(qemu_plugin_tb_get_insn(tb, i));
    }
}

/* All CPUs of a machine have the same registers */
static void cpu_made(qemu_plugin_id_t id, unsigned cpu)
{
    g_autoptr(GArray) all = qemu_plugin_get_registers();

    for (unsigned i = 0; i < all->len; i++) {
        qemu_plugin_reg_descriptor *reg =
            &g_array_index(all, qemu_plugin_reg_descriptor, i);

        for (unsigned n = 0; n < REGISTERS - 1; n++) {
            g_autofree char *arm_name = g_strdup_printf("x%u", n);
            const char *name = is_arm ? arm_name :
                               n < ARRAY_SIZE(x86_names) ? x86_names[n] : "";

            if (!strcmp(reg->name, name)) {
                registers[n] = reg->handle;
            }
        }
    }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
                                           const qemu_info_t *info,
                                           int argc, char **argv)
{
    is_arm = !strcmp(info->target_name, "aarch64");
    qemu_plugin_register_vcpu_init_cb(id, cpu_made);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    ct2_cpu_cache_is_flushed();
    return 0;
}
