; L2 reads an MSR that L1 leaves to it, again and again: exits that L1 never hears of.

%define GUEST_NAME "msr-storm"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

STORM_TIMES         equ 100
MSR_KERNEL_GS_BASE  equ 0xc0000102

%include "storm.inc"

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
.next:  mov     ecx, MSR_KERNEL_GS_BASE
        rdmsr
        dec     ebp
        jnz     .next
        vmcall
        hlt

        section .bss
        alignb  4096
; No access exits to L1.
msr_bitmap:     resb 4096

%include "image-end.inc"
