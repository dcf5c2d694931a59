; L2 asks by hypercall for a flush of its TLB, twice. Where direct virtual flush is offered L1 leaves that to the hypervisor below, and
; holds the TLB's lock the second time.

%define GUEST_NAME "l2-flush"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

CPUID_NESTED        equ 0x4000000a
OFFERS_DIRECT_FLUSH equ 1 << 17
FLUSH_ADDRESS_SPACE equ 2               ; HvCallFlushVirtualAddressSpace
EVMCS_ENLIGHTENMENTS equ 0x344
EVMCS_VP            equ 0x348
EVMCS_VM            equ 0x350
EVMCS_PARTITION     equ 0x358
ASSIST_NESTED       equ 0x20
STEP_UNLOCKED       equ 2
STEP_LAST           equ 4

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     qword [l2_entry], l2_code
        call    vmcs_load
        mov     qword [run], l2_run
        mov     qword [skip], l2_skip_instruction
        call    flush_probe
        jc      .ordinary
        verdict_text "direct-flush", "offered"
        mov     qword [run], evmcs_run
        mov     qword [skip], evmcs_skip_instruction
        call    evmcs_fill
        mov     dword [evmcs_page + EVMCS_ENLIGHTENMENTS], 1
        mov     dword [evmcs_page + EVMCS_VP], 1
        mov     qword [evmcs_page + EVMCS_VM], 1
        mov     eax, partition_page
        mov     [evmcs_page + EVMCS_PARTITION], rax
        mov     dword [assist_page + ASSIST_NESTED], 1
        call    evmcs_enable
        jmp     .run
.ordinary:
        verdict_text "direct-flush", "not offered"
.run:   verdict_begin "exits"
        call    run_l2
        verdict_end
        verdict_begin "result"
        mov     rax, [l2.r8]
        call    put_hex
        verdict_end
        vmxoff
.done:  xor     eax, eax
        ret

; Carry set: direct virtual flush is not offered.
flush_probe:
        call    enlightened_probe
        jc      .no
        push    rbx
        mov     eax, CPUID_NESTED
        cpuid
        pop     rbx
        bt      eax, 17
        cmc
.no:    ret

; Prints each exit with the step that L2 has come to.
run_l2: call    [run]
        cmp     dword [outcome], OUTCOME_EXIT
        jne     .failed
        mov     eax, [exit_reason]
        call    put_hex
        say     " at "
        mov     eax, [l2.rbx]
        call    put_decimal
        cmp     dword [l2.rbx], STEP_LAST
        jae     .done
        say     ", "
        cmp     dword [l2.rbx], STEP_UNLOCKED
        jne     .next
        mov     dword [partition_page], 1
.next:  ; An exit behind the instruction is not one of it.
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        jne     run_l2
        call    [skip]
        jmp     run_l2
.failed:
        jmp     put_entry_outcome
.done:  ret

l2_code:
        mov     ebx, 1
        mov     ecx, FLUSH_ADDRESS_SPACE
        mov     eax, -1
        vmcall
        mov     r8, rax
        mov     ebx, STEP_UNLOCKED
        xor     ecx, ecx
        vmcall
        mov     ebx, 3
        mov     ecx, FLUSH_ADDRESS_SPACE
        vmcall
        mov     ebx, STEP_LAST
        xor     ecx, ecx
        vmcall
        hlt

        section .bss
        alignb  4096
partition_page: resb 4096
run:            resq 1
skip:           resq 1

%include "image-end.inc"
