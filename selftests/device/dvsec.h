/*
 * cxl-type2: DVSECs of the function
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_DVSEC_H
#define CXL_TYPE2_DVSEC_H

#include "cxl_type2.h"

/* CXL Device DVSEC fields that QEMU does not name, 8.1.3 */
#define CT2_CAP_CACHE               BIT(0)
#define CT2_CAP_IO                  BIT(1)
#define CT2_CAP_MEM                 BIT(2)
#define CT2_CAP_MEM_HWINIT          BIT(3)
#define CT2_CAP_HDM_COUNT_1         BIT(4)
#define CT2_CAP_CACHE_WBI           BIT(6)
#define CT2_CAP_CXL_RESET           BIT(7)
#define CT2_CAP_RESET_TIMEOUT_SHIFT 8
#define CT2_CAP_RESET_MEM_CLR       BIT(11)

#define CT2_CTRL_CACHE_ENABLE       BIT(0)
#define CT2_CTRL_IO_ENABLE          BIT(1)
#define CT2_CTRL_MEM_ENABLE         BIT(2)
#define CT2_CTRL_P2P_ENABLE         BIT(12)
#define CT2_CTRL_RWL                (0x0ffd | BIT(14))

#define CT2_STATUS_VIRAL            BIT(14)

#define CT2_CTRL2_DISABLE_CACHING   BIT(0)
#define CT2_CTRL2_INITIATE_WBI      BIT(1)
#define CT2_CTRL2_INITIATE_RESET    BIT(2)
#define CT2_CTRL2_RESET_MEM_CLR     BIT(3)
#define CT2_CTRL2_VOLATILE_STATE    BIT(4)
#define CT2_CTRL2_MODIFIED_COMPL    BIT(5)
#define CT2_CTRL2_DOORBELLS         (CT2_CTRL2_INITIATE_WBI | \
                                     CT2_CTRL2_INITIATE_RESET)

#define CT2_STATUS2_CACHE_INVALID   BIT(0)
#define CT2_STATUS2_RESET_COMPLETE  BIT(1)
#define CT2_STATUS2_RESET_ERROR     BIT(2)
#define CT2_STATUS2_PRESERVE_ERR    BIT(3)

#define CT2_LOCK_CONFIG             BIT(0)

#define CT2_CAP2_MODIFIED_COMPL     BIT(6)

#define CT2_CAP3_VOLATILE_STATE     BIT(3)
#define CT2_CAP3_P2P                BIT(4)

#define CT2_RANGE_VALID             BIT(0)
#define CT2_RANGE_ACTIVE            BIT(1)

void ct2_dvsec_init(CXLType2Dev *d);
void ct2_dvsec_clear(CXLType2Dev *d, bool sticky);
void ct2_dvsec_clear_control(CXLType2Dev *d);
void ct2_dvsec_unlock(CXLType2Dev *d);
bool ct2_dvsec_locked(CXLType2Dev *d);
bool ct2_dvsec_mem_enabled(CXLType2Dev *d);
bool ct2_dvsec_mem_active(CXLType2Dev *d);
void ct2_dvsec_set_ranges(CXLType2Dev *d, uint64_t base, bool mem_enable);
void ct2_dvsec_set_status2(CXLType2Dev *d, uint16_t clear, uint16_t set);
bool ct2_dvsec_set_viral(CXLType2Dev *d, uint64_t val, Error **errp);
uint64_t ct2_dvsec_viral(CXLType2Dev *d);
void ct2_dvsec_lock(CXLType2Dev *d);
void ct2_dvsec_update(CXLType2Dev *d);
/* After a write: the doorbells that it rang, of those that the device has */
uint16_t ct2_dvsec_written(CXLType2Dev *d, uint32_t addr, int len);
bool ct2_dvsec_caching_disabled(CXLType2Dev *d);
bool ct2_dvsec_caches(CXLType2Dev *d);
bool ct2_dvsec_clears_memory(CXLType2Dev *d);

#endif
