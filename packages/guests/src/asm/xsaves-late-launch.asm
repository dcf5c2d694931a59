; A small system that switches two tasks from its timer interrupt and saves their extended state in the best way CPUID
; offers, then turns itself, running, into an L2. Nothing of it changes but the controls it now runs under: if L1 was not
; granted XSAVES, the next tick ends in an invalid opcode, in an interrupt handler that worked a moment before and far from
; the VMCS that is the cause.

%define GUEST_NAME "xsaves-late-launch"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "xsave.inc"

WANTED_SECONDARY    equ SECONDARY_RDTSCP | SECONDARY_INVPCID | SECONDARY_CONCEAL_FROM_PT | SECONDARY_XSAVES

PIC1_COMMAND        equ 0x20
PIC2_COMMAND        equ 0xa0
PIC_END             equ 0x20
TIMER_VECTOR        equ 0x20
PIT_CHANNEL_0       equ 0x40
PIT_COMMAND         equ 0x43
PIT_PERIOD          equ 1193            ; of 1.193182 MHz: about a millisecond

SWITCHES            equ 4               ; before the launch, and again after it
TASK_STACK_SIZE     equ 2048

METHOD_XSAVES       equ 0
METHOD_XSAVE        equ 1
METHOD_FXSAVE       equ 2

; What the running system says when it calls L1
REPORT_SURVIVED     equ 0x600d
REPORT_CRASHED      equ 0xdead

        section .text
        bits    64
        default rel

main:
        call    choose_method
        call    start_tasks
        call    wait_for_switches
        call    stop_timer
        verdict_begin "before-launch"
        call    put_state_check

        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        verdict_begin "granted"
        mov     esi, WANTED_SECONDARY
        mov     [wanted.secondary], esi
        mov     rax, [caps.secondary]
        call    allowed_control
        mov     [granted], eax
        call    put_hex32
        verdict_end
        call    become_l2
.done:  ret

; ---- the system ----

choose_method:
        verdict_begin "switch-method"
        mov     dword [method], METHOD_FXSAVE
        call    xsave_enable
        jc      .chosen
        mov     dword [method], METHOD_XSAVE
        call    cpuid_has_xsaves
        jnc     .chosen
        mov     dword [method], METHOD_XSAVES
.chosen:
        mov     eax, [method]
        mov     esi, [rax * 4 + .names]
        call    put_text
        verdict_end
        ret
        section .rodata
        align   4, db 0
.names: dd      .xsaves, .xsave, .fxsave
.xsaves:        db "xsaves", 0
.xsave:         db "xsave", 0
.fxsave:        db "fxsave", 0
        section .text

; The running code becomes the first task; the second one gets a stack that looks as if the timer had interrupted it.
start_tasks:
        mov     edi, second_stack_top
        sub     edi, SAVED_FRAME_SIZE
        mov     qword [rdi + SAVED_RIP], second_task
        mov     qword [rdi + SAVED_RIP + 8], SELECTOR_CODE
        mov     qword [rdi + SAVED_RIP + 16], 0x202
        mov     qword [rdi + SAVED_RIP + 24], second_stack_top
        mov     qword [rdi + SAVED_RIP + 32], SELECTOR_DATA
        mov     [task_rsp + 8], rdi
        ; Any valid image will do for it to start from.
        mov     edi, task_area_2
        call    save_extended

        mov     edi, idt + TIMER_VECTOR * 16
        mov     eax, timer_interrupt
        mov     [rdi], ax
        shr     eax, 16
        mov     [rdi + 6], ax

        mov     esi, .ports
        mov     ecx, (.ports_end - .ports) / 2
.next:  movzx   edx, byte [rsi]
        mov     al, [rsi + 1]
        out     dx, al
        add     esi, 2
        loop    .next
        mov     rax, 0x0123456789abcdef
        movq    xmm7, rax
        ret
        section .rodata
.ports: db      PIC1_COMMAND, 0x11      ; initialise, ICW4 follows
        db      PIC2_COMMAND, 0x11
        db      PIC1_DATA, TIMER_VECTOR
        db      PIC2_DATA, TIMER_VECTOR + 8
        db      PIC1_DATA, 4            ; the second PIC is at input 2
        db      PIC2_DATA, 2
        db      PIC1_DATA, 1            ; 8086 mode
        db      PIC2_DATA, 1
        db      PIC2_DATA, 0xff
        db      PIT_COMMAND, 0x34       ; channel 0, low byte then high byte, rate generator
        db      PIT_CHANNEL_0, PIT_PERIOD & 0xff
        db      PIT_CHANNEL_0, PIT_PERIOD >> 8
.ports_end:
        section .text

; The first task: does a bit of work and waits, until the tasks have been switched SWITCHES times more.
wait_for_switches:
        mov     ebp, [switches]
        add     ebp, SWITCHES
        mov     al, 0xfe                ; IRQ 0 alone
        out     PIC1_DATA, al
        sti
.work:  mov     eax, 1
        cpuid                           ; in L2 this is an exit, which L1 handles
        call    checksum
        hlt
        cmp     [switches], ebp
        jb      .work
        ; It is the first task that runs again, so the second is left as it was found.
        cli
        ret

stop_timer:
        mov     al, 0xff
        out     PIC1_DATA, al
        ret

second_task:
        mov     rax, 0xfedcba9876543210
        movq    xmm7, rax
.work:  call    checksum
        hlt
        jmp     .work

checksum:
        mov     ecx, 32
.next:  rol     qword [sum], 5
        add     [sum], rcx
        loop    .next
        ret

; The task switch. Extended state first: that is what makes it a real one.
timer_interrupt:
        push    rax
        push    rcx
        push    rdx
        push    rbx
        push    rbp
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        push    r12
        push    r13
        push    r14
        push    r15
SAVED_RIP           equ 15 * 8
SAVED_FRAME_SIZE    equ SAVED_RIP + 5 * 8
        mov     ebx, [current_task]
        mov     edi, [rbx * 4 + task_areas]
task_switch:
        call    save_extended
        mov     [rbx * 8 + task_rsp], rsp
        xor     ebx, 1
        mov     [current_task], ebx
        mov     rsp, [rbx * 8 + task_rsp]
        mov     edi, [rbx * 4 + task_areas]
        call    restore_extended
        inc     dword [switches]
        mov     al, PIC_END
        out     PIC1_COMMAND, al
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rdi
        pop     rsi
        pop     rbp
        pop     rbx
        pop     rdx
        pop     rcx
        pop     rax
        iretq

; rdi: area
save_extended:
        mov     eax, [xsave_mask]
        xor     edx, edx
        cmp     dword [method], METHOD_XSAVE
        je      .xsave
        ja      .fxsave
        xsaves64 [rdi]
        ret
.xsave: xsave64 [rdi]
        ret
.fxsave:
        fxsave64 [rdi]
        ret

restore_extended:
        mov     eax, [xsave_mask]
        xor     edx, edx
        cmp     dword [method], METHOD_XSAVE
        je      .xrstor
        ja      .fxrstor
        xrstors64 [rdi]
        ret
.xrstor:
        xrstor64 [rdi]
        ret
.fxrstor:
        fxrstor64 [rdi]
        ret
task_switch_end:

; Did this task's XMM7 survive the other's?
put_state_check:
        movq    rax, xmm7
        mov     rcx, 0x0123456789abcdef
        cmp     rax, rcx
        jne     .lost
        say     "ok", 10
        ret
.lost:  say     "extended state lost", 10
        ret

; ---- L1 ----

; The caller continues in L2: guest state is what the processor is doing now.
become_l2:
        mov     qword [l2_entry], .continue
        call    vmcs_load
        mov     ecx, GUEST_RSP
        vmwrite rcx, rsp
        bt      dword [granted], 20
        jnc     .launch
        mov     ecx, XSS_EXITING_BITMAP
        xor     eax, eax
        vmwrite rcx, rax
.launch:
        mov     qword [crash_hook], system_crashed
        ; L1 keeps a stack of its own: this one belongs to the running system now.
        mov     rsp, l1_stack_top
.enter: call    l2_run
        cmp     dword [outcome], OUTCOME_EXIT
        jne     .other
        cmp     dword [exit_reason], EXIT_REASON_CPUID
        jne     .not_cpuid
        call    l2_emulate_cpuid
        jmp     .enter
.not_cpuid:
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        jne     .other
        verdict_begin "after-launch"
        cmp     dword [l2.rax], REPORT_SURVIVED
        je      .survived
        call    put_crash
        jmp     .end
.other: verdict_begin "after-launch"
        call    put_entry_outcome
        verdict_end
.end:   vmxoff
        say     "done", 10
        xor     eax, eax
        jmp     leave_machine
.survived:
        call    put_state_check
        jmp     .end

; Here it is L2 already, and does not know.
.continue:
        call    wait_for_switches
        call    stop_timer
        mov     eax, REPORT_SURVIVED
        vmcall

put_crash:
        call    put_trap
        mov     rax, [trap_rip]
        cmp     eax, task_switch
        jb      .elsewhere
        cmp     eax, task_switch_end
        jae     .elsewhere
        say     " in the timer interrupt's task switch", 10
        ret
.elsewhere:
        say     " elsewhere", 10
        ret

; By way of crash_hook, in L2: the system is lost, L1 is not.
system_crashed:
        mov     [trap_vector], eax
        mov     [trap_error], rdx
        mov     [trap_rip], rcx
        mov     eax, REPORT_CRASHED
        vmcall

        section .data
        align   8, db 0
task_areas:     dd  task_area_1, task_area_2

        section .bss
        alignb  64
task_area_1:    resb XSAVE_AREA_SIZE
task_area_2:    resb XSAVE_AREA_SIZE
second_stack:   resb TASK_STACK_SIZE
second_stack_top:
l1_stack:       resb TASK_STACK_SIZE
l1_stack_top:
task_rsp:       resq 2
sum:            resq 1
switches:       resd 1
current_task:   resd 1
method:         resd 1
granted:        resd 1

%include "image-end.inc"
