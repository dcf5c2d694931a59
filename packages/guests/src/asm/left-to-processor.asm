; What the manual leaves to the processor: what VMWRITE makes of reserved bits of access rights, and what a list of MSRs does that is longer than
; IA32_VMX_MISC recommends.

%define GUEST_NAME "left-to-processor"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

MSR_SYSENTER_CS     equ 0x174
ENTRIES             equ 512

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     qword [l2_entry], leave_at_once
        call    vmcs_load
        verdict_begin "access-rights"
        mov     ecx, GUEST_ES_RIGHTS
        mov     eax, 0x1cf93
        vmwrite rcx, rax
        vmread  rax, rcx
        call    put_hex
        verdict_end
        call    prepare_list
        mov     eax, ENTRIES
        call    enter_with_list
        verdict_begin "512-entries"
        call    put_entry_outcome
        verdict_end
        mov     eax, ENTRIES + 1
        call    enter_with_list
        verdict_begin "513-entries"
        call    put_entry_outcome
        verdict_end
        vmxoff
.done:  ret

prepare_list:
        mov     edi, list
        mov     ecx, ENTRIES + 1
.next:  mov     dword [rdi], MSR_SYSENTER_CS
        add     edi, 16
        loop    .next
        ret

; eax: how many entries of the list
enter_with_list:
        push    rax
        call    vmcs_load
        mov     ecx, ENTRY_MSR_LOAD_ADDRESS
        mov     eax, list
        vmwrite rcx, rax
        pop     rax
        mov     ecx, ENTRY_MSR_LOAD_COUNT
        vmwrite rcx, rax
        jmp     l2_run

; ---- L2 ----

leave_at_once:
        vmcall

        section .bss
        alignb  4096
list:           resb (ENTRIES + 1) * 16

%include "image-end.inc"
