; L2 does nothing but VMCALL, and L1 nothing but VMRESUME: VM exits and entries with EPT at their plainest. RIP stays where it is, so that
; each entry runs into the same VMCALL.

%define GUEST_NAME "bench-vmcall"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"

EXITS               equ 200000

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        call    ept_identity
        mov     dword [wanted.secondary], SECONDARY_EPT
        mov     qword [l2_entry], l2_code
        call    vmcs_load
        mov     ecx, EPT_POINTER
        mov     eax, ept_level_4 + EPTP_WALK_4 + EPTP_MEMORY_WB
        vmwrite rcx, rax
        mov     ecx, HOST_RIP
        mov     eax, l1_exit
        vmwrite rcx, rax
        mov     dword [left], EXITS
        mov     [main_stack], rsp
        say     "begin", 10
        vmlaunch
        say     "not entered", 10
.done:  mov     eax, 1
        ret

l1_exit:
        dec     dword [left]
        jz      .end
        vmresume
.end:   mov     rsp, [main_stack]
        say     "end", 10
        vmxoff
        xor     eax, eax
        ret

l2_code:
        vmcall
        jmp     l2_code

        section .bss
        alignb  8
main_stack:     resq 1
left:           resd 1

%include "image-end.inc"
