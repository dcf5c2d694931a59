; KVM's hypercalls from a guest that is no hypervisor: the number in RAX, arguments in RBX, RCX, RDX and RSI, the answer in RAX. The instruction
; is the vendor's own. A processor knows none.

%define GUEST_NAME "hypercalls"
%include "hvdiff.inc"

NO_SUCH_CALL        equ 1001
POLL                equ 1
WAKE                equ 5
PAIR_CLOCKS         equ 9
SEND_INTERRUPTS     equ 10
GIVE_WAY            equ 11
APIC                equ 0xfee00000
APIC_SPURIOUS       equ APIC + 0xf0
APIC_EOI            equ APIC + 0xb0
APIC_ENABLE         equ 1 << 8 | 0xff
UNCACHED            equ 0x18
VECTOR              equ 0x51
VENDOR_AMD          equ 'cAMD'

        section .text
        bits    64
        default rel

main:
        xor     eax, eax
        cpuid
        cmp     ecx, VENDOR_AMD
        sete    [is_amd]
        mov     qword [page_directory_pointers + 3 * 8], apic_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, APIC + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | UNCACHED)
        mov     [apic_directory + (APIC >> 21 & 511) * 8], rax
        mov     edi, APIC_SPURIOUS
        mov     dword [rdi], APIC_ENABLE
        mov     ecx, VECTOR
        mov     edx, count_interrupt
        shl     ecx, 4
        add     ecx, idt
        mov     [rcx], dx
        shr     edx, 16
        mov     [rcx + 6], dx

        verdict_begin "unknown"
        mov     eax, NO_SUCH_CALL
        call    ask
        verdict_end

        verdict_begin "poll"
        mov     eax, POLL
        call    ask
        verdict_end

; Whoever has been woken before it sleeps does not sleep.
        verdict_begin "wake-itself"
        mov     eax, WAKE
        xor     ebx, ebx
        xor     ecx, ecx
        call    ask
        cmp     dword [answered], 0
        jne     .asleep
        hlt
        say     ", and HLT ends"
.asleep:
        verdict_end

        verdict_begin "pair-clocks"
        mov     eax, PAIR_CLOCKS
        mov     ebx, pair
        xor     ecx, ecx
        call    ask
        cmp     qword [pair + 16], 0
        je      .unpaired
        say     ", stored"
.unpaired:
        verdict_end

        verdict_begin "pair-other-clock"
        mov     eax, PAIR_CLOCKS
        mov     ebx, pair
        mov     ecx, 1
        call    ask
        verdict_end

        verdict_begin "send-to-itself"
        mov     ebx, 1
        mov     esi, VECTOR
        call    send
        say     ", "
        mov     eax, [handled]
        call    put_decimal
        say     " came"
        verdict_end

        verdict_begin "send-to-nobody"
        xor     ebx, ebx
        mov     esi, VECTOR
        call    send
        verdict_end

        verdict_begin "send-with-shorthand"
        mov     ebx, 1
        mov     esi, VECTOR | 1 << 18
        call    send
        verdict_end

        verdict_begin "give-way"
        mov     eax, GIVE_WAY
        xor     ebx, ebx
        call    ask
        verdict_end
        xor     eax, eax
        ret

send:
        mov     eax, SEND_INTERRUPTS
        xor     ecx, ecx
        xor     edx, edx
        call    ask
        sti
        nop
        nop
        cli
        ret

; rax, rbx, rcx, rdx, rsi: the call. Says what it answers.
ask:
        mov     dword [answered], -1
        cmp     byte [is_amd], 0
        jne     .amd
        guarded vmcall
        jmp     .asked
.amd:   guarded vmmcall
.asked: cmp     dword [trap_vector], TRAP_NONE
        jne     put_trap
        mov     [answered], eax
        say     "answer "
        jmp     put_hex

count_interrupt:
        inc     dword [handled]
        push    rax
        mov     eax, APIC_EOI
        mov     dword [rax], 0
        pop     rax
        iretq

        section .bss
        alignb  4096
apic_directory:     resb 4096
pair:               resb 64
handled:            resd 1
answered:           resd 1
is_amd:             resb 1

%include "image-end.inc"
