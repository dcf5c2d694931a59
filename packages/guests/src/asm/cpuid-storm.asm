; L2 executes CPUID, which L1 has to do for it, again and again: what one exit that L1 handles costs.

%define GUEST_NAME "cpuid-storm"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

STORM_TIMES         equ 100

%include "storm.inc"

storm_controls:
storm_fields:
        ret

l2_code:
        mov     ebp, STORM_TIMES
.next:  xor     eax, eax
        cpuid
        dec     ebp
        jnz     .next
        vmcall
        hlt

%include "image-end.inc"
