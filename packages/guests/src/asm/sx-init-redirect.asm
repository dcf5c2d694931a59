; Where an INIT lands that comes to a processor in guest mode. An L1 that wants to keep its guest's INITs from resetting the processor sets
; VM_CR.R_INIT, which makes a security exception (#SX) of each, and intercepts that. The bootstrap processor starts the one with APIC id
; 1, which does so and enters a guest that does nothing; then it sends INIT and a start-up IPI, and looks where that processor has got to.

%define GUEST_NAME "sx-init-redirect"
%include "hvdiff.inc"
%include "svm.inc"

APIC_BASE           equ 0xfee00000
APIC_SPURIOUS       equ APIC_BASE + 0xf0
APIC_ICR_LOW        equ APIC_BASE + 0x300
APIC_ICR_HIGH       equ APIC_BASE + 0x310
APIC_ENABLE         equ 0x100 | 0xff
ICR_INIT            equ 0x4500
ICR_STARTUP         equ 0x4600
OTHER_APIC_ID       equ 1
ICR_PENDING         equ 1 << 12

; Pages below 1 MiB where the other processor begins: the first time, and after a reset
START_PAGE          equ 0x8
RESTART_PAGE        equ 0x9
RESTARTED           equ 0x9800          ; a byte that the code at RESTART_PAGE sets

PATIENCE            equ 400000

; What the other processor says about itself
STATE_NONE          equ 0
STATE_AWAKE         equ 1
STATE_REFUSED       equ 2
STATE_IN_GUEST      equ 3
STATE_LEFT_GUEST    equ 4

VECTOR_SX           equ 30

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        call    map_apic
        call    copy_trampolines
        mov     edi, RESTARTED
        mov     byte [rdi], 0
        mov     eax, APIC_ENABLE
        mov     edi, APIC_SPURIOUS
        mov     [rdi], eax
        mov     eax, ICR_INIT
        call    send
        call    wait_a_while
        mov     eax, ICR_STARTUP | START_PAGE
        call    send
        mov     bl, STATE_AWAKE
        call    wait_for_state
        jnc     .awake
        verdict_text "processors", "1"
        say     "SKIP there is no processor with APIC id 1", 10
        ret
.awake: verdict_text "processors", "2"
        mov     bl, STATE_REFUSED
        call    wait_for_state
        verdict_begin "r-init"
        cmp     byte [other.state], STATE_REFUSED
        je      .refused
        say     "accepted"
        verdict_end
        mov     bl, STATE_IN_GUEST
        call    wait_for_state
        jc      .never_ran
        call    wait_a_while
        mov     eax, ICR_INIT
        call    send
        call    wait_a_while
        verdict_begin "after-init"
        call    put_place
        mov     eax, ICR_STARTUP | RESTART_PAGE
        call    send
        call    wait_a_while
        verdict_begin "after-sipi"
        call    put_place
.done:  ret
.refused:
        mov     eax, [other.trap]
        mov     [trap_vector], eax
        call    put_trap
        verdict_end
        verdict_text "after-init", "SKIP R_INIT is refused"
        verdict_text "after-sipi", "SKIP R_INIT is refused"
        ret
.never_ran:
        verdict_begin "after-init"
        mov     edi, vmcb
        call    put_exit
        verdict_end
        verdict_text "after-sipi", "SKIP the guest never ran"
        ret

; Where the other processor is, as the rest of a verdict
put_place:
        mov     edi, RESTARTED
        cmp     byte [rdi], 0
        jne     .restarted
        cmp     byte [other.state], STATE_LEFT_GUEST
        je      .left
        mov     rax, [other.beats]
        call    wait_a_while
        cmp     rax, [other.beats]
        je      .silent
        say     "still in its guest"
        verdict_end
        ret
.silent:
        say     "silent"
        verdict_end
        ret
.left:  mov     edi, vmcb
        call    put_exit
        verdict_end
        ret
.restarted:
        say     "reset and started at the vector of the IPI"
        verdict_end
        ret

; eax: low half of a command to the other processor
send:   mov     edi, APIC_ICR_HIGH
        mov     dword [rdi], OTHER_APIC_ID << 24
        mov     edi, APIC_ICR_LOW
        mov     [rdi], eax
.sent:  pause
        test    dword [rdi], ICR_PENDING
        jnz     .sent
        ret

wait_a_while:
        push    rcx
        mov     ecx, PATIENCE
.next:  pause
        dec     ecx
        jnz     .next
        pop     rcx
        ret

; bl: a state; carry set if it is not reached in time
wait_for_state:
        mov     ecx, PATIENCE * 4
.next:  cmp     [other.state], bl
        jae     .reached
        pause
        dec     ecx
        jnz     .next
        stc
        ret
.reached:
        clc
        ret

map_apic:
        mov     qword [page_directory_pointers + 3 * 8], apic_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, APIC_BASE + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | 0x18)
        mov     [apic_directory + (APIC_BASE >> 21 & 511) * 8], rax
        ret

copy_trampolines:
        mov     esi, trampoline
        mov     edi, START_PAGE << 12
        mov     ecx, trampoline_end - trampoline
        rep     movsb
        mov     esi, restart
        mov     edi, RESTART_PAGE << 12
        mov     ecx, restart_end - restart
        rep     movsb
        ret

; --- The other processor ---

other_64:
        mov     eax, SELECTOR_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     rsp, other_stack_top
        lidt    [idt_pointer]
        mov     byte [other.state], STATE_AWAKE
        mov     edi, host_save_area
        call    svm_on
        mov     ecx, MSR_VM_CR
        rdmsr
        or      eax, VM_CR_R_INIT
        guarded wrmsr
        mov     eax, [trap_vector]
        mov     [other.trap], eax
        mov     bl, STATE_REFUSED
        cmp     eax, TRAP_NONE
        jne     .stop
        mov     edi, vmcb
        mov     esi, guest
        mov     edx, guest_stack_top
        call    vmcb_fill
        mov     dword [rdi + VMCB_EXCEPTIONS], 1 << VECTOR_SX
        mov     eax, edi
        clgi
        vmrun
        mov     bl, STATE_LEFT_GUEST
.stop:  mov     [other.state], bl
.halt:  hlt
        jmp     .halt

guest:  mov     byte [other.state], STATE_IN_GUEST
.beat:  inc     qword [other.beats]
        pause
        jmp     .beat

        section .data
        bits    16
; Real mode, at the page of the start-up IPI: straight into 64-bit mode, on the bootstrap processor's tables
trampoline:
        cli
        xor     ax, ax
        mov     ds, ax
        o32 lgdt [START_PAGE * 4096 + (.gdt - trampoline)]
        mov     eax, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT
        mov     cr4, eax
        mov     eax, [START_PAGE * 4096 + (.tables - trampoline)]
        mov     cr3, eax
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME
        wrmsr
        mov     eax, CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE
        mov     cr0, eax
        jmp     dword SELECTOR_CODE:other_64
        align   8, db 0
.gdt:   dw      gdt_end - gdt - 1
        dd      gdt
.tables:
        dd      page_map_level_4
trampoline_end:

restart:
        cli
        xor     ax, ax
        mov     ds, ax
        mov     byte [RESTARTED], 1
.halt:  hlt
        jmp     .halt
restart_end:

        section .bss
        alignb  4096
vmcb:               resb 4096
host_save_area:     resb 4096
apic_directory:     resb 4096
other_stack:        resb 4096
other_stack_top:
guest_stack:        resb 4096
guest_stack_top:
other:
.beats:             resq 1
.trap:              resd 1
.state:             resb 1

%include "image-end.inc"
