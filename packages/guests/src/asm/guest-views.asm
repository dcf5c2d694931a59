; What L1 can leave to its guest and the processor: switching EPT pointers with VMFUNC, EPT violations as exceptions (#VE), and writes to parts
; of a page that EPT keeps read-only.
;
; As in ept-walk, L2 shares L1's page tables, the memory of the image is mapped onto itself, and the tests happen in a window of slots above.

%define GUEST_NAME "guest-views"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"

WINDOW              equ 0x40000000
SLOT_VIEW           equ 0
SLOT_ABSENT         equ 1
SLOT_SUPPRESSED     equ 2
SLOT_PARTS          equ 3
SLOT_NO_PARTS       equ 4
SLOT_WRONG_PARTS    equ 5
%define SLOT_ADDRESS(slot)  (WINDOW + (slot) * 4096)

MARKER_A            equ 0xaaaaaaaa00000001
MARKER_B            equ 0xbbbbbbbb00000002
LEAF                equ EPT_MEMORY_WB

VM_FUNCTION_CONTROLS equ 0x2018
EPTP_LIST           equ 0x2024
INFORMATION_AREA    equ 0x202a
PARTS_POINTER       equ 0x2030
EPTP_INDEX          equ 0x0004
SECONDARY_VM_FUNCTIONS equ 1 << 13
SECONDARY_VE        equ 1 << 18
SECONDARY_PARTS     equ 1 << 23
SWITCH_EPTP         equ 1
EXIT_REASON_EXCEPTION equ 0
EXCEPTION_VE        equ 1 << 20
BEYOND_LIST         equ 512

        section .text
        bits    64
        default rel

; offered_or_skip SECONDARY bit, "id", ...: skips the verdicts where the control is not offered
%macro offered_or_skip 2-*
        test    dword [caps.secondary + 4], %1
        jnz     %%offered
  %rep %0 - 1
    %rotate 1
        verdict_text %1, "SKIP not offered"
  %endrep
        ret
%%offered:
%endmacro

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        test    dword [caps.secondary + 4], SECONDARY_EPT
        jnz     .offered
        verdict_text "ept", "not offered"
        say     "SKIP EPT is not offered", 10
        ret
.offered:
        verdict_text "ept", "offered"
        call    prepare
        call    vmx_on
        call    switching
        call    exceptions
        call    parts
        vmxoff
.done:  ret

prepare:
        call    ept_identity
        mov     qword [ept_level_3 + 8], window_level_2 + EPT_ALL
        mov     qword [window_level_2], window_level_1 + EPT_ALL
        mov     qword [window_level_1 + SLOT_VIEW * 8], frame_a + (LEAF | EPT_ALL)
        mov     eax, 1
        shl     rax, 63
        mov     [window_level_1 + SLOT_SUPPRESSED * 8], rax
        ; Another view: the same, but for the window.
        mov     qword [other_level_4], other_level_3 + EPT_ALL
        mov     qword [other_level_3], ept_level_2 + EPT_ALL
        mov     qword [other_level_3 + 8], other_window_2 + EPT_ALL
        mov     qword [other_window_2], other_window_1 + EPT_ALL
        mov     qword [other_window_1 + SLOT_VIEW * 8], frame_b + (LEAF | EPT_ALL)
        mov     qword [page_directory_pointers + 8], window_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, WINDOW + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE)
        mov     [window_directory], rax
        mov     rax, MARKER_A
        mov     [frame_a], rax
        mov     rax, MARKER_B
        mov     [frame_b], rax
        mov     qword [eptp_list], ept_level_4 + (EPTP_WALK_4 | EPTP_MEMORY_WB)
        mov     qword [eptp_list + 8], other_level_4 + (EPTP_WALK_4 | EPTP_MEMORY_WB)
        mov     qword [eptp_list + 16], other_level_4 + (EPTP_WALK_4 | 7)
        ret

; eax: secondary controls beside EPT, rdx: what L2 executes
load:
        or      eax, SECONDARY_EPT
        mov     [wanted.secondary], eax
        mov     [l2_entry], rdx
        call    vmcs_load
        mov     ecx, EPT_POINTER
        vmwrite rcx, [eptp_list]
        ret

; ---- EPTP switching ----

switching:
        offered_or_skip SECONDARY_VM_FUNCTIONS, "switch", "switch.back", "switch.beyond", "switch.invalid", "switch.other-function"
        verdict_begin "switch"
        mov     eax, 0
        mov     ecx, 1
        call    switch_view
        verdict_begin "switch.back"
        mov     eax, 0
        mov     ecx, 0
        call    switch_view
        verdict_begin "switch.beyond"
        mov     eax, 0
        mov     ecx, BEYOND_LIST
        call    switch_view
        verdict_begin "switch.invalid"
        mov     eax, 0
        mov     ecx, 2
        call    switch_view
        verdict_begin "switch.other-function"
        mov     eax, 1
        mov     ecx, 1
        call    switch_view
        ret

; eax, ecx: what L2 gives VMFUNC
switch_view:
        mov     [l2.rax], rax
        mov     [l2.rcx], rcx
        mov     eax, SECONDARY_VM_FUNCTIONS
        mov     edx, l2_switches
        call    load
        mov     ecx, VM_FUNCTION_CONTROLS
        mov     eax, SWITCH_EPTP
        vmwrite rcx, rax
        mov     ecx, EPTP_LIST
        mov     eax, eptp_list
        vmwrite rcx, rax
        call    l2_run
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        jne     .exit
        mov     rax, [l2.rbx]
        call    put_hex64
        say     " "
        mov     rax, [l2.rdx]
        call    put_hex64
        jmp     .end
.exit:  call    put_entry_outcome
.end:   verdict_end
        ret

; ---- #VE ----

exceptions:
        offered_or_skip SECONDARY_VE, "ve", "ve.area", "ve.index", "ve.busy", "ve.suppressed", "ve.wanted-by-l1"
        xor     ebx, ebx
        mov     edi, SLOT_ADDRESS(SLOT_ABSENT) + 0x123
        verdict_begin "ve"
        call    read_absent
        verdict_begin "ve.area"
        mov     rax, [area]
        call    put_hex
        say     " qualification "
        mov     rax, [area + 8]
        call    put_hex
        say     " linear "
        mov     rax, [area + 16]
        call    put_hex
        say     " physical "
        mov     rax, [area + 24]
        call    put_hex
        verdict_end
        verdict_begin "ve.index"
        movzx   eax, word [area + 32]
        call    put_hex
        verdict_end
        verdict_begin "ve.busy"
        call    read_absent
        mov     dword [area + 4], 0
        mov     edi, SLOT_ADDRESS(SLOT_SUPPRESSED) + 0x123
        verdict_begin "ve.suppressed"
        call    read_absent
        mov     ebx, EXCEPTION_VE
        mov     edi, SLOT_ADDRESS(SLOT_ABSENT) + 0x123
        verdict_begin "ve.wanted-by-l1"
        call    read_absent
        ret

; L2 reads at rdi. ebx: exceptions that L1 wants to see.
read_absent:
        mov     [l2.rdi], rdi
        push    rdi
        mov     eax, SECONDARY_VE
        mov     edx, l2_reads
        call    load
        mov     ecx, INFORMATION_AREA
        mov     eax, area
        vmwrite rcx, rax
        mov     ecx, EPTP_INDEX
        mov     eax, 5
        vmwrite rcx, rax
        mov     ecx, EXCEPTION_BITMAP
        vmwrite rcx, rbx
        call    l2_run
        pop     rdi
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        jne     .exit
        call    put_trap
        jmp     .end
.exit:  call    put_entry_outcome
        cmp     dword [exit_reason], EXIT_REASON_EXCEPTION
        jne     .end
        say     " "
        mov     ecx, EXIT_INTERRUPTION
        vmread  rax, rcx
        call    put_hex
.end:   verdict_end
        ret

; ---- Sub-page write permissions ----

parts:
        offered_or_skip SECONDARY_PARTS, "parts.allowed", "parts.denied", "parts.last", "parts.miss", "parts.misconfigured", "parts.changed"
        mov     rax, frame_a + (LEAF | EPT_READ)
        bts     rax, 61
        mov     [window_level_1 + SLOT_PARTS * 8], rax
        mov     [window_level_1 + SLOT_NO_PARTS * 8], rax
        mov     [window_level_1 + SLOT_WRONG_PARTS * 8], rax
        mov     qword [parts_4], parts_3 + 1
        mov     qword [parts_3 + (WINDOW >> 30) * 8], parts_2 + 1
        mov     qword [parts_2], parts_1 + 1
        ; 128 bytes from 80H, and the last 128
        mov     eax, 1 << 2
        bts     rax, 62
        mov     [parts_1 + SLOT_PARTS * 8], rax
        mov     qword [parts_1 + SLOT_WRONG_PARTS * 8], 2
        mov     eax, SECONDARY_PARTS
        mov     edx, l2_writes
        call    load
        mov     ecx, PARTS_POINTER
        mov     eax, parts_4
        vmwrite rcx, rax
        mov     edi, SLOT_ADDRESS(SLOT_PARTS) + 0x88
        verdict_begin "parts.allowed"
        call    write_part
        mov     edi, SLOT_ADDRESS(SLOT_PARTS) + 0x100
        verdict_begin "parts.denied"
        call    write_part
        mov     edi, SLOT_ADDRESS(SLOT_PARTS) + 0xff8
        verdict_begin "parts.last"
        call    write_part
        ; A page of another 2 MiB, which the table does not reach
        mov     edi, SLOT_ADDRESS(SLOT_NO_PARTS) + 8
        mov     qword [parts_2], 0
        verdict_begin "parts.miss"
        call    write_part
        mov     qword [parts_2], parts_1 + 1
        mov     edi, SLOT_ADDRESS(SLOT_WRONG_PARTS) + 8
        verdict_begin "parts.misconfigured"
        call    write_part
        mov     eax, 1 << 4
        mov     [parts_1 + SLOT_PARTS * 8], rax
        mov     edi, SLOT_ADDRESS(SLOT_PARTS) + 0x100
        verdict_begin "parts.changed"
        call    write_part
        ret

; L2 writes at rdi.
write_part:
        mov     [l2.rdi], rdi
        mov     rax, MARKER_B
        mov     [l2.rsi], rax
        mov     ecx, GUEST_RIP
        mov     eax, l2_writes
        vmwrite rcx, rax
        call    l2_run
        call    put_entry_outcome
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        je      .value
        say     " qualification "
        mov     rax, [exit_qualification]
        call    put_hex
        say     " physical "
        mov     ecx, GUEST_PHYSICAL_ADDRESS
        vmread  rax, rcx
        call    put_hex
        jmp     .end
.value: say     " "
        mov     edi, [l2.rdi]
        and     edi, 0xfff
        mov     rax, [frame_a + rdi]
        call    put_hex64
.end:   verdict_end
        ret

; ---- L2 ----

l2_switches:
        mov     edi, SLOT_ADDRESS(SLOT_VIEW)
        mov     rbx, [rdi]
        vmfunc
        mov     rdx, [rdi]
        vmcall

l2_reads:
        guarded mov rax, [rdi]
        vmcall

l2_writes:
        mov     [rdi], rsi
        vmcall

        section .bss
        alignb  4096
window_level_2:     resb 4096
window_level_1:     resb 4096
window_directory:   resb 4096
other_level_4:      resb 4096
other_level_3:      resb 4096
other_window_2:     resb 4096
other_window_1:     resb 4096
frame_a:            resb 4096
frame_b:            resb 4096
eptp_list:          resb 4096
area:               resb 4096
parts_4:            resb 4096
parts_3:            resb 4096
parts_2:            resb 4096
parts_1:            resb 4096

%include "image-end.inc"
