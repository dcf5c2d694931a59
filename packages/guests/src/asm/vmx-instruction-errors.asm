; Every way a VMX instruction can fail that an L1 can provoke by itself, one verdict each: VMfailInvalid where there is no
; current VMCS, else the VM-instruction error number. The order matters: each part needs the state the one before left.

%define GUEST_NAME "vmx-instruction-errors"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

; A hypercall number that no L0 has, for the L0s that take VMCALL in root operation for a hypercall
UNUSED_HYPERCALL    equ 0x1234
; Control, 32 bits, index 0x1ff: no processor has this field
UNSUPPORTED_FIELD   equ 0x43fe
EOI_EXIT_BITMAP_0   equ 0x201c
TSC_MULTIPLIER      equ 0x2032
TSC_OFFSET_PATTERN  equ 0x1122334455667788

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    without_vmxe
        call    vmx_prepare
        call    bit_beyond_width
        mov     [too_wide_pointer], rax
        call    outside_vmx
        call    vmxon_failures
        call    without_vmcs
        call    vmclear_failures
        call    vmptrld_failures
        call    field_failures
        call    entry_failures
        call    invalidation_failures
        xor     eax, eax
        vmx_case "vmfunc.in-root", vmfunc
        vmx_case "vmxon.in-root", vmxon [vmxon_pointer]
        vmx_case "vmxoff", vmxoff
        vmx_case "vmxoff.again", vmxoff
        call    vmcall_in_root
.done:  ret

; CR4.VMXE is still clear.
without_vmxe:
        vmx_case "vmxon.without-vmxe", vmxon [vmxon_pointer]
        vmx_case "vmread.without-vmxe", vmread rax, rbx
        ret

; CR4.VMXE is set but VMXON has not been executed: all the others are invalid opcodes.
outside_vmx:
        vmx_case "outside.vmclear", vmclear [vmcs_pointer]
        vmx_case "outside.vmptrld", vmptrld [vmcs_pointer]
        vmx_case "outside.vmptrst", vmptrst [stored_pointer]
        vmx_case "outside.vmread", vmread rax, rbx
        vmx_case "outside.vmwrite", vmwrite rax, rbx
        vmx_case "outside.vmlaunch", vmlaunch
        vmx_case "outside.vmresume", vmresume
        vmx_case "outside.vmxoff", vmxoff
        vmx_case "outside.invept", invept rax, [descriptor]
        vmx_case "outside.invvpid", invvpid rax, [descriptor]
        verdict_begin "outside.vmcall"
        jmp     vmcall_case

vmxon_failures:
        vmx_case "vmxon.misaligned", vmxon [misaligned_vmxon_pointer]
        vmx_case "vmxon.too-wide", vmxon [too_wide_pointer]
        xor     dword [vmxon_region], 1
        vmx_case "vmxon.wrong-revision", vmxon [vmxon_pointer]
        xor     dword [vmxon_region], 1 | 1 << 31
        vmx_case "vmxon.revision-bit-31", vmxon [vmxon_pointer]
        xor     dword [vmxon_region], 1 << 31
        mov     rax, cr0
        and     eax, ~CR0_NE
        mov     cr0, rax
        vmx_case "vmxon.cr0-ne-clear", vmxon [vmxon_pointer]
        mov     rax, cr0
        or      eax, CR0_NE
        mov     cr0, rax
        vmx_case "vmxon", vmxon [vmxon_pointer]
        ret

; There is no VMCS to put an error number into.
without_vmcs:
        verdict_begin "vmptrst.without-vmcs"
        call    vmptrst_case
        vmx_case "vmxon.in-root-without-vmcs", vmxon [vmxon_pointer]
        mov     eax, EXIT_REASON
        vmx_case "vmread.without-vmcs", vmread rbx, rax
        mov     eax, GUEST_RIP
        vmx_case "vmwrite.without-vmcs", vmwrite rax, rbx
        vmx_case "vmlaunch.without-vmcs", vmlaunch
        vmx_case "vmresume.without-vmcs", vmresume
        vmx_case "vmclear.misaligned-without-vmcs", vmclear [misaligned_pointer]
        vmx_case "vmptrld.misaligned-without-vmcs", vmptrld [misaligned_pointer]
        mov     eax, 9
        vmx_case "invept.bad-type-without-vmcs", invept rax, [descriptor]
        vmx_case "invvpid.bad-type-without-vmcs", invvpid rax, [descriptor]
        verdict_begin "vmcall.in-root-without-vmcs"
        jmp     vmcall_case

; From here on a VMCS is current, so failures have numbers.
vmclear_failures:
        vmx_case "vmclear", vmclear [vmcs_pointer]
        vmx_case "vmptrld", vmptrld [vmcs_pointer]
        verdict_begin "vmptrst"
        call    vmptrst_case
        vmx_case "vmclear.misaligned", vmclear [misaligned_pointer]
        vmx_case "vmclear.too-wide", vmclear [too_wide_pointer]
        vmx_case "vmclear.vmxon-pointer", vmclear [vmxon_pointer]
        ; VMCLEAR prepares a region that may never have been a VMCS, so it has no revision to check.
        vmx_case "vmclear.wrong-revision", vmclear [other_pointer]
        ret

vmptrld_failures:
        vmx_case "vmptrld.misaligned", vmptrld [misaligned_pointer]
        vmx_case "vmptrld.too-wide", vmptrld [too_wide_pointer]
        vmx_case "vmptrld.vmxon-pointer", vmptrld [vmxon_pointer]
        mov     eax, [vmcs_revision]
        xor     eax, 1
        mov     [other_region], eax
        vmx_case "vmptrld.wrong-revision", vmptrld [other_pointer]
        verdict_begin "vmptrst.after-failed-vmptrld"
        call    vmptrst_case
        ; Bit 31 marks a shadow VMCS: refused where VMCS shadowing is not offered, else loaded but never launched.
        mov     eax, [vmcs_revision]
        bts     eax, 31
        mov     [other_region], eax
        vmx_case "vmptrld.revision-bit-31", vmptrld [other_pointer]
        test    byte [trap_flags], FLAG_CF | FLAG_ZF
        jnz     .no_shadow
        vmx_case "vmlaunch.shadow-vmcs", vmlaunch
        vmclear [other_pointer]
        jmp     .current
.no_shadow:
        verdict_text "vmlaunch.shadow-vmcs", "SKIP not offered"
.current:
        verdict_begin "vmptrst.after-vmclear"
        call    vmptrst_case
        vmptrld [vmcs_pointer]
        ret

field_failures:
        mov     eax, UNSUPPORTED_FIELD
        vmx_case "vmread.unsupported-field", vmread rbx, rax
        verdict_begin "vmread.vm-instruction-error"
        mov     eax, INSTRUCTION_ERROR
        vmread  rax, rax
        call    put_hex
        verdict_end
        mov     eax, UNSUPPORTED_FIELD
        vmx_case "vmwrite.unsupported-field", vmwrite rax, rbx
        ; An odd encoding names the high half, and only 64-bit fields have halves.
        mov     eax, PIN_CONTROLS + 1
        vmx_case "vmread.high-half-of-32-bit-field", vmread rbx, rax
        mov     eax, GUEST_RIP
        bts     rax, 32
        vmx_case "vmread.encoding-beyond-32-bits", vmread rbx, rax
        vmx_case "vmwrite.encoding-beyond-32-bits", vmwrite rax, rbx
        mov     eax, EXIT_REASON
        xor     ebx, ebx
        vmx_case "vmwrite.read-only-field", vmwrite rax, rbx

        ; Fields that come with a control, which an L0 may have in its own table all the same.
        mov     eax, EOI_EXIT_BITMAP_0
        vmx_case "vmread.eoi-exit-bitmap", vmread rbx, rax
        mov     eax, TSC_MULTIPLIER
        vmx_case "vmread.tsc-multiplier", vmread rbx, rax

        mov     eax, TSC_OFFSET
        mov     rbx, TSC_OFFSET_PATTERN
        vmwrite rax, rbx
        verdict_begin "vmread.high-half"
        inc     eax
        vmread  rax, rax
        call    put_hex64
        verdict_end
        ; A field narrower than the operand: the rest of the operand is ignored and reads as 0.
        mov     eax, GUEST_ES
        mov     rbx, TSC_OFFSET_PATTERN
        vmwrite rax, rbx
        verdict_begin "vmread.16-bit-field"
        vmread  rax, rax
        call    put_hex64
        verdict_end
        ret

entry_failures:
        mov     qword [l2_entry], l2_calls
        call    vmcs_load
        vmx_case "vmresume.clear-vmcs", vmresume

        ; Loading SS blocks events until the next instruction has ended; an entry in between is refused.
        verdict_begin "vmlaunch.after-mov-ss"
        mov     ebx, SELECTOR_DATA
        guarded call launch_after_mov_ss
        call    put_vmx_outcome
        verdict_end

        mov     ecx, CR3_TARGET_COUNT
        mov     eax, 0x1ff
        vmwrite rcx, rax
        ; The window behind STI is no such block: what is refused is the control.
        verdict_begin "vmlaunch.after-sti"
        guarded call launch_after_sti
        call    put_vmx_outcome
        verdict_end
        verdict_begin "vmlaunch.bad-control"
        call    entry_case
        mov     ecx, CR3_TARGET_COUNT
        xor     eax, eax
        vmwrite rcx, rax

        mov     ecx, HOST_CS
        vmwrite rcx, rax
        verdict_begin "vmlaunch.bad-host-state"
        call    entry_case
        mov     ecx, HOST_CS
        mov     eax, SELECTOR_CODE
        vmwrite rcx, rax

        mov     ecx, GUEST_RFLAGS
        xor     eax, eax
        vmwrite rcx, rax
        verdict_begin "vmlaunch.bad-guest-state"
        call    entry_case
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2
        vmwrite rcx, rax

        verdict_begin "vmlaunch"
        call    entry_case
        vmx_case "vmlaunch.launched-vmcs", vmlaunch
        call    l2_skip_instruction
        verdict_begin "vmresume"
        call    entry_case

        ; A failed entry leaves what it does not report as the last exit left it: here the length of VMCALL.
        mov     ecx, GUEST_RFLAGS
        xor     eax, eax
        vmwrite rcx, rax
        verdict_begin "vmresume.bad-guest-state"
        call    entry_case
        verdict_begin "vmread.instruction-length-after-failed-entry"
        mov     eax, EXIT_INSTRUCTION_LENGTH
        vmread  rax, rax
        call    put_hex
        verdict_end

        vmclear [vmcs_pointer]
        vmptrld [vmcs_pointer]
        vmx_case "vmresume.after-vmclear", vmresume
        ret

entry_case:
        call    l2_run
        call    put_entry_outcome
        verdict_end
        ret

; The flags must survive until `guarded` looks at them: RET leaves them alone.
launch_after_sti:
        sti
        vmlaunch
        cli
        ret

launch_after_mov_ss:
        mov     ss, ebx
        vmlaunch
        ret

; INVEPT and INVVPID: which types exist is in IA32_VMX_EPT_VPID_CAP; without EPT or VPID they are invalid opcodes.
invalidation_failures:
        mov     eax, 9
        vmx_case "invept.bad-type", invept rax, [descriptor]
        xor     eax, eax
        vmx_case "invept.type-0", invept rax, [descriptor]
        mov     eax, 1
        mov     qword [descriptor], 7           ; no such memory type, and a walk of one level
        vmx_case "invept.bad-eptp", invept rax, [descriptor]
        mov     qword [descriptor], other_region + 0x1e
        vmx_case "invept.single-context", invept rax, [descriptor]
        mov     eax, 2
        mov     qword [descriptor + 8], 1
        vmx_case "invept.reserved-descriptor-bits", invept rax, [descriptor]
        mov     qword [descriptor + 8], 0
        vmx_case "invept.all-contexts", invept rax, [descriptor]

        mov     eax, 9
        mov     qword [descriptor], 0
        vmx_case "invvpid.bad-type", invvpid rax, [descriptor]
        xor     eax, eax
        vmx_case "invvpid.address-of-vpid-0", invvpid rax, [descriptor]
        mov     eax, 1
        vmx_case "invvpid.vpid-0", invvpid rax, [descriptor]
        mov     eax, 3
        vmx_case "invvpid.vpid-0-but-globals", invvpid rax, [descriptor]
        mov     qword [descriptor], 1
        mov     eax, 1
        vmx_case "invvpid.single-context", invvpid rax, [descriptor]
        mov     rbx, 1 << 47
        mov     [descriptor + 8], rbx
        xor     eax, eax
        vmx_case "invvpid.non-canonical-address", invvpid rax, [descriptor]
        mov     qword [descriptor + 8], 0
        mov     qword [descriptor], 1 | 1 << 16
        mov     eax, 1
        vmx_case "invvpid.reserved-descriptor-bits", invvpid rax, [descriptor]
        mov     qword [descriptor], 0
        mov     eax, 2
        vmx_case "invvpid.all-contexts", invvpid rax, [descriptor]
        ret

; Last, because some peers stop here (Bochs 2.7 panics).
vmcall_in_root:
        vmxon   [vmxon_pointer]
        vmclear [vmcs_pointer]
        vmptrld [vmcs_pointer]
        verdict_begin "vmcall.in-root"
; VMCALL, which an L0 may take for a hypercall: then it changes RAX and leaves the flags, which are clear here.
vmcall_case:
        mov     eax, UNUSED_HYPERCALL
        test    esp, esp
        guarded vmcall
        cmp     rax, UNUSED_HYPERCALL
        jne     .hypercall
        cmp     dword [trap_vector], TRAP_NONE
        jne     .outcome
        test    byte [trap_flags], FLAG_CF | FLAG_ZF
        jnz     .outcome
        say     "returned", 10
        ret
.outcome:
        call    put_vmx_outcome
        verdict_end
        ret
.hypercall:
        say     "hypercall, rax "
        call    put_hex64
        verdict_end
        ret

; The current-VMCS pointer, by name
vmptrst_case:
        guarded vmptrst [stored_pointer]
        mov     rax, [stored_pointer]
        cmp     dword [trap_vector], TRAP_NONE
        jne     .failed
        cmp     rax, -1
        je      .none
        cmp     rax, [vmcs_pointer]
        je      .ours
        call    put_hex64
        verdict_end
        ret
.none:  say     "none", 10
        ret
.ours:  say     "the loaded VMCS", 10
        ret
.failed:
        call    put_trap
        verdict_end
        ret

l2_calls:
        vmcall
        vmcall

        section .data
        align   8, db 0
misaligned_vmxon_pointer: dq vmxon_region + 0x10
misaligned_pointer:     dq vmcs_region + 0x10
other_pointer:          dq other_region
too_wide_pointer:       dq 0
stored_pointer:         dq 0
descriptor:             dq 0, 0

        section .bss
        alignb  4096
other_region:           resb 4096

%include "image-end.inc"
