/*
 * cxl-type2: the host bridge above a device and its fixed memory windows
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_HOST_H
#define CXL_TYPE2_HOST_H

#include "cxl_type2.h"
#include "hw/cxl/cxl_host.h"

CXLHost *ct2_host(CXLType2Dev *d, PCIDevice **port);
CXLFixedWindow *ct2_host_window(CXLHost *host, uint64_t hpa);
CXLFixedWindow *ct2_host_first_window(CXLHost *host);
bool ct2_host_routes(CXLHost *host, PCIDevice *port, uint64_t hpa,
                     uint64_t size);
CT2Hdm ct2_host_hdm(CXLHost *host);
/* Our decoder model instead of QEMU's; @changed follows each write to it */
void ct2_host_adopt(CXLHost *host, void (*changed)(void));

#endif
