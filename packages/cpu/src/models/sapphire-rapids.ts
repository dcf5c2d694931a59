import { brandStringRows, defineIntelModel } from "./define-model.ts";

/**
 * A workstation and server part with 5-level paging, protection keys for both halves, control-flow enforcement and WAITPKG, trimmed to what the
 * simulator implements: without AVX-512, AMX, TSX, SGX, processor trace, user interrupts, bus-lock detection, resource monitoring and
 * hardware-controlled performance states in CPUID. Its VMX is that of `icelake-server`, with the CR4 bits of this
 * part and the controls that load its control-flow enforcement and supervisor protection keys.
 */
export const sapphireRapids = defineIntelModel({
  id: "sapphire-rapids",
  title: "Intel Xeon (Sapphire Rapids), trimmed",
  source:
    'CPUID as Bochs\'s sapphire_rapids model has it after the dump of a Xeon w9-3475X, signature 806F8 (bochs/cpu/cpudb/intel/sapphire_rapids.cc), and IA32_ARCH_CAPABILITIES as QEMU\'s SapphireRapids model; trimmed: AVX-512, AMX, TSX, SGX, PT, UINTR, ENQCMD, PCONFIG, TME, arch-LBR, bus-lock detection, RDT, HWP and sub-leaf 2 of leaf 7 are left out because the simulator does not implement them; VMX capabilities as icelake-server has them, with sub-page permissions as in Bochs\'s model and user wait as in CPUID, "load CET state" and "load PKRS" added, the highest VMCS index being that of the fields there are and the VMCS region 1280 bytes so that it holds them',
  cpuid: [
    [0x0, 0, 0x20, 0x756e6547, 0x6c65746e, 0x49656e69],
    [0x1, 0, 0x000806f8, 0x00480800, 0x77fefbff, 0xbfebfbff],
    [0x2, 0, 0x00feff01, 0x000000f0, 0, 0],
    [0x4, 0, 0xfc004121, 0x02c0003f, 0x0000003f, 0],
    [0x4, 1, 0xfc004122, 0x01c0003f, 0x0000003f, 0],
    [0x4, 2, 0xfc004143, 0x03c0003f, 0x000007ff, 0],
    [0x4, 3, 0xfc1fc163, 0x0380003f, 0x00015fff, 0x00000004],
    [0x5, 0, 0x00000040, 0x00000040, 0x00000003, 0x00001020],
    [0x6, 0, 0x00000077, 0x00000002, 0x00000009, 0],
    [0x7, 0, 0x00000001, 0x219c27eb, 0x9a4107ac, 0xbc104410],
    [0x7, 1, 0x00001c10, 0, 0, 0],
    [0xa, 0, 0x08300805, 0, 0x0000000f, 0x00008604],
    [0xb, 0, 0x00000001, 0x00000002, 0x00000100, 0],
    [0xb, 1, 0x00000007, 0x00000048, 0x00000201, 0],
    [0xd, 0, 0x00000207, 0x00000240, 0x00000a88, 0],
    [0xd, 1, 0x0000000f, 0x00000240, 0x00001800, 0],
    [0xd, 2, 0x00000100, 0x00000240, 0, 0],
    [0xd, 9, 0x00000008, 0x00000a80, 0, 0],
    [0xd, 11, 0x00000010, 0, 0x00000001, 0],
    [0xd, 12, 0x00000018, 0, 0x00000001, 0],
    [0x15, 0, 0x00000002, 0x000000b0, 0x017d7840, 0],
    [0x16, 0, 0x00000898, 0x000012c0, 0x00000064, 0],
    [0x80000000, 0, 0x80000008, 0, 0, 0],
    [0x80000001, 0, 0, 0, 0x00000121, 0x2c100800],
    ...brandStringRows("Intel(R) Xeon(R) w9-3475X"),
    [0x80000006, 0, 0, 0, 0x08007040, 0],
    [0x80000007, 0, 0, 0, 0, 0x00000100],
    [0x80000008, 0, 0x00003934, 0x00000200, 0, 0],
  ],
  msrs: {
    IA32_ARCH_CAPABILITIES: 0x0400_e16bn,
    IA32_VMX_BASIC: 0x00da_0500_0000_0004n,
    IA32_VMX_PINBASED_CTLS: 0x0000_00ff_0000_0016n,
    IA32_VMX_PROCBASED_CTLS: 0xfff9_fffe_0401_e172n,
    IA32_VMX_EXIT_CTLS: 0x307f_ffff_0003_6dffn,
    IA32_VMX_ENTRY_CTLS: 0x0050_ffff_0000_11ffn,
    IA32_VMX_MISC: 0x7004_81e5n,
    IA32_VMX_CR0_FIXED0: 0x8000_0021n,
    IA32_VMX_CR0_FIXED1: 0xffff_ffffn,
    IA32_VMX_CR4_FIXED0: 0x2000n,
    IA32_VMX_CR4_FIXED1: 0x01f7_7fffn,
    IA32_VMX_VMCS_ENUM: 0x32n,
    IA32_VMX_PROCBASED_CTLS2: 0x06d7_7fff_0000_0000n,
    IA32_VMX_EPT_VPID_CAP: 0x0000_0f01_0673_4141n,
    IA32_VMX_TRUE_PINBASED_CTLS: 0x0000_00ff_0000_0016n,
    IA32_VMX_TRUE_PROCBASED_CTLS: 0xfff9_fffe_0400_6172n,
    IA32_VMX_TRUE_EXIT_CTLS: 0x307f_ffff_0003_6dfbn,
    IA32_VMX_TRUE_ENTRY_CTLS: 0x0050_ffff_0000_11fbn,
    IA32_VMX_VMFUNC: 1n,
  },
});
