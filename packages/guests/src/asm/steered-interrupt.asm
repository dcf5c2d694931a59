; Another processor gives a level-triggered interrupt of a device another vector, while L1 or L2 runs here. Then the device interrupts twice.

%define GUEST_NAME "steered-interrupt"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 20
%define SENDER_TASK steer
%include "interrupted.inc"

IO_APIC             equ 0xfec00000
IO_APIC_WINDOW      equ IO_APIC + 0x10
UART_PIN            equ 4
ENTRY_LOW           equ 0x10 + 2 * UART_PIN
LEVEL               equ 1 << 15
FIRST_VECTOR        equ 0x61
SECOND_VECTOR       equ 0x71
UART_IER            equ COM1 + 1
UART_IIR            equ COM1 + 2
UART_MCR            equ COM1 + 4
MCR_OUT2            equ 0x0b
IER_TRANSMITTER     equ 2
WAIT_IN_L1          equ 700
WORK_IN_L2          equ 1200
DEVICE_PATIENCE     equ 4000

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        mov     ecx, FIRST_VECTOR
        mov     edx, device
        call    set_gate
        mov     ecx, SECOND_VECTOR
        mov     edx, device
        call    set_gate
        mov     qword [l2_entry], works
        call    vmcs_load
        call    start_sender
        jc      .off
        mov     eax, IO_APIC + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | 0x18)
        mov     [apic_directory + (IO_APIC >> 21 & 511) * 8], rax
        mov     eax, LEVEL | FIRST_VECTOR
        call    write_entry
        call    ask_sender
        mov     ecx, WAIT_IN_L1
.wait:  dec     ecx
        jnz     .wait
        call    l2_run
.steered:
        pause
        cmp     byte [steered], 0
        je      .steered
        call    wait_for_transmitter
        mov     edx, UART_MCR
        mov     al, MCR_OUT2
        out     dx, al
        call    interrupt_once
        call    interrupt_once
        verdict_begin "interrupts"
        mov     eax, [device_count]
        call    put_decimal
        verdict_end
.off:   vmxoff
.done:  ret

wait_for_transmitter:
        mov     edx, UART_LSR
.wait:  in      al, dx
        test    al, 0x40
        jz      .wait
        ret

; The device asks for an interrupt, which its handler ends.
interrupt_once:
        mov     edx, UART_IER
        mov     al, IER_TRANSMITTER
        out     dx, al
        mov     ecx, DEVICE_PATIENCE
        sti
.wait:  dec     ecx
        jnz     .wait
        cli
        xor     eax, eax
        out     dx, al
        ret

device: push    rax
        push    rdx
        inc     dword [device_count]
        mov     edx, UART_IIR
        in      al, dx
        mov     eax, APIC_EOI
        mov     dword [rax], 0
        pop     rdx
        pop     rax
        iretq

; The second processor's
steer:  mov     eax, LEVEL | SECOND_VECTOR
        call    write_entry
        mov     byte [steered], 1
        ret

; eax: low half of the entry
write_entry:
        mov     edi, IO_APIC
        mov     dword [rdi], ENTRY_LOW
        mov     edi, IO_APIC_WINDOW
        mov     [rdi], eax
        ret

; ---- L2 ----

works:  mov     ecx, WORK_IN_L2
.next:  dec     ecx
        jnz     .next
        vmcall

        section .bss
        alignb  4
device_count:       resd 1
steered:            resb 1

%include "image-end.inc"
