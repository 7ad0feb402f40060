/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads. */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/range.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <linux/iommufd.h>
#include <cxl/cxl.h>
#include <cxl/pci.h>
#include <uapi/linux/cxl_vfio_pci.h>
#include "caches.h"
#include "clear.h"
#include "debugfs.h"
#include "helpers.h"
#include "job.h"
#include "layout.h"
#include "params.h"
