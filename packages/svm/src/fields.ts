import { VMCB_FIELDS, type VmcbField } from "@hvdiff/spec";

/*
 * Byte offsets of VMCB fields, for hot code.
 */
const at = (field: VmcbField): number => VMCB_FIELDS[field].offset;

export const INTERCEPT_CR = at("interceptCr");
export const PAUSE_FILTER = at("pauseFilterThreshold");
export const IOPM_BASE = at("iopmBasePa");
export const MSRPM_BASE = at("msrpmBasePa");
export const TSC_OFFSET = at("tscOffset");
export const GUEST_ASID = at("guestAsid");
export const TLB_CONTROL = at("tlbControl");
export const VIRTUAL_INTERRUPT_CONTROL = at("virtualInterruptControl");
export const VIRTUAL_INTERRUPT_VECTOR = at("virtualInterruptVector");
export const INTERRUPT_SHADOW = at("interruptShadow");
export const EXIT_CODE = at("exitCode");
export const EXIT_INFO_1 = at("exitInfo1");
export const EXIT_INFO_2 = at("exitInfo2");
export const EXIT_INT_INFO = at("exitIntInfo");
export const NESTED_CONTROL = at("nestedControl");
export const EVENT_INJECTION = at("eventInjection");
export const NESTED_CR3 = at("nestedCr3");
export const VIRTUALIZATION_EXTENSIONS = at("virtualizationExtensions");
export const NEXT_RIP = at("nextRip");
export const INSTRUCTION_BYTES = at("instructionBytesFetched");
export const ES = at("es");
export const CS = at("cs");
export const SS = at("ss");
export const DS = at("ds");
export const FS = at("fs");
export const GS = at("gs");
export const GDTR = at("gdtr");
export const LDTR = at("ldtr");
export const IDTR = at("idtr");
export const TR = at("tr");
/** The aligned word that holds CPL in its highest byte. */
export const CPL_WORD = at("cpl") - 3;
export const EFER = at("efer");
export const CR4 = at("cr4");
export const CR3 = at("cr3");
export const CR0 = at("cr0");
export const DR7 = at("dr7");
export const DR6 = at("dr6");
export const RFLAGS = at("rflags");
export const RIP = at("rip");
export const RSP = at("rsp");
export const RAX = at("rax");
export const STAR = at("star");
export const LSTAR = at("lstar");
export const CSTAR = at("cstar");
export const SFMASK = at("sfmask");
export const KERNEL_GS_BASE = at("kernelGsBase");
export const SYSENTER_CS = at("sysenterCs");
export const SYSENTER_ESP = at("sysenterEsp");
export const SYSENTER_EIP = at("sysenterEip");
export const CR2 = at("cr2");
export const G_PAT = at("gPat");
export const DBGCTL = at("dbgctl");
export const BR_FROM = at("brFrom");
export const BR_TO = at("brTo");
export const LAST_EXCP_FROM = at("lastExcpFrom");
export const LAST_EXCP_TO = at("lastExcpTo");
