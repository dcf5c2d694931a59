; A guest that is no hypervisor: CPUID, again and again. Each is an exit under whatever is below it, however deep that lies.

%define GUEST_NAME "plain-cpuid"
%include "hvdiff.inc"

CPUIDS              equ 20

        section .text
        bits    64
        default rel

main:   mov     ebp, CPUIDS
.next:  xor     eax, eax
        cpuid
        dec     ebp
        jnz     .next
        verdict_text "cpuid", "20 times"
        ret

%include "image-end.inc"
