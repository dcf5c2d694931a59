; The same as cr4-crash for a system that never reads CR4, as Linux: what it writes comes from a copy of its own.

%define GUEST_NAME "cr4-cached"
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
        mov     rax, cr4
        and     eax, ~CR4_VMXE
        mov     [cr4_copy], rax
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
.next:  mov     rax, [cr4_copy]
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

        section .bss
        alignb  8
cr4_copy:       resq 1

%include "image-end.inc"
