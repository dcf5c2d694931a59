; An L1 that answers every EPT violation by entering L2 again.

%define GUEST_NAME "vmx-reenter"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"
%include "reenter.inc"

EXIT_EPT_VIOLATION  equ 48

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    map_window
        call    ept_identity
        call    vmx_on
        mov     dword [wanted.secondary], SECONDARY_EPT
        call    vmcs_load
        mov     eax, ept_level_4 + EPTP_WALK_4 + EPTP_MEMORY_WB
        mov     ecx, EPT_POINTER
        vmwrite rcx, rax
        mov     eax, reads
        mov     ecx, GUEST_RIP
        vmwrite rcx, rax
.again: call    l2_run
        call    wait_for_it
        cmp     dword [exit_reason], EXIT_EPT_VIOLATION
        je      .again
        say     "completed", 10
        vmxoff
.done:  ret

map_page:
        mov     qword [ept_level_3 + 8], ept_level_2 + EPT_ALL
        ret

reads:  mov     ebx, WINDOW + 0x100000
        mov     rbx, [rbx]
        vmcall

%include "image-end.inc"
