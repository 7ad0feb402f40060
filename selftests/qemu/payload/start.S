/* SPDX-License-Identifier: GPL-2.0 */
/* Entry of the payload as a PVH guest: 32-bit protected mode, flat segments, no paging, no stack. */

	.section .note.Xen, "a", @note
	.long	4, 4, 18	/* sizes of name and value; XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	start

	.text
	.code32
	.global	start
start:
	movl	$stack_end, %esp
	call	payload
	hlt

	.bss
	.balign	16
	.skip	16384
stack_end:

	.section .note.GNU-stack, "", @progbits
