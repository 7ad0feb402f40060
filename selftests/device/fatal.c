/*
 * cxl-type2: the end of a VM whose host would not have survived
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "system/runstate.h"
#include "system/cpus.h"
#include "hw/core/cpu.h"
#include "fatal.h"

void ct2_fatal(CXLType2Dev *d, int status, const char *fmt, ...)
{
    static bool ending;
    g_autofree char *text = NULL;
    va_list args;

    if (ending) {
        return;                 /* what came first is the reason */
    }
    ending = true;
    va_start(args, fmt);
    text = g_strdup_vprintf(fmt, args);
    va_end(args);
    error_report("%s: %s: stopping the VM", ct2_name(d), text);
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_ERROR, status);
    if (current_cpu) {
        cpu_stop_current();
    }
}
