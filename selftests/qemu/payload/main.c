// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest guest with a driver for a CXL Type-2 device: finds the device, prints its configuration space in the
 * format of "lspci -xxxx" and its BARs, and if it sees component registers, uses the device's memory, where it finds it and
 * where it moves it to. Whoever started it judges what it prints.
 */
#include <cxl/cxl_regs.h>

#include "cxl.h"
#include "pci.h"
#include "physical.h"
#include "port.h"
#include "print.h"

#define CLASS_PROCESSING_ACCELERATOR	0x1200
/* Above the RAM of a guest with less than 1 GiB, below where a PC has BARs. */
#define OTHER_BASE			0x40000000

static void print_function(uint32_t function)
{
	print_hex(function >> 8, 2);
	print(":");
	print_hex(function >> 3 & 0x1f, 2);
	print(".");
	print_hex(function & 7, 1);
}

static void print_config(uint32_t function)
{
	print_function(function);
	print(" the accelerator\n");
	for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset += 4) {
		uint32_t value = pci_read(function, offset);

		if (offset % 16 == 0) {
			print_hex(offset, 2 + (offset >= 0x100));
			print(":");
		}
		for (int i = 0; i < 4; i++) {
			print(" ");
			print_hex(value >> 8 * i, 2);
		}
		if (offset % 16 == 12)
			print("\n");
	}
	print("\n");
}

static void print_bars(uint32_t function)
{
	struct bar bar;

	for (int i = 0; i < 6; i += 1 + bar.is_64bit) {
		bar = pci_bar(function, i);
		if (!bar.size)
			continue;
		print("bar ");
		print_hex(i, 1);
		print(" at ");
		print_hex(bar.address, 16);
		print(" size ");
		print_hex(bar.size, 8);
		print(" begins with ");
		print_hex(*(volatile uint32_t *)physical(bar.address), 8);
		print("\n");
	}
}

/* Whether the first and last words of the memory hold these values, each the complement of the other. */
static int holds(const struct decoder *decoder, uint32_t value)
{
	return *(volatile uint32_t *)physical(decoder->base) == value &&
		*(volatile uint32_t *)physical(decoder->base + decoder->size - 4) == ~value;
}

static void fill(const struct decoder *decoder, uint32_t value)
{
	*(volatile uint32_t *)physical(decoder->base) = value;
	*(volatile uint32_t *)physical(decoder->base + decoder->size - 4) = ~value;
}

static void print_result(const char *what, int success)
{
	print(success ? "ok " : "not ok ");
	print(what);
	print("\n");
}

static void use_memory(const struct component *component)
{
	struct decoder first = cxl_decoder(component), other;

	print("decoder 0 at ");
	print_hex(first.base, 16);
	print(" size ");
	print_hex(first.size, 16);
	print(" control ");
	print_hex(first.control, 8);
	print("\n");
	if (!cxl_is_committed(&first))
		return;

	print("memory begins with ");
	print_hex(*(volatile uint32_t *)physical(first.base), 8);
	print("\n");
	fill(&first, 0x600df00d);
	print_result("memory where it was committed", holds(&first, 0x600df00d));
	print_result("the decoder is released", cxl_release(component));
	print_result("no memory where it was", !holds(&first, 0x600df00d));
	print_result("the decoder is committed elsewhere", cxl_commit(component, OTHER_BASE, first.size));
	other = cxl_decoder(component);
	print_result("the same memory there", other.base == OTHER_BASE && holds(&other, 0x600df00d));
	fill(&other, 0x0ddba115);
	print_result("it can be written there", holds(&other, 0x0ddba115));
}

void payload(void)
{
	struct component component;
	uint32_t function;

	physical_init();
	pci_init();
	function = pci_find_class(CLASS_PROCESSING_ACCELERATOR);
	if (!function) {
		print("no accelerator\n");
		out32(PORT_EXIT, 1);
	}
	print_config(function);
	print_bars(function);
	if (cxl_component(function, &component)) {
		print("component registers in bar ");
		print_hex(component.bar, 1);
		print(" at ");
		print_hex(component.offset, 8);
		print(" begin with ");
		print_hex(component.array, 8);
		print("\n");
		if (component.hdm)
			use_memory(&component);
	}
	print("done\n");
	out32(PORT_EXIT, 0);
}
