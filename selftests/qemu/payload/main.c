// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest guest with a driver for a CXL Type-2 device: finds the device, prints its configuration space in the
 * format of "lspci -xxxx" and its BARs, and if it sees component registers, uses the device's memory, where it finds it and
 * where it moves it to. The test that started it judges what it prints.
 */
#include "component.h"
#include "io.h"
#include "pci.h"
#include "print.h"

/* QEMU's isa-debug-exit: its status is 2 * value + 1. */
#define PORT_EXIT			0xf4
/* Intel Q35: the register of the host bridge that has the base of configuration space. */
#define PCIEXBAR			0x60
#define PCIEXBAR_BASE			0xffffffe000000ULL

#define CLASS_PROCESSING_ACCELERATOR	0x1200
/* Above the RAM of a guest with less than 1 GiB, below where a PC has BARs. */
#define OTHER_BASE			0x40000000

static uint32_t host_bridge(uint32_t offset)
{
	outl(0xcf8, 0x80000000 | offset);
	return inl(0xcfc);
}

static uint64_t find_ecam(void)
{
	return (host_bridge(PCIEXBAR) | (uint64_t)host_bridge(PCIEXBAR + 4) << 32) & PCIEXBAR_BASE;
}

static void print_function(uint32_t number)
{
	print_hex(number >> 8, 2);
	print(":");
	print_hex(number >> 3 & 0x1f, 2);
	print(".");
	print_hex(number & 7, 1);
	print(" the accelerator\n");
}

static void print_config(uint64_t function)
{
	for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset += 4) {
		uint32_t value = read32(function + offset);

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

static void print_bars(uint64_t function)
{
	struct bar bar;

	for (int i = 0; i < PCI_BARS; i += 1 + bar.wide) {
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
		print_hex(read32(bar.address), 8);
		print("\n");
	}
}

/* Whether the first and last words of the memory hold these values, each the complement of the other. */
static int holds(const struct decoder *decoder, uint32_t value)
{
	return read32(decoder->base) == value &&
		read32(decoder->base + decoder->size - 4) == ~value;
}

static void fill(const struct decoder *decoder, uint32_t value)
{
	write32(decoder->base, value);
	write32(decoder->base + decoder->size - 4, ~value);
}

static void print_result(const char *what, int success)
{
	print(success ? "ok " : "not ok ");
	print(what);
	print("\n");
}

static void use_memory(const struct component *component)
{
	struct decoder first = decoder_read(component), other;

	print("decoder 0 at ");
	print_hex(first.base, 16);
	print(" size ");
	print_hex(first.size, 16);
	print(" control ");
	print_hex(first.control, 8);
	print("\n");
	if (!decoder_is_committed(component))
		return;

	print("memory begins with ");
	print_hex(read32(first.base), 8);
	print("\n");
	fill(&first, 0x600df00d);
	print_result("memory where it was committed", holds(&first, 0x600df00d));
	print_result("the decoder is released", decoder_release(component));
	print_result("no memory where it was", !holds(&first, 0x600df00d));
	print_result("the decoder is committed elsewhere", decoder_commit(component, OTHER_BASE, first.size));
	other = decoder_read(component);
	print_result("the same memory there", other.base == OTHER_BASE && holds(&other, 0x600df00d));
	fill(&other, 0x0ddba115);
	print_result("it can be written there", holds(&other, 0x0ddba115));
}

void payload(void)
{
	struct component component;
	uint64_t ecam, function;

	physical_init();
	ecam = find_ecam();
	/* On all buses: those of another host bridge are below no bridge of bus 0. */
	function = pci_find(ecam, PCI_BUSES, CLASS_PROCESSING_ACCELERATOR);
	if (!function) {
		print("no accelerator\n");
		outl(PORT_EXIT, 1);
	}
	print_function((function - ecam) / PCI_CONFIG_SIZE);
	print_config(function);
	pci_enable(function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	print_bars(function);
	if (component_find(function, &component)) {
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
	outl(PORT_EXIT, 0);
}
