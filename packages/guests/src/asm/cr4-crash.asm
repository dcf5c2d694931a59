; A system that invalidates its TLB as Windows does, under an L1 that owns CR4.VMXE and CR4.PGE: each toggle of PGE is L1's to do, and L1 refuses
; a value with VMXE.

%define GUEST_NAME "cr4-crash"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
HIDER_MASK          equ CR4_VMXE | CR4_PGE
%include "cr4-hider.inc"

ROUNDS              equ 12

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     qword [l2_entry], flush
        call    run_with_vmxe_hidden
        jc      .off
        verdict_begin "rounds"
        mov     eax, ROUNDS
        sub     eax, [l2.rbx]
        call    put_decimal
        verdict_end
        verdict_begin "l2"
        cmp     dword [trap_vector], TRAP_NONE
        je      .well
        say     "crashed: "
        call    put_trap
        say     " at mov cr4"
        jmp     .said
.well:  say     "completed"
.said:  verdict_end
.off:   vmxoff
.done:  ret

; ---- L2 ----

flush:
        mov     ebx, ROUNDS
.next:  mov     rax, cr4
        mov     rcx, rax
        btc     rax, 7
        guarded mov cr4, rax
        cmp     dword [trap_vector], TRAP_NONE
        jne     .report
        mov     cr4, rcx
        mov     rax, cr3
        mov     cr3, rax
        dec     ebx
        jnz     .next
.report:
        vmcall

%include "image-end.inc"
