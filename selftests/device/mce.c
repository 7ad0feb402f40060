/*
 * cxl-type2: the machine check of a CPU that consumes poison
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Only an Intel CPU model has recoverable machine checks under TCG: with an AMD
 * one Linux panics, as it does on hardware without the SUCCOR feature.
 */
#include "qemu/osdep.h"
#include "block/aio.h"
#include "qemu/main-loop.h"
#include "hw/core/cpu.h"
#include "exec/cpu-common.h"
#include "system/tcg.h"
#include "mce.h"

/* target/i386/cpu.h cannot be included by code for all targets */
typedef struct ArchCPU X86CPU;
void cpu_x86_inject_mce(Monitor *mon, X86CPU *cpu, int bank, uint64_t status,
                        uint64_t mcg_status, uint64_t addr, uint64_t misc,
                        int flags) __attribute__((weak));

#define BANK_MEM        9
#define BANK_BYSTANDER  1

#define MCI_VAL         BIT_ULL(63)
#define MCI_UC          BIT_ULL(61)
#define MCI_EN          BIT_ULL(60)
#define MCI_MISCV       BIT_ULL(59)
#define MCI_ADDRV       BIT_ULL(58)
#define MCI_S           BIT_ULL(56)
#define MCI_AR          BIT_ULL(55)
#define MCACOD_DATA     0x134           /* data load */
#define MISC_PHYS_PAGE  (2 << 6 | 12)   /* physical address, 4 KiB granule */

#define MCG_RIPV        BIT_ULL(0)
#define MCG_EIPV        BIT_ULL(1)
#define MCG_MCIP        BIT_ULL(2)

/* Intel machine checks go to every CPU; the others have nothing to report */
static void tell_bystanders(void *opaque)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (cs != opaque) {
            cpu_x86_inject_mce(NULL, (X86CPU *)cs, BANK_BYSTANDER,
                               MCI_VAL | MCI_UC, MCG_MCIP | MCG_RIPV, 0, 0, 0);
        }
    }
}

MemTxResult ct2_mce_raise(uint64_t hpa)
{
    CPUState *cs = current_cpu;

    if (!cs) {
        return MEMTX_OK;        /* a DMA or a debugger */
    }
    cpu_x86_inject_mce(NULL, (X86CPU *)cs, BANK_MEM,
                       MCI_VAL | MCI_UC | MCI_EN | MCI_MISCV | MCI_ADDRV |
                       MCI_S | MCI_AR | MCACOD_DATA,
                       MCG_MCIP | MCG_RIPV | MCG_EIPV, hpa & ~0xfffULL,
                       MISC_PHYS_PAGE, 0);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), tell_bystanders, cs);
    /* the load must not complete: the exception points at it */
    if (tcg_enabled()) {
        cpu_loop_exit_restore(cs, cs->mem_io_pc);
    }
    return MEMTX_OK;
}
