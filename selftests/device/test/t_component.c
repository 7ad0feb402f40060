// SPDX-License-Identifier: GPL-2.0-or-later
/* Component register block, 8.2.3: layout, read-only registers, access sizes */
#include "accel.h"
#include "suites.h"

static reg32_t *cm_of(struct accel *a)
{
	return (void *)(a->comp + CM_OFFSET);
}

static void array(void)
{
	struct accel *a = accel_get(0);
	reg32_t *cm = cm_of(a);

	CHECK_EQ(cm[0], 0x03110001);
	for (unsigned int i = 1; i <= 3; i++) {
		uint32_t offset = cm[i] >> 20;

		/* a null element is all zero */
		CHECK(!cm[i] || (offset >= 0x10 && offset < CM_SIZE &&
				 offset % 4 == 0));
	}
	CHECK_EQ(!a->ras, prop(a, "x-no-ras"));
	CHECK_EQ(!a->hdm, prop(a, "x-no-hdm"));
}

static bool writable(struct accel *a, reg32_t *reg)
{
	return (a->ras && reg >= a->ras && reg < a->ras + RAS_CAP_CTRL) ||
	       (a->hdm && reg >= a->hdm + HDM_GLOBAL &&
		reg < a->hdm + HDM_DECODER(a->decoders));
}

static void read_only(void)
{
	struct accel *a = accel_get(0);
	reg32_t *cm = cm_of(a);

	accel_fresh(a);
	for (unsigned int i = 0; i < CM_SIZE / 4; i++) {
		uint32_t was = cm[i];

		if (writable(a, cm + i))
			continue;
		cm[i] = ~was;
		CHECK_EQ(cm[i], was);
		cm[i] = 0;
		CHECK_EQ(cm[i], was);
	}
}

/* Nothing but the CXL.cachemem registers is implemented */
static void rest_of_block(void)
{
	struct accel *a = accel_get(0);

	for (unsigned int at = 0; at < 0x10000; at += 0x400) {
		reg32_t *reg = (void *)(a->comp + at);
		uint64_t regs = a->regs_offset - a->comp_offset;

		if (at >= CM_OFFSET && at < CM_OFFSET + CM_SIZE)
			continue;
		if (a->regs_bar == a->comp_bar && at >= regs &&
		    at < regs + 0x4000)
			continue;
		*reg = ~0u;
		CHECK_EQ(*reg, 0);
	}
}

static void access_sizes(void)
{
	struct accel *a = accel_get(0);
	reg8_t *cm = a->comp + CM_OFFSET;
	uint32_t head = *(reg32_t *)cm;
	uint32_t first = ((reg32_t *)cm)[1];
	uint64_t odd = prop(a, "odd-accesses");

	CHECK_EQ(a->regs[REG_ODD_ACCESSES], (uint32_t)odd);
	CHECK_EQ(*cm, 0xff);
	CHECK_EQ(*(reg16_t *)cm, 0xffff);
	CHECK_EQ(*(reg64_t *)cm, (uint64_t)first << 32 | head);
	CHECK_EQ(prop(a, "odd-accesses"), odd + 3);
	CHECK_EQ(*(reg32_t *)cm, head);
	CHECK_EQ(prop(a, "odd-accesses"), odd + 3);
	if (!a->hdm)
		return;
	/* a part of a register is not written */
	accel_fresh(a);
	decoder_program(decoder(a, 0), 0, 0);
	*(reg8_t *)&decoder(a, 0)[DEC_BASE_HI] = 0xff;
	*(reg16_t *)&decoder(a, 0)[DEC_BASE_HI] = 0xffff;
	CHECK_EQ(decoder(a, 0)[DEC_BASE_HI], 0);
	CHECK_EQ(prop(a, "odd-accesses"), odd + 5);
}

/* Link's registers have 64 bits: half of one is not read, but by a probe */
static void link_registers(void)
{
	struct accel *a = accel_get(0);
	uint64_t odd = prop(a, "odd-accesses"), probes = prop(a, "element-reads");
	reg64_t *link = (void *)a->link;

	CHECK_EQ(link[0], 64ULL << 42 | 9 << 8 | 2);
	CHECK_EQ(link[6], 0);
	link[1] = ~0ULL;
	CHECK_EQ(link[1], 0);
	CHECK_EQ(prop(a, "odd-accesses"), odd);
	CHECK_EQ(a->link[0], 9 << 8 | 2);
	CHECK_EQ(prop(a, "element-reads"), probes + 1);
	CHECK_EQ(prop(a, "odd-accesses"), odd);
	CHECK_EQ(a->link[1], 64 << 10);
	CHECK_EQ(a->link[12], 0);
	a->link[0] = 0;
	CHECK_EQ(*(reg16_t *)a->link, 0xffff);
	CHECK_EQ(prop(a, "odd-accesses"), odd + 4);
	CHECK_EQ(prop(a, "element-reads"), probes + 1);
	/* behind them are reserved dwords */
	CHECK_EQ(a->link[14], 0);
	CHECK_EQ(prop(a, "odd-accesses"), odd + 4);
}

static void ras_masks(void)
{
	struct accel *a = accel_get(0);
	static const struct {
		unsigned int reg;
		uint32_t mask;
	} rws[] = {
		{ RAS_UNC_MASK, 0x1cfff },
		{ RAS_UNC_SEVERITY, 0x1cfff },
		{ RAS_COR_MASK, 0x7f },
	};

	if (!a->ras)
		tap_skip("no RAS capability");
	for (int i = 0; i < 3; i++) {
		reg32_t *reg = a->ras + rws[i].reg;

		*reg = 0;
		CHECK_EQ(*reg, 0);
		*reg = ~0u;
		CHECK_EQ(*reg, rws[i].mask);
		/* sticky */
		*reg = 0x5;
		accel_hot_reset(a);
		CHECK_EQ(*reg, 0x5);
		*reg = ~0u;
	}
	a->ras[RAS_CAP_CTRL] = ~0u;
	CHECK_EQ(a->ras[RAS_CAP_CTRL], 0x200);
}

const struct suite component_suite = {
	"component", (const struct test_case[]) {
		{ "array", array },
		{ "read-only", read_only },
		{ "rest-of-block", rest_of_block },
		{ "access-sizes", access_sizes },
		{ "link-registers", link_registers },
		{ "ras-masks", ras_masks },
		{ }
	}
};
