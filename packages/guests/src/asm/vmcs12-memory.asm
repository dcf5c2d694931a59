; What lies in the page of a VMCS, and when: VMWRITE and VMREAD against plain stores and loads while the VMCS is current, after VMCLEAR,
; VMPTRLD of another one and VMXOFF, and a store of another processor between VMPTRLD and VMLAUNCH. The manual leaves all of it to
; the processor, but for one thing: what VMCLEAR leaves in the page is what a later VMPTRLD finds there.

%define GUEST_NAME "vmcs12-memory"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "svm-other.inc"

; Values of the CR0 guest/host mask, which nothing looks at before an entry, and of L2's RSP
WRITTEN             equ 0x1122334455667788
STORED              equ 0x2233445566778811
LATER               equ 0x3344556677881122
MANY_PAGES          equ 0x800000
MANY_PAGES_END      equ MANY_PAGES + 256 * 4096
ROUNDS              equ 2

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     eax, [vmcs_revision]
        mov     [second_region], eax
        vmclear [second_pointer]
        vmclear [vmcs_pointer]
        vmptrld [vmcs_pointer]
        mov     rdx, WRITTEN
        call    write_mask
        verdict_begin "vmwrite"
        call    put_whether_there
        vmclear [vmcs_pointer]
        verdict_begin "vmclear"
        call    find
        mov     [place], rax
        call    put_place
        cmp     qword [place], -1
        je      .nowhere
        call    store_while_current
        call    store_while_clear
        call    store_before_same_vmptrld
        call    another_vmptrld
        call    vmxoff_without_vmclear
        call    many_vmptrlds
        call    tamper
.done:  ret
.nowhere:
        say     "SKIP the field is not to be found in the page", 10
        ret

; rdx -> the field
write_mask:
        mov     ecx, CR0_MASK
        vmwrite rcx, rdx
        ret

; rdx: a value; where it is in the page, -1 for nowhere -> rax
find:   mov     eax, 16
.next:  cmp     [vmcs_region + rax], rdx
        je      .found
        add     eax, 4
        cmp     eax, 4096 - 8
        jbe     .next
        mov     rax, -1
.found: ret

put_whether_there:
        call    find
        cmp     rax, -1
        je      .absent
        say     "in the page"
        verdict_end
        ret
.absent:
        say     "not in the page"
        verdict_end
        ret

put_place:
        cmp     rax, -1
        je      .absent
        say     "in the page at "
        call    put_hex
        verdict_end
        ret
.absent:
        say     "not in the page"
        verdict_end
        ret

; rax: what the field or the place in the page holds, as the rest of a verdict
put_value:
        mov     rdx, WRITTEN
        cmp     rax, rdx
        je      .written
        mov     rdx, STORED
        cmp     rax, rdx
        je      .stored
        mov     rdx, LATER
        cmp     rax, rdx
        je      .later
        call    put_hex
        verdict_end
        ret
.written:
        say     "what VMWRITE wrote"
        verdict_end
        ret
.stored:
        say     "what the store wrote"
        verdict_end
        ret
.later: say     "what the later VMWRITE wrote"
        verdict_end
        ret

put_field:
        mov     ecx, CR0_MASK
        vmread  rax, rcx
        jmp     put_value

put_page:
        mov     rax, [place]
        mov     rax, [vmcs_region + rax]
        jmp     put_value

; A plain store of rdx where the field is
store:  mov     rax, [place]
        mov     [vmcs_region + rax], rdx
        ret

store_while_current:
        vmptrld [vmcs_pointer]
        mov     rdx, STORED
        call    store
        verdict_begin "store-while-current.vmread"
        call    put_field
        vmclear [vmcs_pointer]
        verdict_begin "store-while-current.vmclear"
        jmp     put_page

store_while_clear:
        mov     rdx, STORED
        call    store
        vmptrld [vmcs_pointer]
        verdict_begin "store-while-clear.vmread"
        jmp     put_field

; The VMCS is current already.
store_before_same_vmptrld:
        mov     rdx, WRITTEN
        call    write_mask
        mov     rdx, STORED
        call    store
        vmptrld [vmcs_pointer]
        verdict_begin "store-before-same-vmptrld.vmread"
        jmp     put_field

another_vmptrld:
        mov     rdx, LATER
        call    write_mask
        vmptrld [second_pointer]
        verdict_begin "another-vmptrld"
        call    put_page
        vmptrld [vmcs_pointer]
        verdict_begin "another-vmptrld.back"
        jmp     put_field

vmxoff_without_vmclear:
        vmclear [vmcs_pointer]
        mov     rdx, STORED
        call    store
        vmptrld [vmcs_pointer]
        mov     rdx, LATER
        call    write_mask
        vmxoff
        verdict_begin "vmxoff"
        call    put_page
        vmxon   [vmxon_pointer]
        vmptrld [vmcs_pointer]
        verdict_begin "vmxoff.vmread"
        call    put_field
        vmclear [vmcs_pointer]
        ret

; An L0 that keeps something for each VMCS it has seen would grow with every page.
many_vmptrlds:
        mov     r12d, ROUNDS
.round: mov     dword [many_pointer], MANY_PAGES
.next:  mov     ebx, [many_pointer]
        mov     eax, [vmcs_revision]
        mov     [rbx], eax
        vmptrld [many_pointer]
        jbe     .failed
        mov     eax, ebx
        mov     ecx, CR0_MASK
        vmwrite rcx, rax
        vmread  rdx, rcx
        cmp     rdx, rax
        jne     .failed
        add     dword [many_pointer], 4096
        cmp     dword [many_pointer], MANY_PAGES_END
        jb      .next
        dec     r12d
        jnz     .round
        verdict_text "vmptrld.many", "ok"
        jmp     .clear
.failed:
        verdict_text "vmptrld.many", "failed"
.clear: vmclear [many_pointer]
        vmclear [vmcs_pointer]
        ret

; Another processor stores to the page between VMPTRLD and VMLAUNCH.
tamper: call    start_other
        jnc     .awake
        verdict_text "tampered", "SKIP there is no processor with APIC id 1"
        verdict_text "tampered.rsp", "SKIP there is no processor with APIC id 1"
        ret
.awake: mov     qword [l2_entry], tells_stack
        call    vmcs_load
        mov     ecx, GUEST_RSP
        mov     rdx, WRITTEN
        vmwrite rcx, rdx
        vmclear [vmcs_pointer]
        call    find
        mov     [place], rax
        vmptrld [vmcs_pointer]
        mov     byte [turn], 1
.wait:  pause
        cmp     byte [turn], 1
        je      .wait
        call    l2_run
        verdict_begin "tampered"
        call    put_entry_outcome
        verdict_end
        verdict_begin "tampered.rsp"
        mov     rax, [l2.rax]
        jmp     put_value

other_main:
        pause
        cmp     byte [turn], 1
        jne     other_main
        mov     rdx, STORED
        call    store
        mov     byte [turn], 2
.halt:  hlt
        jmp     .halt

tells_stack:
        mov     rax, rsp
        vmcall

        section .data
        align   8, db 0
second_pointer:         dq second_region
many_pointer:           dq MANY_PAGES
place:                  dq -1
turn:                   db 0

        section .bss
        alignb  4096
second_region:          resb 4096

%include "image-end.inc"
