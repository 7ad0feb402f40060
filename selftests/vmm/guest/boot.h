/* SPDX-License-Identifier: GPL-2.0 */
/* What the VMM tells the guest, and the ports to answer at, beside the console of print.h. */
#ifndef GUEST_BOOT_H
#define GUEST_BOOT_H

#include <stdint.h>

/* A guest with firmware finds these in MCFG, _CRS and CEDT. */
struct boot {
	uint64_t ecam;		/* configuration space of bus 0 */
	uint64_t bars;		/* room for BARs */
	uint64_t bars_size;
	uint64_t window;	/* room for device memory */
	uint64_t window_size;
	uint64_t round;		/* counts boots, from 1 */
};

#define PORT_VERDICT	0xf4	/* out: how what was printed ended */
#define   VERDICT_NOT_OK	0
#define   VERDICT_OK		1
#define   VERDICT_SKIP		2
#define   VERDICT_NOTE		3
#define PORT_RESET	0xcf9	/* out: reset the machine */
#define PORT_OFF	0x604	/* out: switch it off */
#define PORT_PEEK	0x700	/* out: a page of device memory; in: its first dword */
#define PORT_WINDOW_DMA	0x704	/* in: whether devices reach device memory */

#endif
