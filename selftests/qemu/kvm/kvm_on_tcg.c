// SPDX-License-Identifier: GPL-2.0
/*
 * Lets KVM run guests on a processor that QEMU 10.0 emulates without KVM. Two mistakes of that processor end guests, or the machine:
 *
 * When it has delivered an exception to a guest, EXITINTINFO of the guest's next exit still has the type of that exception, without
 * its valid bit; on hardware nothing is left. svm_check_emulate_instruction() of Linux 7.3 looks at the type alone. If that exit is an
 * access to a register of a device, it takes the access for one that delivers the exception, and gives the guest up: "KVM internal
 * error. Suberror: 3". Here its answer counts only with the valid bit.
 *
 * When a guest writes to CR8 while an interrupt waits for it, QEMU ends by an assertion, because it takes a lock too few there. The
 * firmware of UEFI does that after each of its interrupts. KVM intercepts these writes until it finds out that it need not. Here it
 * does not find out.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#include "svm/svm.h"
#include "kvm_emulate.h"

static unsigned long guests_saved;
module_param(guests_saved, ulong, 0444);
MODULE_PARM_DESC(guests_saved, "How often KVM would have given up a guest");

static int check_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(struct kvm_vcpu **)instance->data = (struct kvm_vcpu *)regs->di;
	return 0;
}

static int check_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct vcpu_svm *svm = to_svm(*(struct kvm_vcpu **)instance->data);

	if (regs_return_value(regs) == X86EMUL_UNHANDLEABLE_VECTORING &&
	    !(svm->vmcb->control.exit_int_info & SVM_EXITINTINFO_VALID)) {
		regs_set_return_value(regs, X86EMUL_CONTINUE);
		guests_saved++;
	}
	return 0;
}

static struct kretprobe check = {
	.kp.symbol_name = "svm_check_emulate_instruction",
	.entry_handler = check_begins,
	.handler = check_ends,
	.data_size = sizeof(struct kvm_vcpu *),
};

static noinline void returns_at_once(void)
{
}

static int leave_cr8(struct kprobe *probe, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)returns_at_once);
	return 1;
}

static struct kprobe cr8 = {
	.symbol_name = "svm_update_cr8_intercept",
	.pre_handler = leave_cr8,
};

static int __init kvm_on_tcg_init(void)
{
	int err = register_kretprobe(&check);

	if (err)
		return err;
	err = register_kprobe(&cr8);
	if (err)
		unregister_kretprobe(&check);
	return err;
}
module_init(kvm_on_tcg_init);

static void __exit kvm_on_tcg_exit(void)
{
	unregister_kprobe(&cr8);
	unregister_kretprobe(&check);
}
module_exit(kvm_on_tcg_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KVM on an emulated processor");
