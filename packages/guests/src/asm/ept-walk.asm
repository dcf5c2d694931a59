; What extended page tables do with an access of L2: leaves of every size, violations, misconfigurations, and entries that
; change under cached translations. L2 shares L1's page tables; everything below 64 MiB is mapped onto itself so that it
; runs, and the tests happen in windows above, where guest-physical and physical addresses differ: the value read proves
; the walk.
;
;   linear and guest-physical   EPT
;   0x40000000                  4 KiB leaves, one slot for each test
;   0x40200000                  a 2 MiB leaf
;   0x40400000 to 0x40800000    entries with reserved bits
;   0x80000000                  a 1 GiB leaf
;   0xc0000000 (linear only)    L2's page directory for it lies in a slot

%define GUEST_NAME "ept-walk"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"

WINDOW              equ 0x40000000
WINDOW_2M           equ 0x40200000
WINDOW_RESERVED_12  equ 0x40400000
WINDOW_RESERVED_13  equ 0x40600000
WINDOW_RESERVED_3   equ 0x40800000
WINDOW_2M_PAGES     equ 5
WINDOW_1G           equ 0x80800000      ; the 1 GiB leaf maps 0x80000000 to 0
WINDOW_WALK         equ 0xc0000000

; Physical memory behind the large leaves
FRAME_2M            equ 0x00a00000
FRAME_1G            equ 0x00800000
OFFSET_2M           equ 0x00012340
OFFSET_1G           equ 0x00056780

MARKER_A            equ 0xaaaaaaaa00000001
MARKER_B            equ 0xbbbbbbbb00000002
MARKER_2M           equ 0x22222222000000d2
MARKER_1G           equ 0x11111111000000d1
WRITTEN             equ 0x77777777000000e7
FETCHED             equ 0x0000c0de

SLOT_DATA           equ 0
SLOT_CODE           equ 1
SLOT_ABSENT         equ 2
SLOT_READ_ONLY      equ 3
SLOT_NO_EXECUTE     equ 4
SLOT_DIRECTORY      equ 5
SLOT_WRONG          equ 6
SLOT_CHANGING       equ 7

%define SLOT_ADDRESS(slot)  (WINDOW + (slot) * 4096)
%define SLOT_ENTRY(slot)    (window_level_1 + (slot) * 8)
LEAF                equ EPT_MEMORY_WB
EPT_ACCESSED        equ 1 << 8
EPT_DIRTY           equ 1 << 9
PAGE_ACCESSED       equ 1 << 5

INVEPT_SINGLE       equ 1
INVEPT_ALL          equ 2
EPT_CAP_WB          equ 14
EPT_CAP_INVEPT      equ 20
EPT_CAP_SINGLE      equ 25
EPT_CAP_ALL         equ 26

; l2_read / l2_write / l2_fetch address: what L2 does next
%macro l2_read 1
        mov     edi, %1
        mov     eax, l2_reads
        call    l2_do
%endmacro
%macro l2_write 1
        mov     edi, %1
        mov     eax, l2_writes
        call    l2_do
%endmacro
%macro l2_fetch 1
        mov     edi, %1
        mov     eax, l2_fetches
        call    l2_do
%endmacro
; ept_case "id", l2_read, address: and print what came of it
%macro ept_case 3
        verdict_begin %1
        %2      %3
        call    put_access
%endmacro
%macro map 2                            ; slot, frame and bits
        mov     qword [SLOT_ENTRY(%1)], %2
%endmacro

        section .text
        bits    64
        default rel

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
        call    prepare_windows
        call    vmx_on
        mov     dword [wanted.secondary], SECONDARY_EPT
        call    load
        call    leaves
        call    violations
        call    violations_of_the_walk
        call    misconfigurations
        call    changes
        call    accessed_and_dirty
        vmxoff
.done:  ret

prepare_windows:
        call    ept_identity
        mov     qword [ept_level_3 + 8], window_level_2 + EPT_ALL
        mov     qword [window_level_2], window_level_1 + EPT_ALL
        mov     qword [window_level_2 + 8], FRAME_2M + (LEAF | EPT_LARGE | EPT_ALL)
        mov     qword [window_level_2 + 16], FRAME_2M + (LEAF | EPT_LARGE | EPT_ALL | 1 << 12)
        mov     qword [window_level_2 + 24], FRAME_2M + (LEAF | EPT_LARGE | EPT_ALL | 1 << 13)
        mov     qword [window_level_2 + 32], window_level_1 + (EPT_ALL | 1 << 3)
        mov     qword [ept_level_3 + 16], LEAF | EPT_LARGE | EPT_ALL

        ; L1's tables, which are L2's as well: 2 MiB pages of guest-physical addresses L1 itself has nothing at
        mov     qword [page_directory_pointers + 8], window_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, WINDOW + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE)
        mov     edi, window_directory
        mov     ecx, WINDOW_2M_PAGES
.next:  mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .next
        mov     qword [page_directory_pointers + 16], window_directory_1g + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, WINDOW_1G + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE)
        mov     [window_directory_1g + (WINDOW_1G >> 21 & 511) * 8], rax
        mov     qword [page_directory_pointers + 24], SLOT_ADDRESS(SLOT_DIRECTORY) + (PAGE_PRESENT | PAGE_WRITE)
        mov     qword [frame_directory], WINDOW_2M + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE)

        mov     rax, MARKER_A
        mov     [frame_a], rax
        mov     rax, MARKER_B
        mov     [frame_b], rax
        mov     rax, MARKER_2M
        mov     [abs FRAME_2M + OFFSET_2M], rax
        mov     rax, MARKER_1G
        mov     [abs FRAME_1G + OFFSET_1G], rax
        mov     eax, 0x00c0deb8         ; B8 DE C0 00 00 C3: mov eax, 0xc0de; ret
        mov     [frame_code], eax
        mov     word [frame_code + 4], 0xc300

        mov     eax, ept_level_4 + EPTP_WALK_4
        bt      dword [caps.ept_vpid], EPT_CAP_WB
        jnc     .uncacheable
        or      eax, EPTP_MEMORY_WB
.uncacheable:
        mov     [ept_pointer], rax
        ret

; A fresh VMCS with EPT on
load:
        call    vmcs_load
        mov     ecx, EPT_POINTER
        vmwrite rcx, [ept_pointer]
        test    dword [wanted.secondary], SECONDARY_VPID
        jz      .done
        mov     ecx, VPID
        mov     eax, 1
        vmwrite rcx, rax
.done:  ret

; eax: what L2 executes, rdi: the address it does that to
l2_do:
        mov     ecx, GUEST_RIP
        vmwrite rcx, rax
        mov     ecx, GUEST_RSP
        mov     eax, l2_stack_top
        vmwrite rcx, rax
        mov     [l2.rdi], rdi
        mov     rax, WRITTEN
        mov     [l2.rsi], rax
        mov     qword [l2.rax], 0
        jmp     l2_run

; "0xaaaaaaaa00000001" (what L2 got), "exit 48 qualification 0x181 physical 0x40002000 linear 0x40002000"
put_access:
        cmp     dword [outcome], OUTCOME_EXIT
        jne     .other
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        je      .value
        cmp     dword [exit_reason], EXIT_REASON_EPT_VIOLATION
        je      .violation
        cmp     dword [exit_reason], EXIT_REASON_EPT_MISCONFIGURATION
        je      .misconfiguration
.other: call    put_entry_outcome
        jmp     .end
.value: mov     rax, [l2.rax]
        call    put_hex64
        jmp     .end
.violation:
        say     "exit 48 qualification "
        mov     rax, [exit_qualification]
        call    put_hex
        call    put_physical
        say     " linear "
        mov     eax, GUEST_LINEAR_ADDRESS
        vmread  rax, rax
        call    put_hex
        jmp     .end
.misconfiguration:
        say     "exit 49"
        call    put_physical
.end:   verdict_end
        ret

put_physical:
        say     " physical "
        mov     eax, GUEST_PHYSICAL_ADDRESS
        vmread  rax, rax
        jmp     put_hex

leaves:
        map     SLOT_DATA, frame_a + (LEAF | EPT_ALL)
        map     SLOT_CODE, frame_code + (LEAF | EPT_ALL)
        ept_case "leaf-4k.read", l2_read, SLOT_ADDRESS(SLOT_DATA)
        ept_case "leaf-4k.write", l2_write, SLOT_ADDRESS(SLOT_DATA) + 8
        verdict_begin "leaf-4k.written"
        mov     rax, [frame_a + 8]
        call    put_hex64
        verdict_end
        ept_case "leaf-4k.fetch", l2_fetch, SLOT_ADDRESS(SLOT_CODE)
        ept_case "leaf-2m.read", l2_read, WINDOW_2M + OFFSET_2M
        ; Where 1 GiB leaves are not offered, bit 7 is reserved in an entry of that level.
        ept_case "leaf-1g.read", l2_read, WINDOW_1G + OFFSET_1G
        ret

violations:
        map     SLOT_READ_ONLY, frame_a + (LEAF | EPT_READ)
        map     SLOT_NO_EXECUTE, frame_code + (LEAF | EPT_READ | EPT_WRITE)
        ept_case "not-present.read", l2_read, SLOT_ADDRESS(SLOT_ABSENT) + 0x123
        ept_case "not-present.write", l2_write, SLOT_ADDRESS(SLOT_ABSENT) + 0x123
        ept_case "not-present.fetch", l2_fetch, SLOT_ADDRESS(SLOT_ABSENT) + 0x123
        ept_case "read-only.read", l2_read, SLOT_ADDRESS(SLOT_READ_ONLY)
        ept_case "read-only.write", l2_write, SLOT_ADDRESS(SLOT_READ_ONLY)
        ept_case "read-only.fetch", l2_fetch, SLOT_ADDRESS(SLOT_READ_ONLY)
        ept_case "no-execute.fetch", l2_fetch, SLOT_ADDRESS(SLOT_NO_EXECUTE)

        map     SLOT_WRONG, frame_code + (LEAF | EPT_EXECUTE)
        ; Where execute-only is not offered, these two are misconfigurations.
        ept_case "execute-only.fetch", l2_fetch, SLOT_ADDRESS(SLOT_WRONG)
        ept_case "execute-only.read", l2_read, SLOT_ADDRESS(SLOT_WRONG)
        ret

; L2's own tables are guest-physical too: reading an entry, and setting its accessed flag, are accesses of their own.
violations_of_the_walk:
        map     SLOT_DIRECTORY, 0
        ept_case "walk.directory-not-present", l2_read, WINDOW_WALK + OFFSET_2M
        map     SLOT_DIRECTORY, frame_directory + (LEAF | EPT_READ)
        call    invalidate
        ept_case "walk.directory-read-only", l2_read, WINDOW_WALK + OFFSET_2M
        verdict_begin "walk.directory-read-only.accessed-flag"
        movzx   eax, byte [frame_directory]
        and     eax, PAGE_ACCESSED
        call    put_hex
        verdict_end
        or      byte [frame_directory], PAGE_ACCESSED
        ept_case "walk.directory-read-only-accessed-set", l2_read, WINDOW_WALK + OFFSET_2M
        ret

misconfigurations:
        map     SLOT_WRONG, frame_a + (LEAF | EPT_WRITE)
        call    invalidate
        ept_case "misconfigured.write-only", l2_read, SLOT_ADDRESS(SLOT_WRONG)
        map     SLOT_WRONG, frame_a + (LEAF | EPT_WRITE | EPT_EXECUTE)
        call    invalidate
        ept_case "misconfigured.write-and-execute", l2_read, SLOT_ADDRESS(SLOT_WRONG)
        map     SLOT_WRONG, frame_a + (EPT_ALL | 2 << 3)
        call    invalidate
        ept_case "misconfigured.memory-type-2", l2_read, SLOT_ADDRESS(SLOT_WRONG)
        map     SLOT_WRONG, frame_a + (EPT_ALL | 7 << 3)
        call    invalidate
        ept_case "misconfigured.memory-type-7", l2_write, SLOT_ADDRESS(SLOT_WRONG)

        verdict_begin "misconfigured.address-too-wide"
        call    bit_beyond_width
        bt      rax, 52
        jc      .every_address
        or      rax, LEAF | EPT_ALL
        mov     [SLOT_ENTRY(SLOT_WRONG)], rax
        call    invalidate
        l2_read SLOT_ADDRESS(SLOT_WRONG)
        call    put_access
        jmp     .reserved
.every_address:
        say     "SKIP no such bit", 10
.reserved:
        ; In a large page of ordinary paging bit 12 would be the PAT flag; in an EPT leaf it is as reserved as bit 13.
        ept_case "misconfigured.bit-12-in-2m-leaf", l2_read, WINDOW_RESERVED_12
        ept_case "misconfigured.bit-13-in-2m-leaf", l2_read, WINDOW_RESERVED_13
        ept_case "misconfigured.bit-3-in-table-entry", l2_read, WINDOW_RESERVED_3
        ret

; Entries change under L2. From not present to present and from less to more permission nothing has to be done; otherwise
; without INVEPT it is the processor's choice whether the old translation is still in use.
changes:
        map     SLOT_CHANGING, 0
        call    invalidate
        l2_read SLOT_ADDRESS(SLOT_CHANGING)
        map     SLOT_CHANGING, frame_a + (LEAF | EPT_READ)
        ept_case "change.made-present", l2_read, SLOT_ADDRESS(SLOT_CHANGING)
        l2_write SLOT_ADDRESS(SLOT_CHANGING) + 16
        map     SLOT_CHANGING, frame_a + (LEAF | EPT_READ | EPT_WRITE)
        verdict_begin "change.made-writable"
        l2_write SLOT_ADDRESS(SLOT_CHANGING) + 16
        call    put_completed
        map     SLOT_CHANGING, frame_a + (LEAF | EPT_READ)
        verdict_begin "change.made-read-only-without-invept"
        l2_write SLOT_ADDRESS(SLOT_CHANGING) + 16
        call    put_completed
        call    invalidate
        verdict_begin "change.made-read-only-with-invept"
        l2_write SLOT_ADDRESS(SLOT_CHANGING) + 16
        call    put_completed

        verdict_begin "change.other-frame-without-invept"
        call    change_frame
        call    put_freshness
        verdict_begin "change.other-frame-with-invept-single"
        mov     ebx, INVEPT_SINGLE
        mov     ecx, EPT_CAP_SINGLE
        call    change_frame_with_invept
        verdict_begin "change.other-frame-with-invept-all"
        mov     ebx, INVEPT_ALL
        mov     ecx, EPT_CAP_ALL
        call    change_frame_with_invept

        ; With a VPID translations survive entries and exits.
        verdict_begin "change.other-frame-without-invept-with-vpid"
        test    dword [caps.secondary + 4], SECONDARY_VPID
        jz      .no_vpid
        or      dword [wanted.secondary], SECONDARY_VPID
        call    load
        call    change_frame
        call    put_freshness
        verdict_begin "change.other-frame-with-invept-with-vpid"
        mov     ebx, INVEPT_SINGLE
        mov     ecx, EPT_CAP_SINGLE
        jmp     change_frame_with_invept
.no_vpid:
        say     "SKIP not offered", 10
        verdict_text "change.other-frame-with-invept-with-vpid", "SKIP not offered"
        ret

; L2 reads frame A, its slot changes to frame B, and it reads the same address again.
change_frame:
        call    read_frame_a
        map     SLOT_CHANGING, frame_b + (LEAF | EPT_READ)
        l2_read SLOT_ADDRESS(SLOT_CHANGING)
        ret

; The same with INVEPT of type ebx, whose bit in the capability MSR is ecx, in between
change_frame_with_invept:
        bt      dword [caps.ept_vpid], ecx
        jnc     .absent
        call    read_frame_a
        map     SLOT_CHANGING, frame_b + (LEAF | EPT_READ)
        guarded invept rbx, [ept_pointer]
        l2_read SLOT_ADDRESS(SLOT_CHANGING)
        jmp     put_freshness
.absent:
        say     "SKIP not offered", 10
        ret

read_frame_a:
        map     SLOT_CHANGING, frame_a + (LEAF | EPT_READ)
        call    invalidate
        l2_read SLOT_ADDRESS(SLOT_CHANGING)
        ret

put_freshness:
        mov     rax, MARKER_B
        cmp     [l2.rax], rax
        je      .fresh
        mov     rax, MARKER_A
        cmp     [l2.rax], rax
        jne     put_access
        say     "stale", 10
        ret
.fresh: say     "fresh", 10
        ret

put_completed:
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        jne     put_access
        say     "completed", 10
        ret

; All of EPT's cached translations, by whatever the processor has for that
invalidate:
        mov     eax, INVEPT_ALL
        bt      dword [caps.ept_vpid], EPT_CAP_ALL
        jc      .do
        mov     eax, INVEPT_SINGLE
.do:    guarded invept rax, [ept_pointer]
        ret

accessed_and_dirty:
        map     SLOT_DATA, frame_a + (LEAF | EPT_ALL)
        bt      dword [caps.ept_vpid], EPT_CAP_ACCESSED_DIRTY
        jnc     .absent
        or      qword [ept_pointer], EPTP_ACCESSED_DIRTY
        call    load
        call    invalidate
        verdict_begin "accessed-dirty.after-read"
        l2_read SLOT_ADDRESS(SLOT_DATA)
        call    put_flags
        verdict_begin "accessed-dirty.after-write"
        l2_write SLOT_ADDRESS(SLOT_DATA) + 8
        jmp     put_flags
.absent:
        verdict_text "accessed-dirty.after-read", "SKIP not offered"
        verdict_text "accessed-dirty.after-write", "SKIP not offered"
        ret

put_flags:
        mov     rax, [SLOT_ENTRY(SLOT_DATA)]
        and     eax, EPT_ACCESSED | EPT_DIRTY
        call    put_hex
        verdict_end
        ret

; ---- L2 ----

l2_reads:
        mov     rax, [rdi]
        vmcall
l2_writes:
        mov     [rdi], rsi
        mov     rax, [rdi]
        vmcall
l2_fetches:
        call    rdi
        vmcall

        section .bss
        alignb  4096
window_level_2:         resb 4096
window_level_1:         resb 4096
window_directory:       resb 4096
window_directory_1g:    resb 4096
frame_a:                resb 4096
frame_b:                resb 4096
frame_code:             resb 4096
frame_directory:        resb 4096
ept_pointer:            resq 2          ; and the reserved half of an INVEPT descriptor

%include "image-end.inc"
