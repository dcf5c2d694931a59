; VM entries from VMCSs that are valid but for one thing. Controls and host state are answered with a VM-instruction error,
; guest state and MSR loading with an exit whose reason has bit 31 set. The `accepted` cases are the counter-check: the
; surroundings of the wrong ones are right.

%define GUEST_NAME "entry-checks"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"
%include "entry-cases.inc"

NON_CANONICAL       equ 1 << 47
APIC_PAGE           equ 0xfee00000
MISC_ACTIVITY_HLT       equ 1 << 6
MISC_ACTIVITY_SHUTDOWN  equ 1 << 7
MISC_ZERO_LENGTH        equ 1 << 30
BASIC_ANY_ERROR_CODE    equ 1 << 56

EVENT_VALID         equ 1 << 31
EVENT_ERROR_CODE    equ 1 << 11
EVENT_EXTERNAL      equ EVENT_VALID
EVENT_RESERVED_TYPE equ EVENT_VALID | 1 << 8
EVENT_NMI           equ EVENT_VALID | 2 << 8
EVENT_EXCEPTION     equ EVENT_VALID | 3 << 8
EVENT_SOFTWARE      equ EVENT_VALID | 4 << 8
EVENT_OTHER         equ EVENT_VALID | 7 << 8

BLOCKING_STI        equ 1 << 0
BLOCKING_MOV_SS     equ 1 << 1
BLOCKING_SMI        equ 1 << 2
BLOCKING_NMI        equ 1 << 3
RFLAGS_TF           equ 1 << 8
RFLAGS_IF           equ 1 << 9
RFLAGS_VM           equ 1 << 17
PENDING_DEBUG_BS    equ 1 << 14

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    prepare_operands
        call    ept_identity
        call    vmx_on
        mov     ebx, cases
        mov     r14d, cases_end
        call    run_entry_cases
        vmxoff
.done:  ret

; What depends on the processor: one control bit of each kind that must not be set, one that must be, and addresses.
prepare_operands:
        mov     esi, caps
        mov     edi, must_be_0
        mov     ecx, 5
.next:  mov     rax, [rsi]
        mov     edx, eax
        neg     edx
        and     edx, eax                ; the lowest bit that must be 1
        mov     [rdi + must_be_1 - must_be_0], rdx
        shr     rax, 32
        not     eax
        mov     edx, eax
        neg     edx
        and     edx, eax                ; the lowest bit that must be 0
        mov     [rdi], rdx
        add     esi, 8
        add     edi, 8
        loop    .next

        call    bit_beyond_width
        mov     [too_wide], rax
        sub     rax, 16
        mov     [last_entry], rax
        mov     eax, [caps.misc + 2]
        and     eax, 0x1ff
        inc     eax
        mov     [too_many_cr3_targets], rax
        mov     eax, [vmcs_revision]
        mov     [link_region], eax
        xor     eax, 1
        mov     [other_link_region], eax
        ret

        section .rodata
cases:
        entry_case "baseline"

        ; ---- VM-execution controls ----
        entry_case "control.pin-not-allowed"
        or_from PIN_CONTROLS, must_be_0.pin
        entry_case "control.pin-required"
        clear_from PIN_CONTROLS, must_be_1.pin
        entry_case "control.processor-not-allowed"
        or_from PROCESSOR_CONTROLS, must_be_0.processor
        entry_case "control.processor-required"
        clear_from PROCESSOR_CONTROLS, must_be_1.processor
        entry_case "control.secondary-not-allowed"
        processor PROCESSOR_SECONDARY
        set     SECONDARY_CONTROLS, 0
        or_from SECONDARY_CONTROLS, must_be_0.secondary
        entry_case "control.cr3-target-count"
        set_from CR3_TARGET_COUNT, too_many_cr3_targets
        entry_case "control.io-bitmap-a-misaligned"
        processor PROCESSOR_IO_BITMAPS
        set     IO_BITMAP_A, bitmap + 0x800
        set     IO_BITMAP_B, bitmap
        entry_case "control.io-bitmap-b-too-wide"
        processor PROCESSOR_IO_BITMAPS
        set     IO_BITMAP_A, bitmap
        set_from IO_BITMAP_B, too_wide
        entry_case "control.msr-bitmap-misaligned"
        processor PROCESSOR_MSR_BITMAPS
        set     MSR_BITMAP, bitmap + 0x800
        entry_case "control.msr-bitmap-too-wide"
        processor PROCESSOR_MSR_BITMAPS
        set_from MSR_BITMAP, too_wide
        entry_case "control.virtual-apic-misaligned"
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set     VIRTUAL_APIC_ADDRESS, bitmap + 0x800
        entry_case "control.virtual-apic-too-wide"
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set_from VIRTUAL_APIC_ADDRESS, too_wide
        entry_case "control.tpr-threshold-reserved-bits"
        processor PROCESSOR_TPR_SHADOW
        set     VIRTUAL_APIC_ADDRESS, bitmap
        set     TPR_THRESHOLD, 0x10
        entry_case "control.tpr-threshold-above-vtpr"
        processor PROCESSOR_TPR_SHADOW
        set     VIRTUAL_APIC_ADDRESS, bitmap
        set     TPR_THRESHOLD, 5
        entry_case "control.virtual-nmi-without-nmi-exiting"
        pin     PIN_VIRTUAL_NMI
        entry_case "control.nmi-window-without-virtual-nmi"
        processor PROCESSOR_NMI_WINDOW
        entry_case "control.x2apic-without-tpr-shadow"
        secondary SECONDARY_X2APIC
        entry_case "control.apic-registers-without-tpr-shadow"
        secondary SECONDARY_APIC_REGISTERS
        entry_case "control.virtual-interrupts-without-tpr-shadow"
        pin     PIN_EXTERNAL_INTERRUPT
        secondary SECONDARY_VIRTUAL_INTERRUPTS
        entry_case "control.virtual-interrupts-without-interrupt-exiting"
        secondary SECONDARY_VIRTUAL_INTERRUPTS
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set     VIRTUAL_APIC_ADDRESS, bitmap
        entry_case "control.posted-without-virtual-interrupts"
        pin     PIN_POSTED_INTERRUPTS
        entry_case "control.apic-access-misaligned"
        secondary SECONDARY_APIC_ACCESSES
        set     APIC_ACCESS_ADDRESS, bitmap + 0x800
        entry_case "control.x2apic-and-apic-accesses"
        secondary SECONDARY_X2APIC | SECONDARY_APIC_ACCESSES
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set     VIRTUAL_APIC_ADDRESS, bitmap
        set     APIC_ACCESS_ADDRESS, bitmap
        entry_case "control.vpid-0"
        secondary SECONDARY_VPID
        set     VPID, 0
        entry_case "control.eptp-memory-type"
        secondary SECONDARY_EPT
        set     EPT_POINTER, ept_level_4 + EPTP_WALK_4 + 2
        entry_case "control.eptp-walk-length"
        secondary SECONDARY_EPT
        set     EPT_POINTER, ept_level_4 + EPTP_MEMORY_WB + (1 << 3)
        entry_case "control.eptp-reserved-bit"
        secondary SECONDARY_EPT
        set     EPT_POINTER, ept_level_4 + EPTP_MEMORY_WB + EPTP_WALK_4 + (1 << 11)
        entry_case "control.eptp-too-wide"
        secondary SECONDARY_EPT
        set     EPT_POINTER, EPTP_MEMORY_WB + EPTP_WALK_4
        or_from EPT_POINTER, too_wide
        entry_case "control.eptp-accessed-dirty-not-offered"
        unless  caps.ept_vpid, 1 << EPT_CAP_ACCESSED_DIRTY
        secondary SECONDARY_EPT
        set     EPT_POINTER, ept_level_4 + EPTP_MEMORY_WB + EPTP_WALK_4 + EPTP_ACCESSED_DIRTY
        entry_case "control.unrestricted-without-ept"
        secondary SECONDARY_UNRESTRICTED
        entry_case "control.pml-without-ept"
        secondary SECONDARY_PML
        set     PML_ADDRESS, bitmap
        entry_case "control.pml-misaligned"
        secondary SECONDARY_EPT | SECONDARY_PML
        set     EPT_POINTER, ept_level_4 + EPTP_MEMORY_WB + EPTP_WALK_4
        set     PML_ADDRESS, bitmap + 0x800
        entry_case "control.vmread-bitmap-misaligned"
        secondary SECONDARY_VMCS_SHADOWING
        set     VMREAD_BITMAP, bitmap + 0x800
        set     VMWRITE_BITMAP, bitmap

        ; ---- VM-exit controls ----
        entry_case "control.exit-not-allowed"
        or_from EXIT_CONTROLS, must_be_0.exit
        entry_case "control.exit-required"
        clear_from EXIT_CONTROLS, must_be_1.exit
        entry_case "control.save-timer-without-timer"
        exit_control EXIT_SAVE_PREEMPTION_TIMER
        entry_case "control.exit-msr-store-misaligned"
        set     EXIT_MSR_STORE_COUNT, 1
        set     EXIT_MSR_STORE_ADDRESS, bitmap + 8
        entry_case "control.exit-msr-store-too-wide"
        set     EXIT_MSR_STORE_COUNT, 1
        set_from EXIT_MSR_STORE_ADDRESS, too_wide
        entry_case "control.exit-msr-store-runs-out"
        set     EXIT_MSR_STORE_COUNT, 2
        set_from EXIT_MSR_STORE_ADDRESS, last_entry
        entry_case "control.exit-msr-load-misaligned"
        set     EXIT_MSR_LOAD_COUNT, 1
        set     EXIT_MSR_LOAD_ADDRESS, bitmap + 8
        entry_case "control.exit-msr-load-too-wide"
        set     EXIT_MSR_LOAD_COUNT, 1
        set_from EXIT_MSR_LOAD_ADDRESS, too_wide

        ; ---- VM-entry controls ----
        entry_case "control.entry-not-allowed"
        or_from ENTRY_CONTROLS, must_be_0.entry
        entry_case "control.entry-required"
        clear_from ENTRY_CONTROLS, must_be_1.entry
        entry_case "control.entry-to-smm"
        entry_control ENTRY_TO_SMM
        entry_case "control.deactivate-dual-monitor"
        entry_control ENTRY_DEACTIVATE_DUAL
        entry_case "control.entry-msr-load-misaligned"
        set     ENTRY_MSR_LOAD_COUNT, 1
        set     ENTRY_MSR_LOAD_ADDRESS, bitmap + 8
        entry_case "control.entry-msr-load-too-wide"
        set     ENTRY_MSR_LOAD_COUNT, 1
        set_from ENTRY_MSR_LOAD_ADDRESS, too_wide
        entry_case "control.event-reserved-type"
        set     ENTRY_EVENT, EVENT_RESERVED_TYPE | 0x20
        entry_case "control.event-other-vector"
        set     ENTRY_EVENT, EVENT_OTHER | 1
        entry_case "control.event-nmi-vector"
        set     ENTRY_EVENT, EVENT_NMI | 3
        entry_case "control.event-exception-vector"
        set     ENTRY_EVENT, EVENT_EXCEPTION | 32
        ; Newer processors leave it to software which exceptions have an error code.
        entry_case "control.event-error-code-missing"
        unless  vmx_basic, BASIC_ANY_ERROR_CODE
        set     ENTRY_EVENT, EVENT_EXCEPTION | VECTOR_GP
        entry_case "control.event-error-code-unexpected"
        unless  vmx_basic, BASIC_ANY_ERROR_CODE
        set     ENTRY_EVENT, EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_UD
        entry_case "control.event-error-code-with-interrupt"
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     ENTRY_EVENT, EVENT_EXTERNAL | EVENT_ERROR_CODE | 0x20
        entry_case "control.event-error-code-high-bits"
        set     ENTRY_EVENT, EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_GP
        set     ENTRY_ERROR_CODE, 1 << 31
        entry_case "control.event-reserved-bit-12"
        set     ENTRY_EVENT, EVENT_EXCEPTION | VECTOR_UD | 1 << 12
        entry_case "control.event-reserved-bit-30"
        set     ENTRY_EVENT, EVENT_EXCEPTION | VECTOR_UD | 1 << 30
        entry_case "control.event-length-0"
        unless  caps.misc, MISC_ZERO_LENGTH
        set     ENTRY_EVENT, EVENT_SOFTWARE | 0x80
        set     ENTRY_INSTRUCTION_LENGTH, 0
        entry_case "control.event-length-16"
        set     ENTRY_EVENT, EVENT_SOFTWARE | 0x80
        set     ENTRY_INSTRUCTION_LENGTH, 16

        ; ---- host state ----
        entry_case "host.cr0-ne-clear"
        clear_bits HOST_CR0, CR0_NE
        entry_case "host.cr0-pg-clear"
        clear_bits HOST_CR0, CR0_PG
        entry_case "host.cr4-vmxe-clear"
        clear_bits HOST_CR4, CR4_VMXE
        entry_case "host.cr4-pae-clear"
        clear_bits HOST_CR4, CR4_PAE
        entry_case "host.cr4-not-allowed"
        or_bits HOST_CR4, 1 << 31
        entry_case "host.cr3-too-wide"
        or_from HOST_CR3, too_wide
        entry_case "host.es-rpl"
        set     HOST_ES, SELECTOR_DATA | 3
        entry_case "host.cs-rpl"
        set     HOST_CS, SELECTOR_CODE | 1
        entry_case "host.ss-ti"
        set     HOST_SS, SELECTOR_DATA | 4
        entry_case "host.ds-ti"
        set     HOST_DS, SELECTOR_DATA | 4
        entry_case "host.fs-rpl"
        set     HOST_FS, 2
        entry_case "host.gs-ti"
        set     HOST_GS, 4
        entry_case "host.tr-rpl"
        set     HOST_TR, SELECTOR_TSS | 1
        entry_case "host.cs-0"
        set     HOST_CS, 0
        entry_case "host.tr-0"
        set     HOST_TR, 0
        entry_case "host.fs-base-non-canonical"
        set     HOST_FS_BASE, NON_CANONICAL
        entry_case "host.gs-base-non-canonical"
        set     HOST_GS_BASE, NON_CANONICAL
        entry_case "host.tr-base-non-canonical"
        set     HOST_TR_BASE, NON_CANONICAL
        entry_case "host.gdtr-base-non-canonical"
        set     HOST_GDTR_BASE, NON_CANONICAL
        entry_case "host.idtr-base-non-canonical"
        set     HOST_IDTR_BASE, NON_CANONICAL
        entry_case "host.sysenter-esp-non-canonical"
        set     HOST_SYSENTER_ESP, NON_CANONICAL
        entry_case "host.sysenter-eip-non-canonical"
        set     HOST_SYSENTER_EIP, NON_CANONICAL
        entry_case "host.rip-non-canonical"
        set     HOST_RIP, NON_CANONICAL
        entry_case "host.pat-reserved-type"
        exit_control EXIT_LOAD_PAT
        set     HOST_PAT, 2
        entry_case "host.efer-reserved-bit"
        exit_control EXIT_LOAD_EFER
        set     HOST_EFER, 0x500 | 1 << 63
        entry_case "host.efer-lma-clear"
        exit_control EXIT_LOAD_EFER
        set     HOST_EFER, 0
        entry_case "host.address-space-size-clear"
        clear_bits EXIT_CONTROLS, EXIT_HOST_64

        ; ---- controls and host state both wrong: the controls are looked at first ----
        entry_case "order.event-error-code-missing-and-host-cs-0"
        unless  vmx_basic, BASIC_ANY_ERROR_CODE
        set     ENTRY_EVENT, EVENT_EXCEPTION | VECTOR_GP
        set     HOST_CS, 0
        entry_case "order.event-reserved-bit-30-and-host-cs-0"
        set     ENTRY_EVENT, EVENT_EXCEPTION | VECTOR_UD | 1 << 30
        set     HOST_CS, 0
        entry_case "order.event-length-16-and-host-cs-0"
        set     ENTRY_EVENT, EVENT_SOFTWARE | 0x80
        set     ENTRY_INSTRUCTION_LENGTH, 16
        set     HOST_CS, 0
        ; Nothing is wrong with these controls: whoever refuses them says so by the error.
        entry_case "order.one-page-for-both-apic-pages-and-host-cs-0"
        secondary SECONDARY_APIC_ACCESSES
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set     VIRTUAL_APIC_ADDRESS, bitmap
        set     APIC_ACCESS_ADDRESS, bitmap
        set     HOST_CS, 0

        ; ---- guest control registers, debug registers and MSRs ----
        entry_case "guest.cr0-ne-clear"
        clear_bits GUEST_CR0, CR0_NE
        entry_case "guest.cr0-pe-clear"
        clear_bits GUEST_CR0, CR0_PE
        entry_case "guest.cr4-vmxe-clear"
        clear_bits GUEST_CR4, CR4_VMXE
        entry_case "guest.cr4-pae-clear"
        clear_bits GUEST_CR4, CR4_PAE
        entry_case "guest.cr4-not-allowed"
        or_bits GUEST_CR4, 1 << 31
        entry_case "guest.cr3-too-wide"
        or_from GUEST_CR3, too_wide
        entry_case "guest.debugctl-reserved-bit"
        entry_control ENTRY_LOAD_DEBUG
        set     GUEST_DEBUGCTL, 1 << 4
        entry_case "guest.dr7-high-half"
        entry_control ENTRY_LOAD_DEBUG
        or_bits GUEST_DR7, 1 << 32
        entry_case "guest.sysenter-esp-non-canonical"
        set     GUEST_SYSENTER_ESP, NON_CANONICAL
        entry_case "guest.sysenter-eip-non-canonical"
        set     GUEST_SYSENTER_EIP, NON_CANONICAL
        entry_case "guest.pat-reserved-type"
        entry_control ENTRY_LOAD_PAT
        set     GUEST_PAT, 2
        entry_case "guest.efer-reserved-bit"
        entry_control ENTRY_LOAD_EFER
        set     GUEST_EFER, 0x500 | 1 << 63
        entry_case "guest.efer-lma-clear"
        entry_control ENTRY_LOAD_EFER
        set     GUEST_EFER, 0x100
        entry_case "guest.efer-lme-clear"
        entry_control ENTRY_LOAD_EFER
        set     GUEST_EFER, 0x400
        ; Without IA-32e mode CR3 points to PDPTEs. Ours are PML4 entries, whose write bit is reserved there.
        entry_case "guest.pdpte-reserved-bit"
        clear_bits ENTRY_CONTROLS, ENTRY_GUEST_64
        set     GUEST_CS_RIGHTS, 0xc09b

        ; ---- guest segment registers ----
        entry_case "guest.cs-type"
        set     GUEST_CS_RIGHTS, 0xa091
        entry_case "guest.cs-system"
        set     GUEST_CS_RIGHTS, 0xa08b
        entry_case "guest.cs-dpl"
        set     GUEST_CS_RIGHTS, 0xa0bb
        entry_case "guest.cs-not-present"
        set     GUEST_CS_RIGHTS, 0xa01b
        entry_case "guest.cs-reserved-bits"
        set     GUEST_CS_RIGHTS, 0xa19b
        entry_case "guest.cs-long-and-default-32"
        set     GUEST_CS_RIGHTS, 0xe09b
        entry_case "guest.cs-granularity-clear"
        set     GUEST_CS_RIGHTS, 0x209b
        entry_case "guest.cs-granularity-set"
        set     GUEST_CS_LIMIT, 0xf0000
        entry_case "guest.cs-base-high-half"
        set     GUEST_CS_BASE, 1 << 32
        entry_case "guest.ss-type"
        set     GUEST_SS_RIGHTS, 0xc091
        entry_case "guest.ss-dpl"
        set     GUEST_SS_RIGHTS, 0xc0b3
        entry_case "guest.ss-rpl"
        set     GUEST_SS, SELECTOR_DATA | 1
        entry_case "guest.ds-not-accessed"
        set     GUEST_DS_RIGHTS, 0xc092
        entry_case "guest.ds-execute-only"
        set     GUEST_DS_RIGHTS, 0xc099
        entry_case "guest.es-dpl-below-rpl"
        set     GUEST_ES, SELECTOR_DATA | 3
        entry_case "guest.es-base-high-half"
        set     GUEST_ES_BASE, 1 << 32
        entry_case "guest.fs-base-non-canonical"
        set     GUEST_FS_BASE, NON_CANONICAL
        entry_case "guest.gs-base-non-canonical"
        set     GUEST_GS_BASE, NON_CANONICAL
        entry_case "guest.tr-unusable"
        set     GUEST_TR_RIGHTS, 0x1008b
        entry_case "guest.tr-not-busy"
        set     GUEST_TR_RIGHTS, 0x89
        entry_case "guest.tr-16-bit"
        set     GUEST_TR_RIGHTS, 0x83
        entry_case "guest.tr-not-present"
        set     GUEST_TR_RIGHTS, 0x0b
        entry_case "guest.tr-not-system"
        set     GUEST_TR_RIGHTS, 0x9b
        entry_case "guest.tr-ti"
        set     GUEST_TR, SELECTOR_TSS | 4
        entry_case "guest.tr-granularity-clear"
        set     GUEST_TR_LIMIT, 0x100067
        entry_case "guest.tr-granularity-set"
        set     GUEST_TR_RIGHTS, 0x808b
        entry_case "guest.tr-base-non-canonical"
        set     GUEST_TR_BASE, NON_CANONICAL
        entry_case "guest.ldtr-type"
        set     GUEST_LDTR_RIGHTS, 0x8b
        entry_case "guest.ldtr-ti"
        set     GUEST_LDTR, SELECTOR_TSS | 4
        set     GUEST_LDTR_RIGHTS, 0x82
        entry_case "guest.ldtr-base-non-canonical"
        set     GUEST_LDTR_RIGHTS, 0x82
        set     GUEST_LDTR_BASE, NON_CANONICAL
        entry_case "guest.gdtr-base-non-canonical"
        set     GUEST_GDTR_BASE, NON_CANONICAL
        entry_case "guest.gdtr-limit"
        set     GUEST_GDTR_LIMIT, 0x10000
        entry_case "guest.idtr-base-non-canonical"
        set     GUEST_IDTR_BASE, NON_CANONICAL
        entry_case "guest.idtr-limit"
        set     GUEST_IDTR_LIMIT, 0x10000

        ; ---- guest RIP, RFLAGS and events ----
        ; With 48 linear-address bits, bits 63:48 of RIP must be equal to each other, but not to bit 47: the first of these
        ; is let in and faults at its first fetch.
        entry_case "guest.rip-bit-47"
        set     GUEST_RIP, 1 << 47
        entry_case "guest.rip-bit-48"
        set     GUEST_RIP, 1 << 48
        entry_case "guest.rip-beyond-32-bits"
        set     GUEST_CS_RIGHTS, 0xc09b
        or_bits GUEST_RIP, 1 << 32
        entry_case "guest.rflags-bit-1"
        set     GUEST_RFLAGS, 0
        entry_case "guest.rflags-reserved-bit-15"
        set     GUEST_RFLAGS, 2 | 1 << 15
        entry_case "guest.rflags-reserved-bit-63"
        set     GUEST_RFLAGS, 2 | 1 << 63
        entry_case "guest.rflags-vm"
        set     GUEST_RFLAGS, 2 | RFLAGS_VM
        entry_case "guest.interrupt-with-if-clear"
        set     ENTRY_EVENT, EVENT_EXTERNAL | 0x20

        ; ---- guest non-register state ----
        entry_case "guest.activity-4"
        set     GUEST_ACTIVITY, 4
        entry_case "guest.activity-shutdown-with-interrupt"
        need    caps.misc, MISC_ACTIVITY_SHUTDOWN
        set     GUEST_ACTIVITY, 2
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     ENTRY_EVENT, EVENT_EXTERNAL | 0x20
        ; Whoever lets this one in must come back from HLT, hence the timer.
        entry_case "guest.activity-hlt-with-sti-blocking"
        need    caps.misc, MISC_ACTIVITY_HLT
        pin     PIN_PREEMPTION_TIMER
        set     PREEMPTION_TIMER_VALUE, 16
        set     GUEST_ACTIVITY, 1
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     GUEST_INTERRUPTIBILITY, BLOCKING_STI
        entry_case "guest.interruptibility-reserved-bit-5"
        set     GUEST_INTERRUPTIBILITY, 1 << 5
        entry_case "guest.interruptibility-reserved-bit-31"
        set     GUEST_INTERRUPTIBILITY, 1 << 31
        entry_case "guest.sti-and-mov-ss-blocking"
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     GUEST_INTERRUPTIBILITY, BLOCKING_STI | BLOCKING_MOV_SS
        entry_case "guest.sti-blocking-with-if-clear"
        set     GUEST_INTERRUPTIBILITY, BLOCKING_STI
        entry_case "guest.interrupt-under-sti-blocking"
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     GUEST_INTERRUPTIBILITY, BLOCKING_STI
        set     ENTRY_EVENT, EVENT_EXTERNAL | 0x20
        entry_case "guest.nmi-under-mov-ss-blocking"
        set     GUEST_INTERRUPTIBILITY, BLOCKING_MOV_SS
        set     ENTRY_EVENT, EVENT_NMI | 2
        entry_case "guest.nmi-under-virtual-nmi-blocking"
        pin     PIN_NMI | PIN_VIRTUAL_NMI
        set     GUEST_INTERRUPTIBILITY, BLOCKING_NMI
        set     ENTRY_EVENT, EVENT_NMI | 2
        entry_case "guest.smi-blocking-outside-smm"
        set     GUEST_INTERRUPTIBILITY, BLOCKING_SMI
        entry_case "guest.pending-debug-reserved-bit-4"
        set     GUEST_PENDING_DEBUG, 1 << 4
        entry_case "guest.pending-debug-reserved-bit-63"
        set     GUEST_PENDING_DEBUG, 1 << 63
        entry_case "guest.pending-debug-bs-missing"
        set     GUEST_INTERRUPTIBILITY, BLOCKING_MOV_SS
        set     GUEST_RFLAGS, 2 | RFLAGS_TF
        entry_case "guest.pending-debug-bs-without-tf"
        set     GUEST_INTERRUPTIBILITY, BLOCKING_MOV_SS
        set     GUEST_PENDING_DEBUG, PENDING_DEBUG_BS
        entry_case "guest.link-pointer-misaligned"
        set     VMCS_LINK_POINTER, link_region + 0x10
        entry_case "guest.link-pointer-too-wide"
        set_from VMCS_LINK_POINTER, too_wide
        entry_case "guest.link-pointer-wrong-revision"
        set     VMCS_LINK_POINTER, other_link_region
        entry_case "guest.link-pointer-current-vmcs"
        set     VMCS_LINK_POINTER, vmcs_region

        ; ---- MSR loading ----
%macro msr_load 2
        set     ENTRY_MSR_LOAD_COUNT, %1
        set     ENTRY_MSR_LOAD_ADDRESS, %2
%endmacro
        entry_case "msr-load.fs-base"
        msr_load 1, msr_list.fs_base
        entry_case "msr-load.gs-base"
        msr_load 1, msr_list.gs_base
        entry_case "msr-load.reserved-bits"
        msr_load 1, msr_list.reserved
        entry_case "msr-load.value-refused"
        msr_load 1, msr_list.refused
        entry_case "msr-load.unknown-msr"
        msr_load 1, msr_list.unknown
        entry_case "msr-load.second-entry"
        msr_load 2, msr_list.good_and_bad

        ; ---- the counter-check ----
        entry_case "accepted.bitmaps"
        processor PROCESSOR_IO_BITMAPS | PROCESSOR_MSR_BITMAPS
        set     IO_BITMAP_A, bitmap
        set     IO_BITMAP_B, bitmap
        set     MSR_BITMAP, bitmap
        entry_case "accepted.tpr-shadow"
        processor PROCESSOR_TPR_SHADOW
        set     TPR_THRESHOLD, 0
        set     VIRTUAL_APIC_ADDRESS, bitmap
        ; Nothing is read there: no I/O instruction comes.
        entry_case "accepted.io-bitmap-in-apic-page"
        processor PROCESSOR_IO_BITMAPS
        set     IO_BITMAP_A, bitmap
        set     IO_BITMAP_B, APIC_PAGE
        entry_case "accepted.nmi-under-sti-blocking"
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     GUEST_INTERRUPTIBILITY, BLOCKING_STI
        set     ENTRY_EVENT, EVENT_NMI | 2
        entry_case "accepted.nmi-window"
        pin     PIN_NMI | PIN_VIRTUAL_NMI
        processor PROCESSOR_NMI_WINDOW
        entry_case "accepted.vpid"
        secondary SECONDARY_VPID
        set     VPID, 1
        entry_case "accepted.ept"
        secondary SECONDARY_EPT
        set     EPT_POINTER, ept_level_4 + EPTP_MEMORY_WB + EPTP_WALK_4
        entry_case "accepted.host-efer-and-pat"
        exit_control EXIT_LOAD_EFER | EXIT_LOAD_PAT
        set     HOST_EFER, 0x500
        set     HOST_PAT, 0x0007040600070406
        entry_case "accepted.guest-efer-and-pat"
        entry_control ENTRY_LOAD_EFER | ENTRY_LOAD_PAT
        set     GUEST_EFER, 0x500
        set     GUEST_PAT, 0x0007040600070406
        entry_case "accepted.link-pointer"
        set     VMCS_LINK_POINTER, link_region
        entry_case "accepted.msr-load"
        msr_load 1, msr_list.good_and_bad
        entry_case "accepted.msr-load-efer"
        msr_load 1, msr_list.efer
        entry_case "accepted.exception"
        set     ENTRY_EVENT, EVENT_EXCEPTION | VECTOR_UD
        entry_case "accepted.exception-with-error-code"
        set     ENTRY_EVENT, EVENT_EXCEPTION | EVENT_ERROR_CODE | VECTOR_GP
        set     ENTRY_ERROR_CODE, 0x18
        entry_case "accepted.interrupt"
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     ENTRY_EVENT, EVENT_EXTERNAL | 0x20
        entry_case "accepted.interrupt-wakes-hlt"
        need    caps.misc, MISC_ACTIVITY_HLT
        set     GUEST_ACTIVITY, 1
        set     GUEST_RFLAGS, 2 | RFLAGS_IF
        set     ENTRY_EVENT, EVENT_EXTERNAL | 0x20
        entry_case "accepted.event-length-0"
        need    caps.misc, MISC_ZERO_LENGTH
        set     ENTRY_EVENT, EVENT_SOFTWARE | 0x80
        set     ENTRY_INSTRUCTION_LENGTH, 0
        db      OP_END
cases_end:

        ; index, reserved, value
        align   16, db 0
msr_list:
.fs_base:
        dd      0xc0000100, 0, 0, 0
.gs_base:
        dd      0xc0000101, 0, 0, 0
.reserved:
        dd      0x174, 1, 0, 0
.refused:
        dd      0xc0000080, 0, 0x500, 1 << 31
.unknown:
        dd      0x00abcdef, 0, 0, 0
.efer:  dd      0xc0000080, 0, 0x500, 0
.good_and_bad:
        dd      0x174, 0, 0, 0          ; IA32_SYSENTER_CS
        dd      0xc0000100, 0, 0, 0

        section .bss
        alignb  4096
bitmap:                 resb 4096
link_region:            resb 4096
other_link_region:      resb 4096
; In the order of `caps`
must_be_0:
.pin:                   resq 1
.processor:             resq 1
.exit:                  resq 1
.entry:                 resq 1
.secondary:             resq 1
must_be_1:
.pin:                   resq 1
.processor:             resq 1
.exit:                  resq 1
.entry:                 resq 1
.secondary:             resq 1
too_wide:               resq 1
last_entry:             resq 1
too_many_cr3_targets:   resq 1

%include "image-end.inc"
