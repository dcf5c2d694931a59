; The VMX instructions of a published count, in proportion (osdev.org, thread "nested VM virtualization": VMware 12 as L1, Windows 10 as L2):
; of 1000 that exit without VMCS shadowing 570 are VMREADs and 243 VMWRITEs. One world switch is VMXON … VMXOFF, as there; a hundred of
; them are, up to rounding, 1/39656 of the count. Which fields are accessed was not published: here they are those of an exit and of the
; registers. A few accesses name a field that does not exist.

%define GUEST_NAME "exit-mix"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

SWITCHES            equ 100
LAUNCHES            equ 83              ; world switches that enter L2
MORE_RESUMES        equ 33              ; of these, those that resume it twice and not once
MORE_READS          equ 56              ; world switches with one more read
MORE_WRITES         equ 86              ; and with one more write
ABSENT_READS        equ 4               ; of the additional reads, those that fail
ABSENT_WRITES       equ 2
ABSENT_FIELD        equ 0x0c0e

IDT_VECTORING               equ 0x4408
IDT_VECTORING_ERROR         equ 0x440a

ALL_CONTEXTS        equ 2
EPT_VPID_INVEPT     equ 1 << 20
EPT_VPID_INVVPID    equ 1 << (32 - 32)  ; in the high half

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     qword [l2_entry], l2_code
        xor     ebx, ebx
.next:  call    world_switch
        inc     ebx
        cmp     ebx, SWITCHES
        jb      .next
        verdict_begin "exits"
        mov     eax, [exits]
        call    put_decimal
        verdict_end
        verdict_begin "failed-accesses"
        mov     eax, [failures]
        call    put_decimal
        verdict_end
.done:  xor     eax, eax
        ret

; ebx: number of the world switch. The first one is in VMX operation already, and writes all fields.
world_switch:
        test    ebx, ebx
        jnz     .again
        call    vmcs_load
        jmp     .loaded
.again: vmxon   [vmxon_pointer]
        vmclear [vmcs_pointer]
        vmptrld [vmcs_pointer]
        mov     byte [vmcs_launched], 0
.loaded:
        call    read_fields
        call    write_fields
        cmp     ebx, LAUNCHES
        jae     .leave
        call    enter_l2
        call    enter_l2
        cmp     ebx, MORE_RESUMES
        jae     .leave
        call    enter_l2
.leave: call    invalidate
        vmclear [vmcs_pointer]
        vmxoff
        ret

enter_l2:
        call    l2_run
        cmp     dword [exit_reason], EXIT_REASON_CPUID
        jne     .other
        inc     dword [exits]
.other: jmp     l2_skip_instruction

read_fields:
        mov     esi, fields_read
.next:  mov     eax, [rsi]
        vmread  rdx, rax
        add     esi, 4
        cmp     esi, fields_read_end
        jb      .next
        cmp     ebx, MORE_READS
        jae     .done
        mov     eax, ABSENT_FIELD
        mov     ecx, GUEST_ACTIVITY
        cmp     ebx, ABSENT_READS
        cmovae  eax, ecx
        vmread  rdx, rax
        ja      .done
        inc     dword [failures]
.done:  ret

write_fields:
        mov     esi, fields_written
.next:  mov     eax, [rsi]
        mov     edx, [rsi + 4]
        vmwrite rax, rdx
        add     esi, 8
        cmp     esi, fields_written_end
        jb      .next
        cmp     ebx, MORE_WRITES
        jae     .done
        mov     eax, ABSENT_FIELD
        mov     ecx, HOST_GS_BASE
        cmp     ebx, ABSENT_WRITES
        cmovae  eax, ecx
        xor     edx, edx
        vmwrite rax, rdx
        ja      .done
        inc     dword [failures]
.done:  ret

; INVEPT and INVVPID where they are offered.
invalidate:
        mov     eax, ALL_CONTEXTS
        test    dword [caps.ept_vpid], EPT_VPID_INVEPT
        jz      .vpid
        invept  rax, [descriptor]
.vpid:  test    dword [caps.ept_vpid + 4], EPT_VPID_INVVPID
        jz      .done
        invvpid rax, [descriptor]
.done:  ret

l2_code:
        xor     eax, eax
        cpuid
        jmp     l2_code

        section .rodata
        align   8, db 0
fields_read:
        dd      EXIT_INTERRUPTION, EXIT_INTERRUPTION_ERROR, IDT_VECTORING, IDT_VECTORING_ERROR
        dd      GUEST_LINEAR_ADDRESS, GUEST_PHYSICAL_ADDRESS
        dd      GUEST_RSP, GUEST_RFLAGS, GUEST_CR0, GUEST_CR3, GUEST_CR4, GUEST_DR7, GUEST_INTERRUPTIBILITY
        dd      GUEST_CS, GUEST_CS_BASE, GUEST_CS_LIMIT, GUEST_CS_RIGHTS, GUEST_SS_RIGHTS, GUEST_FS_BASE
fields_read_end:
fields_written:
        dd      GUEST_RSP, l2_stack_top
        dd      GUEST_RFLAGS, 2
        dd      GUEST_FS_BASE, 0
        dd      CR0_SHADOW, 0
        dd      CR4_SHADOW, 0
        dd      EXCEPTION_BITMAP, 0
        dd      ENTRY_EVENT, 0
        dd      HOST_FS_BASE, 0
fields_written_end:
        align   16, db 0
descriptor:     dq 0, 0

        section .bss
        alignb  4
exits:          resd 1
failures:       resd 1

%include "image-end.inc"
