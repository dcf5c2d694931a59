; VMRUNs of VMCBs that are valid but for one thing, and of some that only look wrong: `valid`, `io-map-unaligned` and `msr-map-unaligned` are
; the counter-check. What a failed VMRUN leaves behind, and whose page-attribute table a guest with nested paging has.

%define GUEST_NAME "vmrun-checks"
%include "hvdiff.inc"
%include "svm.inc"

VMCB_INTERCEPT_NMI  equ 1 << 1          ; vector 3
VMCB_IOPM           equ 0x040
VMCB_MSRPM          equ 0x048
VMCB_INTERRUPTS     equ 0x060
VMCB_EVENT          equ 0x0a8
V_NMI_ENABLE        equ 1 << 26
CPUID_VNMI          equ 25              ; 8000000AH, EDX
EFER_LMA            equ 1 << 10
EFER_RESERVED       equ 1 << 9
CR0_NW              equ 1 << 29
CR0_CD              equ 1 << 30
BIT_63              equ 1 << 31         ; of a high half
CODE_LONG           equ 1 << 9          ; of the attributes
CODE_DEFAULT        equ 1 << 10
EVENT_VALID         equ 1 << 31
EVENT_EXCEPTION     equ 3 << 8
EVENT_RESERVED_TYPE equ 1 << 8
VECTOR_OF           equ 4
VECTOR_NMI          equ 2

APIC_BASE           equ 0xfee00000
APIC_ID             equ 0x020
APIC_ICR_LOW        equ 0x300
APIC_ICR_HIGH       equ 0x310
ICR_NMI             equ 0x4400
PATIENCE            equ 2000

; Entries of two page-attribute tables that differ from the one at reset in their first
PAT_OF_GUEST        equ 0x00070401
PAT_WRITTEN         equ 0x00070405

OP_END              equ 0
OP_SET              equ 1
OP_OR               equ 2
OP_CLEAR            equ 3
OP_NEED             equ 4               ; a bit of CPUID 8000000AH, EDX
OP_SIZE             equ 9

%macro run_op 3
        db      %1
        dd      %2, %3
%endmacro
%define first_case
%macro run_case 1
  %ifndef first_case
        db      OP_END
  %endif
  %undef first_case
        db      %1, 0
%endmacro
%macro set 2
        run_op  OP_SET, %1, %2
%endmacro
%macro or_bits 2
        run_op  OP_OR, %1, %2
%endmacro
%macro clear_bits 2
        run_op  OP_CLEAR, %1, %2
%endmacro
%macro need 1
        run_op  OP_NEED, %1, 0
%endmacro
%macro nested_paging 0
        need    CPUID_NPT
        or_bits VMCB_NESTED_CONTROL, NESTED_PAGING
%endmacro

        section .rodata
cases:
        run_case "valid"
        run_case "efer-svme-clear"
        clear_bits VMCB_EFER, EFER_SVME
        run_case "efer-reserved"
        or_bits VMCB_EFER, EFER_RESERVED
        run_case "efer-high"
        or_bits VMCB_EFER + 4, 1
        run_case "cr0-nw-without-cd"
        or_bits VMCB_CR0, CR0_NW
        run_case "cr0-high"
        or_bits VMCB_CR0 + 4, 1
        run_case "cr3-reserved"
        or_bits VMCB_CR3 + 4, BIT_63
        run_case "cr4-reserved"
        or_bits VMCB_CR4, 1 << 31
        run_case "cr4-high"
        or_bits VMCB_CR4 + 4, 1
        run_case "dr6-high"
        or_bits VMCB_DR6 + 4, 1
        run_case "dr7-high"
        or_bits VMCB_DR7 + 4, 1
        run_case "long-mode-without-pae"
        clear_bits VMCB_CR4, CR4_PAE
        run_case "long-mode-without-protection"
        clear_bits VMCB_CR0, CR0_PE
        run_case "cs-long-and-default"
        or_bits VMCB_CS, CODE_DEFAULT << 16
        run_case "vmrun-not-intercepted"
        clear_bits VMCB_INTERCEPTS_4, INTERCEPT_VMRUN
        run_case "msr-map-too-high"
        set     VMCB_MSRPM + 4, BIT_63
        run_case "io-map-too-high"
        set     VMCB_IOPM + 4, BIT_63
        run_case "msr-map-unaligned"
        or_bits VMCB_MSRPM, 0xfff
        run_case "io-map-unaligned"
        or_bits VMCB_IOPM, 0xfff
        run_case "event-of-reserved-type"
        set     VMCB_EVENT, EVENT_VALID | EVENT_RESERVED_TYPE
        run_case "event-exception-2"
        set     VMCB_EVENT, EVENT_VALID | EVENT_EXCEPTION | VECTOR_NMI
        run_case "event-exception-22"
        set     VMCB_EVENT, EVENT_VALID | EVENT_EXCEPTION | 22
        run_case "event-overflow-in-64-bit-mode"
        set     VMCB_EVENT, EVENT_VALID | EVENT_EXCEPTION | VECTOR_OF
        run_case "asid-0"
        set     VMCB_ASID, 0
        run_case "tlb-control-2"
        set     VMCB_TLB_CONTROL, 2
        run_case "tlb-control-3"
        set     VMCB_TLB_CONTROL, 3
        run_case "tlb-control-7"
        set     VMCB_TLB_CONTROL, 7
        run_case "tlb-control-8"
        set     VMCB_TLB_CONTROL, 8
        run_case "virtual-nmi-without-intercept"
        need    CPUID_VNMI
        set     VMCB_INTERRUPTS, V_NMI_ENABLE
        run_case "pdpte-reserved"
        clear_bits VMCB_EFER, EFER_LME | EFER_LMA
        clear_bits VMCB_CS, CODE_LONG << 16
        or_bits VMCB_CS, CODE_DEFAULT << 16
        set     VMCB_CR3, bad_pointers
        run_case "nested-valid"
        nested_paging
        run_case "nested-pat-type-2"
        nested_paging
        set     VMCB_PAT, 0x00070402
        run_case "nested-pat-type-8"
        nested_paging
        set     VMCB_PAT + 4, 0x08070406
        db      OP_END
cases_end:

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        mov     edi, host_save_area
        call    svm_on
        call    make_tables
        mov     edi, template
        mov     esi, l2
        mov     edx, l2_stack_top
        call    vmcb_fill
        mov     dword [rdi + VMCB_NESTED_CR3], npt_level_4
        mov     dword [rdi + VMCB_IOPM], io_map
        mov     dword [rdi + VMCB_MSRPM], msr_map
        mov     eax, 0x8000000a
        cpuid
        mov     [features], edx
        mov     ebx, cases
        call    run_cases
        call    flag_after_failure
        call    page_attributes
.done:  ret

; The first gibibyte onto itself, for nested paging
make_tables:
        mov     qword [npt_level_4], npt_level_3 + 7
        mov     qword [npt_level_3], npt_level_2 + 7
        mov     eax, 7 | PAGE_LARGE
        mov     edi, npt_level_2
        mov     ecx, 512
.next:  mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .next
        mov     qword [bad_pointers], PAGE_PRESENT | PAGE_WRITE
        ret

; rbx: the first case
run_cases:
.case:  mov     esi, ebx
        say     "verdict "
        call    put_text
        say     " = "
.id:    inc     ebx
        cmp     byte [rbx - 1], 0
        jne     .id
        call    fresh_vmcb
.next:  movzx   eax, byte [rbx]
        test    eax, eax
        jz      .run
        mov     ecx, [rbx + 1]
        mov     edx, [rbx + 5]
        add     ebx, OP_SIZE
        cmp     eax, OP_NEED
        je      .need
        cmp     eax, OP_OR
        je      .or
        cmp     eax, OP_CLEAR
        je      .clear
        mov     [rcx + vmcb], edx
        jmp     .next
.or:    or      [rcx + vmcb], edx
        jmp     .next
.clear: not     edx
        and     [rcx + vmcb], edx
        jmp     .next
.need:  bt      [features], ecx
        jc      .next
        say     "SKIP not offered"
.rest:  cmp     byte [rbx], OP_END
        je      .said
        add     ebx, OP_SIZE
        jmp     .rest
.run:   call    run_l2
        call    put_run
.said:  verdict_end
        inc     ebx
        cmp     ebx, cases_end
        jb      .case
        ret

fresh_vmcb:
        push    rcx
        mov     esi, template
        mov     edi, vmcb
        mov     ecx, 4096 / 8
        rep     movsq
        pop     rcx
        ret

run_l2: mov     eax, vmcb
        clgi
        guarded vmrun
        stgi
        ret

; The exit, or the exception instead of it
put_run:
        cmp     dword [trap_vector], TRAP_NONE
        jne     put_trap
        mov     edi, vmcb
        jmp     put_exit

; A VMRUN that fails is a #VMEXIT, and leaves GIF 0 even where it was 1: an NMI has to wait.
flag_after_failure:
        call    map_apic
        call    fresh_vmcb
        mov     dword [vmcb + VMCB_ASID], 0
        mov     eax, vmcb
        stgi
        guarded vmrun
        guarded call send_nmi
        mov     ebx, [trap_vector]
        guarded call open_and_wait
        verdict_begin "gif-after-failure"
        cmp     ebx, VECTOR_NMI
        je      .on
        cmp     dword [trap_vector], VECTOR_NMI
        jne     .lost
        say     "0"
        jmp     .said
.on:    say     "1"
        jmp     .said
.lost:  say     "no NMI came"
.said:  verdict_end
        ret

send_nmi:
        mov     edi, APIC_BASE
        mov     eax, [rdi + APIC_ID]
        mov     [rdi + APIC_ICR_HIGH], eax
        mov     dword [rdi + APIC_ICR_LOW], ICR_NMI
        jmp     wait_a_while

open_and_wait:
        stgi
wait_a_while:
        mov     ecx, PATIENCE
.next:  pause
        dec     ecx
        jnz     .next
        ret

map_apic:
        mov     qword [page_directory_pointers + 3 * 8], apic_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, APIC_BASE + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | 0x18)
        mov     [apic_directory + (APIC_BASE >> 21 & 511) * 8], rax
        ret

page_attributes:
        mov     ecx, MSR_PAT
        rdmsr
        mov     [own_pat], eax
        mov     [own_pat + 4], edx
        call    fresh_vmcb
        verdict_begin "pat-without-nested-paging"
        call    exchange_pat
        bt      dword [features], CPUID_NPT
        jnc     .done
        call    fresh_vmcb
        or      dword [vmcb + VMCB_NESTED_CONTROL], NESTED_PAGING
        verdict_begin "pat-with-nested-paging"
        call    exchange_pat
.done:  ret

; L2 reads the table and writes it -> the rest of a verdict: whose it has read, and where it has written
exchange_pat:
        mov     dword [vmcb + VMCB_PAT], PAT_OF_GUEST
        mov     qword [vmcb + VMCB_RIP], l2_pat
        call    run_l2
        cmp     dword [trap_vector], TRAP_NONE
        jne     .trap
        cmp     dword [vmcb + VMCB_EXIT_CODE], EXIT_VMMCALL
        jne     .exit
        say     "reads "
        mov     eax, [l2_read]
        cmp     eax, [own_pat]
        je      .own
        cmp     eax, PAT_OF_GUEST
        je      .guest
        call    put_hex
        jmp     .wrote
.own:   say     "its host's"
        jmp     .wrote
.guest: say     "its own"
.wrote: say     ", writes "
        cmp     dword [vmcb + VMCB_PAT], PAT_WRITTEN
        jne     .not_own
        say     "its own"
.not_own:
        mov     ecx, MSR_PAT
        rdmsr
        cmp     eax, PAT_WRITTEN
        jne     .restore
        say     "its host's"
.restore:
        mov     eax, [own_pat]
        mov     edx, [own_pat + 4]
        wrmsr
        verdict_end
        ret
.trap:  call    put_trap
        verdict_end
        ret
.exit:  mov     edi, vmcb
        call    put_exit
        verdict_end
        ret

l2:     vmmcall
        jmp     $

l2_pat: mov     ecx, MSR_PAT
        rdmsr
        mov     [l2_read], eax
        mov     eax, PAT_WRITTEN
        wrmsr
        vmmcall
        jmp     $

        section .bss
        alignb  4096
vmcb:               resb 4096
template:           resb 4096
host_save_area:     resb 4096
npt_level_4:        resb 4096
npt_level_3:        resb 4096
npt_level_2:        resb 4096
bad_pointers:       resb 4096
apic_directory:     resb 4096
io_map:             resb 0x3000
msr_map:            resb 0x2000
l2_stack:           resb 4096
l2_stack_top:
own_pat:            resq 1
l2_read:            resd 1
features:           resd 1

%include "image-end.inc"
