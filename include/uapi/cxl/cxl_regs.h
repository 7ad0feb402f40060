/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * CXL registers that a VMM meets when it presents a Type-2 device to a guest.
 * Section numbers are those of the CXL specification, revision 4.0.
 */
#ifndef _UAPI_CXL_REGS_H
#define _UAPI_CXL_REGS_H

/* 8.1.1: every CXL DVSEC is a PCIe DVSEC of this vendor. */
#define CXL_DVSEC_VENDOR			0x1e98

/* 8.1.3: CXL Device DVSEC; offsets from its extended capability header. */
#define CXL_DVSEC_DEVICE			0
#define CXL_DVSEC_CAPABILITY			0x0a
#define   CXL_DVSEC_CAP_CACHE			0x0001
#define   CXL_DVSEC_CAP_IO			0x0002
#define   CXL_DVSEC_CAP_MEM			0x0004
#define   CXL_DVSEC_CAP_MEM_HWINIT		0x0008
#define   CXL_DVSEC_CAP_HDM_COUNT		0x0030
#define   CXL_DVSEC_CAP_CACHE_WBI		0x0040
#define   CXL_DVSEC_CAP_RESET			0x0080
#define   CXL_DVSEC_CAP_RESET_TIMEOUT		0x0700
#define   CXL_DVSEC_CAP_RESET_MEM_CLEAR		0x0800
#define CXL_DVSEC_CONTROL			0x0c
#define   CXL_DVSEC_CTRL_CACHE_ENABLE		0x0001
#define   CXL_DVSEC_CTRL_IO_ENABLE		0x0002
#define   CXL_DVSEC_CTRL_MEM_ENABLE		0x0004
#define CXL_DVSEC_STATUS			0x0e
#define   CXL_DVSEC_STATUS_VIRAL		0x4000
#define CXL_DVSEC_CONTROL2			0x10
#define   CXL_DVSEC_CTRL2_DISABLE_CACHING	0x0001
#define   CXL_DVSEC_CTRL2_INITIATE_WBI		0x0002
#define   CXL_DVSEC_CTRL2_INITIATE_RESET	0x0004
#define   CXL_DVSEC_CTRL2_RESET_MEM_CLEAR	0x0008
#define CXL_DVSEC_STATUS2			0x12
#define   CXL_DVSEC_STATUS2_CACHE_INVALID	0x0001
#define   CXL_DVSEC_STATUS2_RESET_COMPLETE	0x0002
#define   CXL_DVSEC_STATUS2_RESET_ERROR		0x0004
#define CXL_DVSEC_LOCK				0x14
#define   CXL_DVSEC_LOCK_CONFIG			0x0001
#define CXL_DVSEC_CAPABILITY2			0x16
#define CXL_DVSEC_RANGE_SIZE_HIGH(n)		(0x18 + 0x10 * (n))
#define CXL_DVSEC_RANGE_SIZE_LOW(n)		(0x1c + 0x10 * (n))
#define   CXL_DVSEC_RANGE_INFO_VALID		0x00000001
#define   CXL_DVSEC_RANGE_ACTIVE		0x00000002
#define   CXL_DVSEC_RANGE_ACTIVE_TIMEOUT	0x0000e000
#define CXL_DVSEC_RANGE_BASE_HIGH(n)		(0x20 + 0x10 * (n))
#define CXL_DVSEC_RANGE_BASE_LOW(n)		(0x24 + 0x10 * (n))
#define CXL_DVSEC_CAPABILITY3			0x38

/* 8.1.9: Register Locator DVSEC. */
#define CXL_DVSEC_REGISTER_LOCATOR		8
#define CXL_REGLOC_ENTRY(n)			(0x0c + 8 * (n))
#define   CXL_REGLOC_BIR			0x00000007
#define   CXL_REGLOC_BLOCK_ID			0x0000ff00
#define   CXL_REGLOC_BLOCK_COMPONENT		1
#define   CXL_REGLOC_OFFSET_LOW			0xffff0000

/* 8.2.3: component register block. */
#define CXL_COMPONENT_BLOCK_SIZE		0x10000
/* Between these the registers are the implementation's. */
#define CXL_COMPONENT_IMPL_START		0x2000
#define CXL_COMPONENT_IMPL_END			0xe000
#define CXL_CM_OFFSET				0x1000
#define CXL_CM_SIZE				0x1000

/* 8.2.4: CXL.cache and CXL.mem registers; element pointers count from CXL_CM_OFFSET. */
#define CXL_CM_CAP_HDR_ID			0x0000ffff
#define   CXL_CM_CAP_HDR_ID_ARRAY		1
#define CXL_CM_CAP_HDR_ARRAY_SIZE		0xff000000
#define CXL_CM_CAP_PTR				0xfff00000
#define   CXL_CM_CAP_ID_RAS			2
#define   CXL_CM_CAP_ID_HDM			5

/* 8.2.4.20: HDM Decoder Capability; offsets from its start. */
#define CXL_HDM_DECODER_CAP			0x00
#define   CXL_HDM_DECODER_COUNT			0x0000000f
#define CXL_HDM_DECODER_GLOBAL_CTRL		0x04
#define   CXL_HDM_DECODER_ENABLE		0x00000002
#define CXL_HDM_DECODER_BASE_LOW(n)		(0x10 + 0x20 * (n))
#define CXL_HDM_DECODER_BASE_HIGH(n)		(0x14 + 0x20 * (n))
#define CXL_HDM_DECODER_SIZE_LOW(n)		(0x18 + 0x20 * (n))
#define CXL_HDM_DECODER_SIZE_HIGH(n)		(0x1c + 0x20 * (n))
#define CXL_HDM_DECODER_CTRL(n)			(0x20 + 0x20 * (n))
#define   CXL_HDM_CTRL_IG			0x0000000f
#define   CXL_HDM_CTRL_IW			0x000000f0
#define   CXL_HDM_CTRL_LOCK_ON_COMMIT		0x00000100
#define   CXL_HDM_CTRL_COMMIT			0x00000200
#define   CXL_HDM_CTRL_COMMITTED		0x00000400
#define   CXL_HDM_CTRL_ERROR_NOT_COMMITTED	0x00000800
#define   CXL_HDM_CTRL_HOST_ONLY		0x00001000
#define CXL_HDM_DECODER_SKIP_LOW(n)		(0x24 + 0x20 * (n))
#define CXL_HDM_DECODER_SKIP_HIGH(n)		(0x28 + 0x20 * (n))

#endif /* _UAPI_CXL_REGS_H */
