; An L1 that uses an enlightened VMCS where CPUID recommends that, and then goes back to an ordinary one with VMPTRLD, without
; having cleared the other.

%define GUEST_NAME "enlightened-vmptrld"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     qword [l2_entry], l2_code
        call    vmcs_load
        verdict_begin "l2"
        call    enlightened_probe
        jc      .ordinary
        call    evmcs_fill
        call    evmcs_enable
        call    evmcs_run
        jmp     .left
.ordinary:
        call    l2_run
.left:  call    put_entry_outcome
        verdict_end
        vmx_case "vmptrld", vmptrld [vmcs_pointer]
        mov     ecx, GUEST_RIP
        vmx_case "vmread", vmread rax, rcx
        vmx_case "vmxoff", vmxoff
.done:  xor     eax, eax
        ret

l2_code:
        vmcall
        hlt

%include "image-end.inc"
