; Where an INIT lands that comes to a processor in guest mode. An L1 that wants to keep its guest's INITs from resetting the processor sets
; VM_CR.R_INIT, which makes a security exception (#SX) of each, and intercepts that. The bootstrap processor starts the one with APIC id
; 1, which does so and enters a guest that does nothing; then it sends INIT and a start-up IPI, and looks where that processor has got to.
; Where nested paging is offered the guest has it: an identity map, but for the page of the start-up IPI, whose place another one takes.

%define GUEST_NAME "sx-init-redirect"
%include "hvdiff.inc"
%include "svm.inc"
%include "svm-other.inc"

VECTOR_SX           equ 30
OTHER_PAGE          equ 0xa             ; what the guest finds at RESTART_PAGE
OTHER_RESTARTED     equ OTHER_PAGE << 12 | RESTARTED & 0xfff
NPT_ALL             equ 0x7
NPT_LARGE           equ 1 << 7

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        call    fill_other_page
        call    start_other
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
        mov     edi, OTHER_RESTARTED
        cmp     byte [rdi], 0
        jne     .behind_tables
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
.behind_tables:
        say     "reset and started, its memory still behind the nested page tables of its guest"
        verdict_end
        ret
.restarted:
        say     "reset and started at the vector of the IPI"
        verdict_end
        ret

; --- The other processor ---

other_main:
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
        call    nest
        mov     eax, edi
        clgi
        vmrun
        mov     bl, STATE_LEFT_GUEST
.stop:  mov     [other.state], bl
.halt:  hlt
        jmp     .halt

; The same code as at RESTART_PAGE, so that it tells of itself in its own page.
fill_other_page:
        mov     esi, restart
        mov     edi, OTHER_PAGE << 12
        mov     ecx, restart_end - restart
        rep     movsb
        mov     edi, OTHER_RESTARTED
        mov     byte [rdi], 0
        ret

; rdi: a VMCB; gives it nested paging if that is offered
nest:   push    rdi
        call    npt_offered
        pop     rdi
        jnc     .done
        mov     dword [rdi + VMCB_NESTED_CONTROL], NESTED_PAGING
        mov     dword [rdi + VMCB_NESTED_CR3], npt_level_4
        push    rdi
        mov     qword [npt_level_4], npt_level_3 + NPT_ALL
        mov     qword [npt_level_3], npt_level_2 + NPT_ALL
        mov     eax, NPT_ALL | NPT_LARGE
        mov     edi, npt_level_2
        mov     ecx, 512
.large: mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .large
        mov     qword [npt_level_2], npt_level_1 + NPT_ALL
        mov     eax, NPT_ALL
        mov     edi, npt_level_1
        mov     ecx, 512
.small: mov     [rdi], rax
        add     eax, 0x1000
        add     edi, 8
        loop    .small
        mov     qword [npt_level_1 + RESTART_PAGE * 8], OTHER_PAGE << 12 | NPT_ALL
        pop     rdi
.done:  ret

guest:  mov     byte [other.state], STATE_IN_GUEST
.beat:  inc     qword [other.beats]
        pause
        jmp     .beat

        section .bss
        alignb  4096
vmcb:               resb 4096
host_save_area:     resb 4096
npt_level_4:        resb 4096
npt_level_3:        resb 4096
npt_level_2:        resb 4096
npt_level_1:        resb 4096
guest_stack:        resb 4096
guest_stack_top:

%include "image-end.inc"
