; Two timers, each of which runs twice, and an INT that L1 injects. A timer takes as long the second time as the first, and L2 goes on behind the
; instruction whose length L1 has given.

%define GUEST_NAME "waiting-times"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

TICKS               equ 4096
RATE_MASK           equ 0x1f
EXIT_REASON_TIMER   equ 52
APIC                equ 0xfee00000
APIC_SPURIOUS       equ APIC + 0xf0
APIC_EOI            equ APIC + 0xb0
APIC_LVT_TIMER      equ APIC + 0x320
APIC_INITIAL_COUNT  equ APIC + 0x380
APIC_DIVIDE         equ APIC + 0x3e0
APIC_ENABLE         equ 1 << 8 | 0xff
DIVIDE_BY_1         equ 0xb
TIMER_VECTOR        equ 0x41
SOFTWARE_VECTOR     equ 0x40
SOFTWARE_EVENT      equ 1 << 31 | 4 << 8 | SOFTWARE_VECTOR
INT_BYTES           equ 2
UNCACHED            equ 0x18
PIC_FIRST_MASK      equ 0x21
PIC_SECOND_MASK     equ 0xa1
PIC_ALL_MASKED      equ 0xff

        section .text
        bits    64
        default rel

main:
        call    map_apic
        mov     ecx, TIMER_VECTOR
        mov     edx, timer_interrupt
        call    set_gate
        mov     ecx, SOFTWARE_VECTOR
        mov     edx, software_interrupt
        call    set_gate
        mov     al, PIC_ALL_MASKED
        out     PIC_FIRST_MASK, al
        out     PIC_SECOND_MASK, al
        verdict_begin "apic-timer"
        mov     ebx, apic_wait
        call    twice
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        call    preemption_timer
        call    injected
        vmxoff
.done:  ret

map_apic:
        mov     qword [page_directory_pointers + 3 * 8], apic_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, APIC + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | UNCACHED)
        mov     [apic_directory + (APIC >> 21 & 511) * 8], rax
        ret

; ecx: vector, edx: handler
set_gate:
        shl     ecx, 4
        add     ecx, idt
        mov     [rcx], dx
        shr     edx, 16
        mov     [rcx + 6], dx
        ret

; ebx: what waits. Says whether it takes as long both times, give or take a half
twice:  call    measure
        mov     r12, rax
        call    measure
        lea     rcx, [r12 + r12 * 2]
        lea     rdx, [rax + rax]
        cmp     rdx, rcx                ; 2 * second > 3 * first
        ja      .more
        lea     rcx, [rax + rax * 2]
        lea     rdx, [r12 + r12]
        cmp     rcx, rdx                ; 3 * second < 2 * first
        jb      .less
        say     "as long both times"
        jmp     .end
.more:  say     "longer the second time"
        jmp     .end
.less:  say     "longer the first time"
.end:   verdict_end
        ret

; -> rax: time that it takes
measure:
        rdtsc
        shl     rdx, 32
        or      rax, rdx
        mov     r13, rax
        call    rbx
        rdtsc
        shl     rdx, 32
        or      rax, rdx
        sub     rax, r13
        ret

apic_wait:
        mov     dword [timer_count], 0
        mov     edi, APIC_SPURIOUS
        mov     dword [rdi], APIC_ENABLE
        mov     edi, APIC_DIVIDE
        mov     dword [rdi], DIVIDE_BY_1
        mov     edi, APIC_LVT_TIMER
        mov     dword [rdi], TIMER_VECTOR
        mov     edi, APIC_INITIAL_COUNT
        mov     dword [rdi], TICKS
        sti
.next:  pause
        cmp     dword [timer_count], 0
        je      .next
        cli
        ret

timer_interrupt:
        inc     dword [timer_count]
        push    rax
        mov     eax, APIC_EOI
        mov     dword [rax], 0
        pop     rax
        iretq

preemption_timer:
        test    dword [caps.pin + 4], PIN_PREEMPTION_TIMER
        jnz     .offered
        verdict_text "preemption-timer", "SKIP the preemption timer is not offered"
        ret
.offered:
        mov     dword [wanted.pin], PIN_PREEMPTION_TIMER
        mov     qword [l2_entry], spin
        call    vmcs_load
        mov     dword [wanted.pin], 0
        verdict_begin "preemption-timer"
        mov     ebx, l2_wait
        call    twice
        ret

l2_wait:
        mov     ecx, [caps.misc]
        and     ecx, RATE_MASK
        mov     eax, TICKS
        shr     eax, cl
        mov     ecx, PREEMPTION_TIMER_VALUE
        vmwrite rcx, rax
        call    l2_run
        cmp     dword [exit_reason], EXIT_REASON_TIMER
        je      .done
        call    put_entry_outcome
        say     " "
.done:  ret

injected:
        mov     dword [software_count], 0
        mov     qword [l2_entry], interrupting
        call    vmcs_load
        mov     ecx, ENTRY_EVENT
        mov     eax, SOFTWARE_EVENT
        vmwrite rcx, rax
        mov     ecx, ENTRY_INSTRUCTION_LENGTH
        mov     eax, INT_BYTES
        vmwrite rcx, rax
        call    l2_run
        verdict_begin "injected-int"
        call    put_entry_outcome
        say     ", handled "
        mov     eax, [software_count]
        call    put_decimal
        verdict_end
        ret

; ---- L2 ----

spin:   pause
        jmp     spin

interrupting:
        int     SOFTWARE_VECTOR
        vmcall

software_interrupt:
        inc     dword [software_count]
        iretq

        section .bss
        alignb  4096
apic_directory:     resb 4096
timer_count:        resd 1
software_count:     resd 1

%include "image-end.inc"
