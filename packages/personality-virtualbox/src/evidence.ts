import type { Evidence } from "@hvdiff/personality";

const VIRTUALBOX = "VirtualBox/virtualbox";

/** Where trunk of late 2024 (7.1 and after) decides what nested guests are offered. */
export const CPUM: Evidence = {
  kind: "source",
  repo: VIRTUALBOX,
  path: "src/VBox/VMM/VMMR3/CPUM.cpp",
  commit: "4908d8d",
};

/** The same in the 6.1 series. */
export const CPUM_61: Evidence = {
  kind: "source",
  repo: "Virtualbox-OSE/Virtualbox",
  path: "src/VBox/VMM/VMMR3/CPUM.cpp",
  commit: "6c7de91",
};

/** CPUID shown to guests. */
export const CPUID_SOURCE: Evidence = {
  kind: "source",
  repo: VIRTUALBOX,
  path: "src/VBox/VMM/VMMR3/CPUMR3CpuId.cpp",
  commit: "25bf3b0",
};

/** Layout and identifiers of VirtualBox's VMCS. */
export const HM_VMX_HEADER: Evidence = {
  kind: "source",
  repo: VIRTUALBOX,
  path: "include/VBox/vmm/hm_vmx.h",
  commit: "949813c",
};

/** Emulation of the VMX instructions. */
export const IEM_VMX: Evidence = {
  kind: "source",
  repo: VIRTUALBOX,
  path: "src/VBox/VMM/VMMAll/IEMAllCImplVmxInstr.cpp",
  commit: "4908d8d",
};

/** What INIT and start-up IPIs do to virtual processors. */
export const VMM_SOURCE: Evidence = {
  kind: "source",
  repo: VIRTUALBOX,
  path: "src/VBox/VMM/VMMR3/VMM.cpp",
  commit: "4908d8d",
  symbol: "vmmR3SendInitIpi",
};
