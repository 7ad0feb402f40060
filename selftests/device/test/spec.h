/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offsets and bits of CXL r4.0 8.1, 8.2 and of the device's own registers. */
#ifndef DEVICE_TEST_SPEC_H
#define DEVICE_TEST_SPEC_H

#define MIB		(1ULL << 20)
#define GIB		(1ULL << 30)
#define GRANULE		(256 * MIB)

/* CXL Device DVSEC, 8.1.3 */
#define DV_CAP		0x0a
#define DV_CTRL		0x0c
#define   CTRL_CACHE_ENABLE	0x0001
#define   CTRL_IO_ENABLE	0x0002
#define   CTRL_MEM_ENABLE	0x0004
#define   CTRL_RWL		0x4ffd
#define   CTRL_P2P		0x1000
#define DV_STATUS	0x0e
#define   STATUS_VIRAL		0x4000
#define DV_CTRL2	0x10
#define   CTRL2_DISABLE_CACHING	0x0001
#define   CTRL2_WBI		0x0002
#define   CTRL2_RESET		0x0004
#define   CTRL2_MEM_CLR		0x0008
#define   CTRL2_VOLATILE	0x0010
#define   CTRL2_MODIFIED	0x0020
#define DV_STATUS2	0x12
#define   STATUS2_INVALID	0x0001
#define   STATUS2_COMPLETE	0x0002
#define   STATUS2_ERROR		0x0004
#define   STATUS2_PRESERVE	0x0008
#define DV_LOCK		0x14
#define DV_CAP2		0x16
#define DV_RANGE1_SIZE_HI	0x18
#define DV_RANGE1_SIZE_LO	0x1c
#define   RANGE_VALID		0x1
#define   RANGE_ACTIVE		0x2
#define DV_RANGE1_BASE_HI	0x20
#define DV_RANGE1_BASE_LO	0x24
#define DV_RANGE2_SIZE_HI	0x28
#define DV_RANGE2_BASE_HI	0x30
#define DV_RANGE2_BASE_LO	0x34
#define DV_CAP3		0x38

/* Component registers, 8.2.4: dword index in the CXL.cachemem region */
#define CM_OFFSET	0x1000
#define CM_SIZE		0x1000
#define CAP_ID_RAS	2
#define CAP_ID_LINK	4
#define CAP_ID_HDM	5

/* RAS Capability, 8.2.4.17: dword index */
#define RAS_UNC_STATUS	0
#define RAS_UNC_MASK	1
#define RAS_UNC_SEVERITY	2
#define RAS_COR_STATUS	3
#define RAS_COR_MASK	4
#define RAS_CAP_CTRL	5
#define RAS_HEADER	6

/* HDM Decoder Capability, 8.2.4.20: dword index */
#define HDM_CAP		0
#define HDM_GLOBAL	1
#define   GLOBAL_POISON		0x1
#define   GLOBAL_ENABLE		0x2
#define HDM_DECODER(n)	(4 + 8 * (n))
/* in a decoder */
#define DEC_BASE_LO	0
#define DEC_BASE_HI	1
#define DEC_SIZE_LO	2
#define DEC_SIZE_HI	3
#define DEC_CTRL	4
#define   DEC_IG(n)		(n)
#define   DEC_IW(n)		((n) << 4)
#define   DEC_LOCK		0x0100
#define   DEC_COMMIT		0x0200
#define   DEC_COMMITTED		0x0400
#define   DEC_ERROR		0x0800
#define   DEC_HOSTONLY		0x1000
#define   DEC_BI		0x2000
#define DEC_SKIP_LO	5
#define DEC_SKIP_HI	6

/* Device registers: dword index */
#define REG_MAGIC	0
#define   MAGIC			0x32545843
#define REG_SCRATCH	1
#define REG_MSIX_TRIGGER	2
#define REG_RESETS	3
#define REG_FLRS	4
#define REG_DMA_IOVA_LO	5
#define REG_DMA_IOVA_HI	6
#define REG_DMA_DPA_LO	7
#define REG_DMA_LENGTH	8
#define REG_DMA_START	9
#define   DMA_TO_DEVICE		1
#define   DMA_TO_HOST		2
#define REG_DMA_STATUS	10
#define   DMA_OK		1
#define   DMA_ERROR		2
#define   DMA_POISON		3
#define REG_DMA_DPA_HI	11
#define REG_STRAY_READS	12
#define REG_STRAY_WRITES	13
#define REG_STRAY_ADDR_LO	14
#define REG_STRAY_ADDR_HI	15
#define REG_HOT_RESETS	16
#define REG_CXL_RESETS	17
#define REG_D3_EXITS	18
#define REG_ODD_ACCESSES	19
#define REG_MSIX_SENT	20
#define REGS_MSIX_TABLE	0x2000
#define REGS_MSIX_PBA	0x3000

/* PCI */
#define PCI_COMMAND_	0x04
#define   COMMAND_MEMORY	0x2
#define   COMMAND_MASTER	0x4
#define DEVCTL		0x08
#define   DEVCTL_FLR		0x8000
#define PM_CTRL		0x04
#define AER_UNC_STATUS	0x04
#define AER_UNC_MASK	0x08
#define AER_COR_STATUS	0x10
#define   AER_UNC_POISONED	0x00001000
#define   AER_UNC_ABORT		0x00008000
#define   AER_UNC_INTERNAL	0x00400000
#define   AER_COR_INTERNAL	0x00004000

#endif
