; Where physical addresses end. An address with bit 38, 39 or 40 set that no memory answers to is used as the operand of VMX
; instructions, in the VMCS and in a page-table entry. Beyond the width of the processor each of these is refused in its own
; way; below it, it is an address like any other. An L0 that shows its guest another width than the silicon has gets both.

%define GUEST_NAME "physical-address-width"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"
%include "entry-cases.inc"

FIRST_BIT           equ 38
LAST_BIT            equ 40
; A 4 KiB page that only this test maps, just above the identity map
PROBE_PAGE          equ MAPPED_2M_PAGES * 0x200000

%macro width_verdict 1
        say     "verdict ", %1, ".bit"
        call    put_bit
%endmacro

; One instruction per bit; r13: the bit, r12: the address
%macro operand_case 2+
        width_verdict %1
        guarded %2
        call    put_vmx_outcome
        verdict_end
%endmacro

        section .text
        bits    64
        default rel

main:
        verdict_begin "width"
        mov     eax, 0x80000008
        cpuid
        movzx   eax, al
        call    put_decimal
        verdict_end

        mov     esi, page_table_case
        call    for_each_bit
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        mov     esi, vmxon_case
        call    for_each_bit
        call    vmx_on
        ; An error needs a current VMCS to have a number.
        vmclear [vmcs_pointer]
        vmptrld [vmcs_pointer]
        mov     esi, pointer_cases
        call    for_each_bit
        vmclear [vmcs_pointer]
        mov     ebx, cases
        mov     r14d, cases_end
        call    run_entry_cases
        vmxoff
.done:  ret

; esi: a routine that takes the bit in r13 and the address in r12 and in [address]
for_each_bit:
        mov     r13d, FIRST_BIT
.next:  xor     r12d, r12d
        bts     r12, r13
        mov     [address], r12
        push    rsi
        call    rsi
        pop     rsi
        inc     r13d
        cmp     r13d, LAST_BIT
        jbe     .next
        ret

put_bit:
        push    rax
        mov     eax, r13d
        call    put_decimal
        say     " = "
        pop     rax
        ret

; L1's own page table: reserved bits are a page fault with the RSVD flag, below the width it is a read from nowhere.
page_table_case:
        width_verdict "pte"
        mov     qword [page_directory + MAPPED_2M_PAGES * 8], probe_table + (PAGE_PRESENT | PAGE_WRITE)
        mov     rax, r12
        or      rax, PAGE_PRESENT | PAGE_WRITE
        mov     [probe_table], rax
        mov     edi, PROBE_PAGE
        invlpg  [rdi]
        guarded mov al, [rdi]
        cmp     dword [trap_vector], TRAP_NONE
        jne     .trap
        movzx   eax, al
        say     "reads "
        call    put_hex
        verdict_end
        ret
.trap:  call    put_trap
        verdict_end
        ret

vmxon_case:
        operand_case "vmxon", vmxon [address]
        cmp     dword [trap_vector], TRAP_NONE
        jne     .done
        test    byte [trap_flags], FLAG_CF | FLAG_ZF
        jnz     .done
        vmxoff
.done:  ret

pointer_cases:
        operand_case "vmclear", vmclear [address]
        operand_case "vmptrld", vmptrld [address]
        ret

; The VMCS: each address in its own field. A bitmap of nothing but ones intercepts everything, but these L2s only call back.
%macro cases_of_bit 1
        entry_case %strcat("msr-bitmap.bit", %1)
        processor PROCESSOR_MSR_BITMAPS
        set     MSR_BITMAP, ADDRESS
        entry_case %strcat("io-bitmap.bit", %1)
        processor PROCESSOR_IO_BITMAPS
        set     IO_BITMAP_A, ADDRESS
        set     IO_BITMAP_B, ADDRESS
        entry_case %strcat("virtual-apic.bit", %1)
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set     VIRTUAL_APIC_ADDRESS, ADDRESS
        entry_case %strcat("entry-msr-load.bit", %1)
        set     ENTRY_MSR_LOAD_COUNT, 1
        set     ENTRY_MSR_LOAD_ADDRESS, ADDRESS
        entry_case %strcat("link-pointer.bit", %1)
        set     VMCS_LINK_POINTER, ADDRESS
        entry_case %strcat("eptp.bit", %1)
        secondary SECONDARY_EPT
        set     EPT_POINTER, ADDRESS + EPTP_MEMORY_WB + EPTP_WALK_4
%endmacro

        section .rodata
cases:
%define ADDRESS (1 << 38)
        cases_of_bit "38"
%define ADDRESS (1 << 39)
        cases_of_bit "39"
%define ADDRESS (1 << 40)
        cases_of_bit "40"
        db      OP_END
cases_end:

        section .bss
        alignb  4096
probe_table:    resb 4096
address:        resq 1

%include "image-end.inc"
