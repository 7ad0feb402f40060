/*
 * cxl-type2: refuse to run in a QEMU that it was not built for
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The shared object uses QEMU's internal structures, whose layout changes from
 * one release to the next. Inside any other QEMU it would corrupt memory.
 */
#include "qemu/osdep.h"
#include "qemu-version.h"
#include "qapi/qapi-commands-misc.h"
#include "qapi/qapi-commands-control.h"
#include "qemu/module.h"

/* The wrapper script finds this string in the file: keep its shape. */
const char ct2_built_for[] = "cxl-type2 built for QEMU: " QEMU_FULL_VERSION;

static void ct2_version_check(void)
{
    g_autoptr(VersionInfo) info = qmp_query_version(NULL);
    const char *wanted = strchr(ct2_built_for, ':') + 2;
    g_autofree char *running =
        g_strdup_printf("%" PRId64 ".%" PRId64 ".%" PRId64 "%s%s%s",
                        info->qemu->major, info->qemu->minor,
                        info->qemu->micro, *info->package ? " (" : "",
                        info->package, *info->package ? ")" : "");

    if (strcmp(running, wanted)) {
        fprintf(stderr, "cxl-type2: built for QEMU %s, cannot run in QEMU %s\n",
                wanted, running);
        exit(3);
    }
    /* Programs that QEMU starts have none of the symbols this object needs. */
    unsetenv("LD_PRELOAD");
}

type_init(ct2_version_check)
