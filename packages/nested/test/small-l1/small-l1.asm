; A hypervisor that runs its guest until that makes another exit than CPUID's, in machine code: the twin of the one in small-l1.test.ts.
;
;   nasm -f bin -o small-l1.bin small-l1.asm

        bits    64
        org     0x9000

OPERAND         equ 0x8000
VMXON_REGION    equ 0x21000
VMCS_REGION     equ 0x22000
CR4_VALUE       equ 0x2020
; Encodings and values of the fields to be written, 12 bytes each.
FIELDS          equ 0x23000
NO_FIELD        equ 0xffffffff
EXIT_REASON     equ 0x4402
LENGTH          equ 0x440c
GUEST_RIP       equ 0x681e
CPUID_EXIT      equ 10
EXIT_PORT       equ 0xf4

start:  jmp     begin
        times   16 - ($ - $$) nop

; Host RIP.
exit:   mov     ecx, EXIT_REASON
        vmread  rax, rcx
        cmp     eax, CPUID_EXIT
        jne     leave
        mov     ecx, GUEST_RIP
        vmread  rbx, rcx
        mov     ecx, LENGTH
        vmread  rdx, rcx
        add     rbx, rdx
        mov     ecx, GUEST_RIP
        vmwrite rcx, rbx
        vmresume
leave:  mov     al, 5
        out     EXIT_PORT, al

begin:  mov     eax, CR4_VALUE
        mov     cr4, rax
        mov     ecx, 0x3a
        rdmsr
        test    al, 1
        jnz     .locked
        mov     eax, 5
        xor     edx, edx
        wrmsr
.locked:
        mov     ecx, 0x1b
        rdmsr
        or      eax, 0xc00
        wrmsr
        mov     ecx, 0x80f
        mov     eax, 0x1ff
        xor     edx, edx
        wrmsr
        mov     ecx, 0x832
        mov     eax, 2 << 17 | 0xef
        wrmsr
        mov     qword [OPERAND], VMXON_REGION
        vmxon   [OPERAND]
        mov     qword [OPERAND], VMCS_REGION
        vmclear [OPERAND]
        vmptrld [OPERAND]
        mov     esi, FIELDS
.next:  mov     ecx, [rsi]
        mov     rax, [rsi + 4]
        vmwrite rcx, rax
        add     esi, 12
        cmp     dword [rsi], NO_FIELD
        jne     .next
        vmlaunch
        jmp     leave
