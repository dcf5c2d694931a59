; All other processors are sent to an address in the middle of zeros. Zeros are ADD [RAX], AL: they slide on until the zeros end, at B0000H, where
; a PC has neither memory nor, while its display shows anything but monochrome text, a device.
;
; The zeros below B0000H, which are a display's memory in graphics mode, are RAM of the image's here, so that it need not set that mode.

%define GUEST_NAME "astray"
%define PATIENCE    2000
%include "hvdiff.inc"
%include "svm-other.inc"

ICR_ALL_BUT_SELF    equ 3 << 18
SLIDE               equ 0xaff80
HOLE                equ 0xb0000
OTHERS              equ 3
STACK_SHIFT         equ 10
RESET_ARRIVED       equ 20000

        section .text
        bits    64
        default rel

main:   call    map_apic
        call    copy_trampolines
        call    map_low_memory
        mov     edi, idt + VECTOR_UD * 16
        mov     eax, undefined
        mov     [rdi], ax
        shr     eax, 16
        mov     [rdi + 6], ax
        mov     edi, APIC_SPURIOUS
        mov     dword [rdi], APIC_ENABLE
        mov     edi, APIC_ICR_LOW
        mov     dword [rdi], ICR_ALL_BUT_SELF | ICR_INIT
        call    wait_a_while
        mov     edi, APIC_ICR_LOW
        mov     dword [rdi], ICR_ALL_BUT_SELF | ICR_STARTUP | START_PAGE
        mov     ecx, RESET_ARRIVED
.wait:  pause
        cmp     dword [told], OTHERS
        je      .told
        dec     ecx
        jnz     .wait
.told:  verdict_begin "started"
        mov     eax, [arrived]
        call    put_decimal
        verdict_end
        verdict_begin "undefined-opcode"
        mov     eax, [told]
        call    put_decimal
        verdict_end
        verdict_begin "rip"
        mov     rax, [place]
        call    put_hex
        verdict_end
        ret

; The first 2 MiB in small pages: as they are, but for 64 KiB of zeros below the hole.
map_low_memory:
        mov     edi, low_pages
        mov     eax, PAGE_PRESENT | PAGE_WRITE
        mov     ecx, 512
.next:  mov     [rdi], rax
        add     rdi, 8
        add     eax, 4096
        loop    .next
        mov     edi, low_pages + (0xa0000 >> 12) * 8
        mov     eax, zeros + (PAGE_PRESENT | PAGE_WRITE)
        mov     ecx, 16
.zero:  mov     [rdi], rax
        add     rdi, 8
        add     eax, 4096
        loop    .zero
        mov     qword [page_directory], low_pages + (PAGE_PRESENT | PAGE_WRITE)
        mov     rax, cr3
        mov     cr3, rax
        ret

; Each of the others, with a stack of its own
other_main:
        mov     eax, 1
        lock xadd [arrived], eax
        shl     eax, STACK_SHIFT
        lea     rsp, [rax + stacks + 1024]
        mov     eax, scratch
        mov     ecx, SLIDE
        jmp     rcx

undefined:
        mov     rax, [rsp]
        mov     [place], rax
        lock inc dword [told]
.halt:  hlt
        jmp     .halt

        section .bss
        alignb  4096
low_pages:      resb 4096
zeros:          resb 65536
stacks:         resb 4096
place:          resq 1
arrived:        resd 1
told:           resd 1
scratch:        resq 1

%include "image-end.inc"
