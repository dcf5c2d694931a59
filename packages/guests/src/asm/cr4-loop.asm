; L1 owns CR4.VMXE and nothing else of CR4. L2 does what a system does to invalidate its TLB: it toggles CR4.PGE and writes CR3 back, again and
; again, and looks whether CR4 still says what it has written.

%define GUEST_NAME "cr4-loop"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
HIDER_MASK          equ CR4_VMXE
%include "cr4-hider.inc"

ROUNDS              equ 16

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
        mov     [l2.rsi], rax
        mov     qword [l2_entry], toggle
        call    run_with_vmxe_hidden
        jc      .off
        verdict_begin "rounds"
        mov     eax, ROUNDS
        sub     eax, [l2.rbx]
        call    put_decimal
        verdict_end
        verdict_begin "cr4"
        mov     rax, [l2.rax]
        cmp     rax, [l2.rsi]
        je      .ends
        say     "invalid: "
        call    put_hex
        say     ", written was "
        mov     rax, [l2.rsi]
.ends:  call    put_hex
        verdict_end
.off:   vmxoff
.done:  ret

; ---- L2. rsi: what CR4 must be; at first L1 tells ----

toggle:
        mov     ebx, ROUNDS
.next:  mov     rax, cr4
        cmp     rax, rsi
        jne     .report
        btc     rax, 7
        mov     cr4, rax
        mov     rsi, rax
        mov     rax, cr3
        mov     cr3, rax
        dec     ebx
        jnz     .next
        mov     rax, cr4
.report:
        vmcall

%include "image-end.inc"
