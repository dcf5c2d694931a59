; An L1 that keeps its VMCS as a page of memory where CPUID recommends that, and in an ordinary VMCS where it does not: the same
; L2 in both. What VMREAD and VMWRITE do meanwhile, and what becomes of a change that the clean-fields word does not admit,
; differ.

%define GUEST_NAME "enlightened-vmcs"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "enlightened.inc"

CPUIDS              equ 8
OTHER_STACK         equ 0x40

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        verdict_begin "pin-controls"
        mov     eax, [caps.pin + 4]
        call    put_hex32
        verdict_end
        verdict_begin "secondary-controls"
        mov     eax, [caps.secondary + 4]
        call    put_hex32
        verdict_end
        call    vmx_on
        mov     qword [l2_entry], l2_code
        call    vmcs_load
        call    enlightened_probe
        jc      .ordinary
        verdict_text "enlightened", "recommended"
        mov     qword [run], evmcs_run
        mov     qword [skip], evmcs_skip_instruction
        call    evmcs_fill
        call    wrong_version
        call    evmcs_enable
        jmp     .run
.ordinary:
        verdict_text "enlightened", "not offered"
        mov     qword [run], l2_run
        mov     qword [skip], l2_skip_instruction
.run:   call    run_l2
        call    stale_stack
        call    fields
        vmx_case "vmxoff", vmxoff
.done:  xor     eax, eax
        ret

; Enabled, but the page does not say which version it is.
wrong_version:
        mov     dword [evmcs_page], 0
        call    evmcs_enable
        verdict_begin "wrong-version"
        call    evmcs_run
        call    put_entry_outcome
        verdict_end
        mov     eax, [vmx_basic]
        and     eax, 0x7fffffff
        mov     [evmcs_page], eax
        verdict_begin "vmcs-revision"
        call    evmcs_run
        call    put_entry_outcome
        verdict_end
        mov     dword [evmcs_page], EVMCS_VERSION
        ; L2 begins anew, whatever came of that.
        mov     byte [evmcs_launched], 0
        mov     eax, l2_code
        mov     [evmcs_page + EVMCS_RIP], rax
        mov     dword [evmcs_page + EVMCS_CLEAN], 0
        ret

; L2 executes CPUID a few times, then VMCALL.
run_l2:
        mov     dword [cpuids], 0
.enter: call    [run]
        cmp     dword [outcome], OUTCOME_EXIT
        jne     .report
        cmp     dword [exit_reason], EXIT_REASON_CPUID
        jne     .report
        inc     dword [cpuids]
        call    [skip]
        jmp     .enter
.report:
        verdict_begin "l2"
        mov     eax, [cpuids]
        call    put_decimal
        say     " CPUID, "
        call    put_entry_outcome
        verdict_end
        jmp     [skip]

fields:
        mov     ecx, EXIT_REASON
        vmx_case "vmread", vmread rax, rcx
        mov     ecx, PML_ADDRESS
        vmx_case "vmread.pml-address", vmread rax, rcx
        mov     ecx, TSC_OFFSET
        xor     eax, eax
        vmx_case "vmwrite", vmwrite rcx, rax
        ret

; L1 moves L2's stack pointer, but leaves the clean bit of its group set.
stale_stack:
        mov     rax, [evmcs_page + EVMCS_RSP]
        sub     rax, OTHER_STACK
        cmp     qword [run], evmcs_run
        jne     .ordinary
        mov     [evmcs_page + EVMCS_RSP], rax
        jmp     .enter
.ordinary:
        mov     ecx, GUEST_RSP
        vmread  rax, rcx
        sub     rax, OTHER_STACK
        vmwrite rcx, rax
.enter: verdict_begin "stack-pointer"
        call    [run]
        call    put_entry_outcome
        say     ", "
        mov     eax, l2_stack_top
        sub     rax, [l2.rbx]
        call    put_decimal
        say     " below the top"
        verdict_end
        ret

l2_code:
        mov     ebp, CPUIDS
.next:  xor     eax, eax
        cpuid
        dec     ebp
        jnz     .next
        vmcall
        mov     rbx, rsp
        vmcall
        hlt

        section .bss
        alignb  8
run:            resq 1
skip:           resq 1
cpuids:         resd 1

%include "image-end.inc"
