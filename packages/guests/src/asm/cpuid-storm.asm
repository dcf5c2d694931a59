; L2 executes CPUID, which L1 has to do for it, again and again: what one exit that L1 handles costs.

%define GUEST_NAME "cpuid-storm"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

STORM_TIMES         equ 100

%include "storm.inc"

; An MSR bitmap, as every hypervisor has one: the L0 may have to merge it.
storm_controls:
        or      dword [wanted.processor], PROCESSOR_MSR_BITMAPS
        ret
storm_fields:
        mov     ecx, MSR_BITMAP
        mov     eax, msr_bitmap
        vmwrite rcx, rax
        ret

l2_code:
        mov     ebp, STORM_TIMES
.next:  xor     eax, eax
        cpuid
        dec     ebp
        jnz     .next
        vmcall
        hlt

        section .bss
        alignb  4096
msr_bitmap:     resb 4096

%include "image-end.inc"
