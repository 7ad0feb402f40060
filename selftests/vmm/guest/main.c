// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that knows nothing of its device but the specifications: it finds it,
 * gives its memory an address, uses it, moves it, resets it, and starts again.
 */
#include <stddef.h>

#include "boot.h"
#include "cxl.h"
#include "engine.h"
#include "function.h"
#include "io.h"
#include "memory.h"
#include "pci.h"
#include "report.h"

#define GIB (1ull << 30)

/* DMA goes to and from here. */
static char buffer[4096] __attribute__((aligned(4096)));

struct guest {
	const struct boot *boot;
	uint64_t function;	/* address of its configuration space */
	struct cxl cxl;
	uint64_t size;		/* of the device's memory */
	uint64_t base;		/* where it is now */
	uint64_t seed;		/* what was written there last */
};

static void enumerate(struct guest *guest)
{
	const char *missing;

	guest->function = pci_find(guest->boot->ecam, 1, PCI_ANY_CLASS);
	require(guest->function, "there is a function");
	note("vendor and device", read32(guest->function + PCI_VENDOR_ID));
	require(function_place_bars(guest->boot, guest->function), "its BARs have room");
	pci_enable(guest->function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	missing = cxl_find(guest->function, &guest->cxl);
	if (missing)
		require(false, missing);
	check(true, "it has CXL memory and an HDM decoder");
}

/* New contents, read by the CPU and, in another way, by the VMM. */
static void use(struct guest *guest, const char *what)
{
	guest->seed++;
	memory_fill(guest->base, guest->size, guest->seed);
	check(memory_holds(guest->base, guest->size, guest->seed) &&
	      memory_holds_for_vmm(guest->size, guest->seed), what);
}

static void as_firmware_left_it(struct guest *guest)
{
	struct decoder decoder = decoder_read(&guest->cxl.component);

	require(decoder_is_committed(&guest->cxl.component), "firmware has committed the decoder");
	note("base", decoder.base);
	note("size", decoder.size);
	guest->base = decoder.base;
	guest->size = decoder.size;
	require(decoder.size && decoder.base >= guest->boot->window &&
		decoder.size <= guest->boot->window_size &&
		decoder.base - guest->boot->window <= guest->boot->window_size - decoder.size,
		"its memory is in the window");
	check(cxl_dvsec_base(&guest->cxl) == decoder.base, "the DVSEC has it there, too");
	use(guest, "the memory works where firmware put it");
}

/* Release, and commit elsewhere: the contents come along. */
static void move(struct guest *guest, uint64_t to, const char *what)
{
	uint64_t from = guest->base;
	bool ok = decoder_release(&guest->cxl.component);

	ok = ok && memory_absent(from, guest->size);
	ok = ok && decoder_commit(&guest->cxl.component, to, guest->size);
	ok = ok && decoder_read(&guest->cxl.component).base == to;
	require(ok, what);
	guest->base = to;
	check(memory_holds(to, guest->size, guest->seed) && memory_absent(from, guest->size),
	      "the contents came along");
	use(guest, "the memory works at the new address");
}

/* A decoder that cannot be committed decodes nothing. */
static void commit_nothing(struct guest *guest)
{
	bool ok = decoder_release(&guest->cxl.component);

	ok = ok && !decoder_commit(&guest->cxl.component, guest->base, 0);
	ok = ok && memory_absent(guest->base, guest->size);
	ok = ok && decoder_release(&guest->cxl.component);
	ok = ok && decoder_commit(&guest->cxl.component, guest->base, guest->size);
	require(ok, "a decoder of no size is not committed, and then of all sizes it is");
	check(memory_holds(guest->base, guest->size, guest->seed), "the memory is back");
}

/* A committed decoder is read-only. */
static void write_committed(struct guest *guest)
{
	check(decoder_commit(&guest->cxl.component, guest->base + guest->size, guest->size) &&
	      decoder_read(&guest->cxl.component).base == guest->base, "a committed decoder does not move");
	check(memory_holds(guest->base, guest->size, guest->seed), "nor does its memory");
}

static void memory_space(struct guest *guest)
{
	pci_enable(guest->function, 0);
	check(memory_absent(guest->base, guest->size), "without Memory Space there is no memory");
	pci_enable(guest->function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	check(memory_holds(guest->base, guest->size, guest->seed), "with Memory Space it is back");
}

static bool equal(uint64_t at, const char *expected, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i += 8)
		if (read64(at + i) != *(const uint64_t *)(expected + i))
			return false;
	return true;
}

static void dma(struct guest *guest)
{
	const uint64_t to = guest->size / 2 + 256, from = guest->size - 2 * sizeof(buffer);
	uint64_t engine = engine_find(&guest->cxl);
	unsigned int i;

	if (!engine) {
		skip("the device copies from RAM to its memory and back");
		return;
	}
	for (i = 0; i < sizeof(buffer); i += 8)
		write64((uint64_t)buffer + i, (guest->seed + i) * 0x2545f4914f6cdd1d);
	check(engine_copy(engine, (uint64_t)buffer, to, sizeof(buffer), true) &&
	      equal(guest->base + to, buffer, sizeof(buffer)),
	      "the device copies from RAM to its memory");
	for (i = 0; i < sizeof(buffer); i += 8)
		write64(guest->base + from + i, guest->seed ^ i);
	check(engine_copy(engine, (uint64_t)buffer, from, sizeof(buffer), false) &&
	      equal(guest->base + from, buffer, sizeof(buffer)),
	      "the device copies from its memory to RAM");
	if (!inb(PORT_WINDOW_DMA)) {
		skip("the device reaches its memory over the bus");
		return;
	}
	/* What peers do: the guest physical address of device memory is an I/O address. */
	check(engine_copy(engine, guest->base + to, from, sizeof(buffer), false) &&
	      equal(guest->base + to, buffer, sizeof(buffer)),
	      "the device reaches its memory over the bus");
}

static void function_reset(struct guest *guest)
{
	const char *what = "an FLR leaves decoder and memory as they were";

	if (!function_flr(guest->function)) {
		skip(what);
		return;
	}
	check(decoder_is_committed(&guest->cxl.component) &&
	      decoder_read(&guest->cxl.component).base == guest->base &&
	      memory_holds(guest->base, guest->size, guest->seed), what);
	use(guest, "the memory works after an FLR");
}

/* What the decoder is after a CXL Reset depends on the device: the guest sets it up anew. */
static void cxl_scope_reset(struct guest *guest, uint64_t home)
{
	struct decoder decoder;

	if (!cxl_can_reset(&guest->cxl)) {
		skip("a CXL Reset completes");
		return;
	}
	check(cxl_reset(&guest->cxl), "a CXL Reset completes");
	decoder = decoder_read(&guest->cxl.component);
	if (decoder_is_committed(&guest->cxl.component) &&
	    (decoder.base != home || decoder_is_locked(&guest->cxl.component))) {
		note("base after the reset", decoder.base);
		guest->base = decoder.base;
		use(guest, "the memory works where the decoder is after the reset");
	}
	if (!decoder_is_locked(&guest->cxl.component)) {
		require(decoder_release(&guest->cxl.component) &&
			decoder_commit(&guest->cxl.component, home, guest->size),
			"the decoder is committed again after the reset");
		guest->base = home;
		use(guest, "the memory works after a CXL Reset");
	}
}

__attribute__((section(".text.start"))) void start(const struct boot *boot)
{
	struct guest guest = { .boot = boot, .seed = boot->round << 16 };
	uint64_t home = boot->window, step;

	note("boot", boot->round);
	enumerate(&guest);
	as_firmware_left_it(&guest);
	/* Aligned to the size of large pages, and less. */
	step = (guest.size + GIB - 1) / GIB * GIB + GIB / 4;
	require(step + guest.size <= boot->window_size, "the memory fits twice");
	if (decoder_is_locked(&guest.cxl.component)) {
		check(!decoder_release(&guest.cxl.component) &&
		      memory_holds(guest.base, guest.size, guest.seed),
		      "a locked decoder is not released");
		home = guest.base;
	} else {
		move(&guest, home, "the memory is committed at an address of the guest");
		dma(&guest);
		home += step;
		move(&guest, home, "the memory is released and committed elsewhere");
		commit_nothing(&guest);
	}
	write_committed(&guest);
	memory_space(&guest);
	dma(&guest);
	function_reset(&guest);
	cxl_scope_reset(&guest, home);
	dma(&guest);
	/* The second time everything starts from what a reset of the machine left. */
	if (boot->round == 1)
		reboot();
	off();
}
