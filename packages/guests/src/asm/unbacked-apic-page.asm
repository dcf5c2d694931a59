; An APIC-access page where no memory is: a processor only compares addresses with it, and needs none.

%define GUEST_NAME "unbacked-apic-page"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

HOLE                equ 0xd0000000
OFFSET              equ 0x20

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        bt      qword [caps.secondary], 32
        jnc     .skip
        call    map_hole
        mov     edi, HOLE + OFFSET
        mov     rax, [rdi]
        verdict_begin "hole"
        call    put_hex
        verdict_end
        call    vmx_on
        mov     qword [l2_entry], read_hole
        mov     dword [wanted.secondary], SECONDARY_APIC_ACCESSES
        call    vmcs_load
        mov     ecx, APIC_ACCESS_ADDRESS
        mov     eax, HOLE
        vmwrite rcx, rax
        call    l2_run
        verdict_begin "access"
        call    put_entry_outcome
        say     " qualification "
        mov     rax, [exit_qualification]
        call    put_hex
        verdict_end
        vmxoff
.done:  ret
.skip:  say     "SKIP the virtualization of APIC accesses is not offered", 10
        verdict_text "hole", "SKIP"
        verdict_text "access", "SKIP"
        ret

; The hole, as one small page.
map_hole:
        mov     qword [page_directory_pointers + (HOLE >> 30) * 8], hole_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     qword [hole_directory + (HOLE >> 21 & 511) * 8], hole_table + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, HOLE + (PAGE_PRESENT | PAGE_WRITE)
        mov     [hole_table], rax
        ret

; ---- L2 ----

read_hole:
        mov     edi, HOLE + OFFSET
        mov     eax, [rdi]
        vmcall

        section .bss
        alignb  4096
hole_directory: resb 4096
hole_table:     resb 4096

%include "image-end.inc"
