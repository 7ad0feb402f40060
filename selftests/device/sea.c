/*
 * cxl-type2: the abort of an Arm CPU that consumes poison
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The load ends in a synchronous external abort. Of which address, firmware's
 * error record says (ACPI 6.5 18.3), which the machine has with ras=on.
 */
#include "qemu/osdep.h"
#include "hw/acpi/ghes.h"
#include "hw/core/cpu.h"
#include "sea.h"

/* In programs that emulate Arm, and in no others */
extern void arm_load_kernel(void) __attribute__((weak));

bool ct2_emulates_arm(void)
{
    return arm_load_kernel;
}

static void set_ignores(CPUState *cs, run_on_cpu_data ignores)
{
    cs->ignore_memory_transaction_failures = ignores.host_int;
}

/* The machine of virt.c ignores what the bus answers: not this once */
static void heed(CPUState *cs)
{
    async_run_on_cpu(cs, set_ignores, RUN_ON_CPU_HOST_INT(
                         cs->ignore_memory_transaction_failures));
    cs->ignore_memory_transaction_failures = false;
}

MemTxResult ct2_sea_raise(uint64_t hpa)
{
    CPUState *cs = current_cpu;

    if (!cs) {
        return MEMTX_OK;        /* a DMA or a debugger */
    }
    if (acpi_ghes_present()) {
        acpi_ghes_memory_errors(ACPI_HEST_SRC_ID_SEA, hpa & ~0xfffULL);
    }
    heed(cs);
    return MEMTX_ERROR;
}
