; L1 enters an L2 that is halted, and injects an interrupt into it with the same entry: the interrupt ends the HLT, and nothing else will.

%define GUEST_NAME "halted-entry"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

ACTIVITY_HLT        equ 1
MISC_ACTIVITY_HLT   equ 6               ; bit of IA32_VMX_MISC
RFLAGS_IF           equ 1 << 9
VECTOR              equ 0x41
EVENT_EXTERNAL      equ 1 << 31 | VECTOR

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        bt      qword [caps.misc], MISC_ACTIVITY_HLT
        jnc     .skip
        call    vmx_on
        mov     qword [l2_entry], awake
        call    vmcs_load
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_IF
        vmwrite rcx, rax
        mov     ecx, GUEST_ACTIVITY
        mov     eax, ACTIVITY_HLT
        vmwrite rcx, rax
        mov     ecx, ENTRY_EVENT
        mov     eax, EVENT_EXTERNAL
        vmwrite rcx, rax
        mov     dword [trap_vector], TRAP_NONE
        mov     qword [trap_rsp], l2_stack_top
        mov     qword [trap_resume], interrupted
        call    l2_run
        mov     qword [trap_resume], 0
        verdict_begin "entry"
        call    put_entry_outcome
        verdict_end
        verdict_begin "interrupt"
        cmp     dword [trap_vector], VECTOR
        jne     .lost
        say     "delivered"
        jmp     .said
.lost:  say     "not delivered"
.said:  verdict_end
        vmxoff
.done:  ret
.skip:  say     "SKIP the activity state HLT is not offered", 10
        verdict_text "entry", "SKIP"
        verdict_text "interrupt", "SKIP"
        ret

; ---- L2 ----

awake:  vmcall
interrupted:
        vmcall

%include "image-end.inc"
