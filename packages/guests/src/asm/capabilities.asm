; What the processor says it can do: CPUID, IA32_FEATURE_CONTROL and every IA32_VMX_* MSR, nothing masked that does not
; vary between two runs.

%define GUEST_NAME "capabilities"
%include "hvdiff.inc"

FIRST_VMX_MSR       equ 0x480
LAST_VMX_MSR        equ 0x491

; cpuid_row leaf, subleaf, "name": one row of the table below
%macro cpuid_row 3
        dd      %1, %2
        db      %3, 0
        times   24 - 8 - %strlen(%3) - 1 db 0
%endmacro
CPUID_ROW_SIZE      equ 24

        section .text
        bits    64
        default rel

main:
        call    cpuid_report
        call    hypervisor_report
        mov     eax, 1
        cpuid
        bt      ecx, 5
        jc      .offered
        verdict_text "vmx", "not offered"
        say     "SKIP CPUID does not offer VMX", 10
        ret
.offered:
        verdict_text "vmx", "offered"
        mov     ecx, 0x3a
        call    msr_report
        mov     ecx, FIRST_VMX_MSR
.next:  call    msr_report
        inc     ecx
        cmp     ecx, LAST_VMX_MSR
        jbe     .next
        ret

; ecx: MSR. Prints its verdict, whether it exists or not.
msr_report:
        push    rcx
        say     "verdict msr."
        mov     eax, ecx
        mov     ecx, 3
        cmp     eax, 0x100
        jae     .name
        dec     ecx
.name:  call    put_hex_digits
        say     " = "
        mov     ecx, eax
        call    read_msr
        jc      .fault
        call    put_hex64
        jmp     .done
.fault: call    put_trap
.done:  verdict_end
        pop     rcx
        ret

cpuid_report:
        mov     ebp, .rows
.next:  mov     eax, [rbp]
        ; The highest leaf of this leaf's range tells whether it exists.
        and     eax, 0x80000000
        cpuid
        cmp     eax, [rbp]
        setae   [leaf_exists]
        mov     eax, [rbp]
        mov     ecx, [rbp + 4]
        cpuid
        ; An APIC id is about the place, not the processor.
        cmp     dword [rbp], 0x0b
        jne     .leaf_1
        xor     edx, edx
.leaf_1:
        cmp     dword [rbp], 1
        jne     .store
        and     ebx, 0x00ffffff
.store: mov     [cpuid_registers], eax
        mov     [cpuid_registers + 4], ebx
        mov     [cpuid_registers + 8], ecx
        mov     [cpuid_registers + 12], edx
        xor     edi, edi
.register:
        say     "verdict cpuid."
        lea     esi, [rbp + 8]
        call    put_text
        lea     esi, [rdi * 5 + .names]
        call    put_text
        say     " = "
        cmp     byte [leaf_exists], 0
        je      .absent
        mov     eax, [rdi * 4 + cpuid_registers]
        call    put_hex32
        jmp     .printed
.absent:
        say     "not offered"
.printed:
        verdict_end
        inc     edi
        cmp     edi, 4
        jb      .register
        add     ebp, CPUID_ROW_SIZE
        cmp     ebp, .rows_end
        jb      .next
        ret
        section .rodata
        align   4, db 0
.rows:  cpuid_row 0x00000000, 0, "0"
        cpuid_row 0x00000001, 0, "1"
        cpuid_row 0x00000002, 0, "2"
        cpuid_row 0x00000004, 0, "4.0"
        cpuid_row 0x00000004, 1, "4.1"
        cpuid_row 0x00000004, 2, "4.2"
        cpuid_row 0x00000004, 3, "4.3"
        cpuid_row 0x00000005, 0, "5"
        cpuid_row 0x00000006, 0, "6"
        cpuid_row 0x00000007, 0, "7"
        cpuid_row 0x0000000a, 0, "a"
        cpuid_row 0x0000000b, 0, "b.0"
        cpuid_row 0x0000000b, 1, "b.1"
        cpuid_row 0x0000000d, 0, "d.0"
        cpuid_row 0x0000000d, 1, "d.1"
        cpuid_row 0x0000000d, 2, "d.2"
        cpuid_row 0x0000000d, 3, "d.3"
        cpuid_row 0x0000000d, 4, "d.4"
        cpuid_row 0x0000000d, 8, "d.8"
        cpuid_row 0x00000014, 0, "14"
        cpuid_row 0x00000015, 0, "15"
        cpuid_row 0x00000016, 0, "16"
        cpuid_row 0x80000000, 0, "80000000"
        cpuid_row 0x80000001, 0, "80000001"
        cpuid_row 0x80000002, 0, "80000002"
        cpuid_row 0x80000003, 0, "80000003"
        cpuid_row 0x80000004, 0, "80000004"
        cpuid_row 0x80000005, 0, "80000005"
        cpuid_row 0x80000006, 0, "80000006"
        cpuid_row 0x80000007, 0, "80000007"
        cpuid_row 0x80000008, 0, "80000008"
.rows_end:
.names: db      ".eax", 0, ".ebx", 0, ".ecx", 0, ".edx", 0
        section .text

; CPUID.1:ECX[31] is 0 on silicon and set by hypervisors that do not hide.
hypervisor_report:
        verdict_begin "hypervisor"
        mov     eax, 1
        cpuid
        bt      ecx, 31
        jc      .present
        say     "none", 10
        verdict_text "cpuid.40000000.eax", "not offered"
        verdict_text "cpuid.40000001.eax", "not offered"
        ret
.present:
        mov     eax, 0x40000000
        xor     ecx, ecx
        cpuid
        mov     [cpuid_registers], ebx
        mov     [cpuid_registers + 4], ecx
        mov     [cpuid_registers + 8], edx
        mov     ebx, eax
        xor     edi, edi
.next:  mov     al, [rdi + cpuid_registers]
        cmp     al, ' '
        jbe     .skip
        cmp     al, '~'
        ja      .skip
        call    put_char
.skip:  inc     edi
        cmp     edi, 12
        jb      .next
        verdict_end
        verdict_begin "cpuid.40000000.eax"
        mov     eax, ebx
        call    put_hex32
        verdict_end
        verdict_begin "cpuid.40000001.eax"
        cmp     ebx, 0x40000001
        jb      .no_features
        mov     eax, 0x40000001
        xor     ecx, ecx
        cpuid
        call    put_hex32
        jmp     .features
.no_features:
        say     "not offered"
.features:
        verdict_end
        ret

        section .bss
        alignb  4
cpuid_registers: resd 4
leaf_exists:    resb 1

%include "image-end.inc"
