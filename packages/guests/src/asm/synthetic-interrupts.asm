; Hyper-V's interface for a guest that is no hypervisor: hypercalls, the synthetic interrupt controller, its timers and the reference time, each
; where CPUID says that it is there (Hypervisor Top-Level Functional Specification, "Virtual Interrupt Controller", "Timers").

%define GUEST_NAME "synthetic-interrupts"
%include "hvdiff.inc"

INTERFACE           equ 0x40000001
INTERFACE_HV1       equ 0x31237648
FEATURES            equ 0x40000003
HAS_TIME            equ 1 << 1
HAS_SYNIC           equ 1 << 2
HAS_TIMERS          equ 1 << 3
HAS_HYPERCALLS      equ 1 << 5
MSR_GUEST_OS        equ 0x40000000
MSR_HYPERCALL       equ 0x40000001
MSR_TIME            equ 0x40000020
MSR_TIME_PAGE       equ 0x40000021
MSR_CONTROL         equ 0x40000080
MSR_MESSAGES        equ 0x40000083
MSR_SINT2           equ 0x40000092
MSR_TIMER_CONFIG    equ 0x400000b0
MSR_TIMER_COUNT     equ 0x400000b1
ENABLE              equ 1
SINT                equ 2
VECTOR              equ 0x51
TOO_LOW             equ 5
A_WHILE             equ 1000            ; in units of 100 ns
NO_SUCH_CALL        equ 0x7777
VMCALL_BYTE         equ 0x0f            ; the first of VMCALL, with which the page begins
PATIENCE            equ 10000

        section .text
        bits    64
        default rel

main:
        mov     eax, 1
        cpuid
        bt      ecx, 31
        jnc     .none
        mov     eax, INTERFACE
        cpuid
        cmp     eax, INTERFACE_HV1
        jne     .none
        mov     eax, FEATURES
        cpuid
        mov     [features], eax
.none:  call    hypercall_report
        call    source_report
        call    timer_report
        jmp     time_report

; eax: bits of FEATURES, all of which must be there. Carry set, and the verdict ends: one is not.
need:
        mov     edx, [features]
        and     edx, eax
        cmp     edx, eax
        je      .there
        say     "SKIP not offered"
        verdict_end
        stc
        ret
.there: clc
        ret

; ecx: MSR, rax: value
write_msr:
        mov     rdx, rax
        shr     rdx, 32
        mov     eax, eax
        guarded wrmsr
        ret

hypercall_report:
        verdict_begin "unknown-hypercall"
        mov     eax, HAS_HYPERCALLS | HAS_SYNIC
        call    need
        jc      .done
        mov     ecx, MSR_GUEST_OS
        mov     rax, 0x8f00 << 48
        call    write_msr
        mov     ecx, MSR_HYPERCALL
        mov     eax, call_page + ENABLE
        call    write_msr
        cmp     byte [call_page], VMCALL_BYTE
        jne     .empty
        mov     ecx, NO_SUCH_CALL
        xor     edx, edx
        xor     r8d, r8d
        mov     eax, call_page
        call    rax
        say     "status "
        call    put_decimal
        verdict_end
.done:  ret
.empty: say     "no code"
        verdict_end
        ret

source_report:
        verdict_begin "source-with-vector-5"
        mov     eax, HAS_SYNIC
        call    need
        jc      .done
        mov     ecx, MSR_SINT2
        mov     eax, TOO_LOW
        call    write_msr
        call    put_trap_or_ok
        verdict_end
.done:  ret

; Interrupts stay off: the message says that the timer has expired.
timer_report:
        verdict_begin "timer"
        mov     eax, HAS_SYNIC | HAS_TIMERS | HAS_TIME
        call    need
        jc      .done
        mov     ecx, MSR_MESSAGES
        mov     eax, message_page + ENABLE
        call    write_msr
        mov     ecx, MSR_CONTROL
        mov     eax, ENABLE
        call    write_msr
        mov     ecx, MSR_SINT2
        mov     eax, VECTOR
        call    write_msr
        mov     ecx, MSR_TIME
        call    read_msr
        add     rax, A_WHILE
        mov     ecx, MSR_TIMER_COUNT
        call    write_msr
        mov     ecx, MSR_TIMER_CONFIG
        mov     eax, ENABLE | SINT << 16
        call    write_msr
        mov     ecx, PATIENCE
.wait:  mov     eax, [message_page + SINT * 256]
        test    eax, eax
        jnz     .told
        pause
        loop    .wait
.told:  say     "message "
        call    put_hex32
        verdict_end
        mov     ecx, MSR_CONTROL
        xor     eax, eax
        call    write_msr
.done:  ret

time_report:
        verdict_begin "time-page"
        mov     eax, HAS_TIME
        call    need
        jc      .done
        mov     ecx, MSR_TIME_PAGE
        mov     eax, time_page + ENABLE
        call    write_msr
        say     "sequence "
        mov     eax, [time_page]
        call    put_decimal
        verdict_end
        mov     ecx, MSR_TIME_PAGE
        xor     eax, eax
        call    write_msr
.done:  xor     eax, eax
        ret

put_trap_or_ok:
        cmp     dword [trap_vector], TRAP_NONE
        jne     put_trap
        say     "ok"
        ret

        section .bss
        alignb  4096
call_page:      resb 4096
message_page:   resb 4096
time_page:      resb 4096
features:       resd 1

%include "image-end.inc"
