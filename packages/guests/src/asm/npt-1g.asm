; An identity map of nested page tables made of 1 GiB pages, written without asking CPUID whether the processor has them: fine on
; hardware; where a hypervisor underneath holds their size bit reserved, L2 never executes an instruction.

%define GUEST_NAME "npt-1g"
%include "hvdiff.inc"
%include "svm.inc"
%include "npt-map.inc"

        section .text
        bits    64
        default rel

map_first_gibibyte:
        mov     qword [npt_level_3], NPT_ALL | NPT_LARGE
        ret

map_window:
        mov     qword [npt_level_3 + 8], NPT_ALL | NPT_LARGE
        ret

%include "image-end.inc"
