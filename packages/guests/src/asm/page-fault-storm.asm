; L2 touches a page that is not mapped, again and again, and L1 takes its page faults.

%define GUEST_NAME "page-fault-storm"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

STORM_TIMES         equ 100
%define STORM_LENGTH 2                  ; mov eax, [rbx]
VECTOR_PAGE_FAULT   equ 14
UNMAPPED            equ 0x8000000

%include "storm.inc"

storm_controls:
        ret
storm_fields:
        mov     ecx, EXCEPTION_BITMAP
        mov     eax, 1 << VECTOR_PAGE_FAULT
        vmwrite rcx, rax
        ret

l2_code:
        mov     ebp, STORM_TIMES
        mov     ebx, UNMAPPED
.next:  mov     eax, [rbx]              ; STORM_LENGTH bytes
        add     ebx, 4096
        dec     ebp
        jnz     .next
        vmcall
        hlt

%include "image-end.inc"
