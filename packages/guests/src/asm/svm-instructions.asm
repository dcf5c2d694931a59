; What SVM's instructions and registers do at their edges: VM_CR and its lock, VMRUN without a host save area, VMMCALL that nobody
; intercepts. Nothing here is what a working L1 would do; L0s differ in it all the same.

%define GUEST_NAME "svm-instructions"
%include "hvdiff.inc"
%include "svm.inc"

VM_CR_LOCK          equ 1 << 3
HYPERCALL           equ 0x7fffffff      ; a number that no L0 knows

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        verdict_begin "vmmcall-in-l1"
        mov     eax, HYPERCALL
        guarded vmmcall
        cmp     dword [trap_vector], TRAP_NONE
        jne     .vmmcall_faults
        say     "rax "
        call    put_hex
        jmp     .vmmcall_said
.vmmcall_faults:
        call    put_trap
.vmmcall_said:
        verdict_end

        mov     edi, host_save_area
        call    svm_on
        mov     edi, vmcb
        mov     esi, l2
        mov     edx, l2_stack_top
        call    vmcb_fill
        verdict_begin "vmrun"
        call    run_l2

        mov     ecx, MSR_VM_HSAVE_PA
        xor     eax, eax
        xor     edx, edx
        wrmsr
        verdict_begin "vmrun-without-host-save-area"
        call    run_l2

        verdict_begin "vm-cr-lock"
        mov     eax, VM_CR_LOCK
        call    write_vm_cr
        verdict_begin "vm-cr-unlock"
        xor     eax, eax
        call    write_vm_cr
        ; Locked or not, SVM is on: it cannot be disabled now.
        verdict_begin "vm-cr-svmdis"
        mov     eax, VM_CR_SVMDIS
        call    write_vm_cr
.done:  ret

; eax: a value for VM_CR -> the rest of a verdict: what came of it, and what the register is then
write_vm_cr:
        mov     ecx, MSR_VM_CR
        xor     edx, edx
        guarded wrmsr
        cmp     dword [trap_vector], TRAP_NONE
        je      .written
        call    put_trap
        say     ", "
.written:
        say     "vm_cr "
        mov     ecx, MSR_VM_CR
        rdmsr
        mov     eax, eax
        call    put_hex
        verdict_end
        ret

; L2 leaves by VMMCALL -> the rest of a verdict
run_l2: mov     edi, vmcb
        mov     qword [rdi + VMCB_RIP], l2
        mov     eax, edi
        clgi
        guarded vmrun
        stgi
        cmp     dword [trap_vector], TRAP_NONE
        jne     .faults
        mov     edi, vmcb
        call    put_exit
        verdict_end
        ret
.faults:
        call    put_trap
        verdict_end
        ret

l2:     vmmcall
        jmp     $

        section .bss
        alignb  4096
vmcb:               resb 4096
host_save_area:     resb 4096
l2_stack:           resb 4096
l2_stack_top:

%include "image-end.inc"
