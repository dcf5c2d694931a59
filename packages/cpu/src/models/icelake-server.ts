import { brandStringRows, defineIntelModel } from "./define-model.ts";

/**
 * A server part, trimmed to what the simulator implements: without 5-level paging, AVX-512, PKU, SGX and processor trace in CPUID;
 * without ENCLS exiting and sub-page permissions in VMX.
 */
export const icelakeServer = defineIntelModel({
  id: "icelake-server",
  title: "Intel Xeon (Ice Lake server), trimmed",
  source:
    "QEMU's Icelake-Server model of the highest version, trimmed: secondary controls 15, 23 and 24, LA57, AVX-512, PKU, SGX and PT are left out because the simulator does not implement them or did not when the model was made",
  cpuid: [
    [0x0, 0, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69],
    [0x1, 0, 0x000606a6, 0x00400800, 0x77fefbff, 0xbfebfbff],
    [0x2, 0, 0x00feff01, 0x000000f0, 0, 0],
    [0x4, 0, 0x7c004121, 0x02c0003f, 0x0000003f, 0],
    [0x4, 1, 0x7c004122, 0x01c0003f, 0x0000003f, 0],
    [0x4, 2, 0x7c004143, 0x04c0003f, 0x000003ff, 0],
    [0x4, 3, 0x7c0fc163, 0x02c0003f, 0x0000ffff, 0x00000004],
    [0x5, 0, 0x00000040, 0x00000040, 0x00000003, 0x00002020],
    [0x6, 0, 0x00000077, 0x00000002, 0x00000009, 0],
    [0x7, 0, 0, 0x219c2fbb, 0x00400704, 0xbc000410],
    [0xa, 0, 0x08300805, 0, 0x0000000f, 0x00008604],
    [0xb, 0, 0x00000001, 0x00000002, 0x00000100, 0],
    [0xb, 1, 0x00000006, 0x00000040, 0x00000201, 0],
    [0xd, 0, 0x00000007, 0x00000240, 0x00000340, 0],
    [0xd, 1, 0x0000000f, 0x00000240, 0, 0],
    [0xd, 2, 0x00000100, 0x00000240, 0, 0],
    [0x15, 0, 0x00000002, 0x000000a8, 0x017d7840, 0],
    [0x16, 0, 0x00000834, 0x00000d48, 0x00000064, 0],
    [0x80000000, 0, 0x80000008, 0, 0, 0],
    [0x80000001, 0, 0, 0, 0x00000121, 0x2c100800],
    ...brandStringRows("Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz"),
    [0x80000006, 0, 0, 0, 0x01007040, 0],
    [0x80000007, 0, 0, 0, 0, 0x00000100],
    [0x80000008, 0, 0x0000302e, 0x00000200, 0, 0],
  ],
  msrs: {
    IA32_VMX_BASIC: 0x00da_0400_0000_0004n,
    IA32_VMX_PINBASED_CTLS: 0x0000_00ff_0000_0016n,
    IA32_VMX_PROCBASED_CTLS: 0xfff9_fffe_0401_e172n,
    IA32_VMX_EXIT_CTLS: 0x007f_ffff_0003_6dffn,
    IA32_VMX_ENTRY_CTLS: 0x0000_ffff_0000_11ffn,
    IA32_VMX_MISC: 0x7004_81e5n,
    IA32_VMX_CR0_FIXED0: 0x8000_0021n,
    IA32_VMX_CR0_FIXED1: 0xffff_ffffn,
    IA32_VMX_CR4_FIXED0: 0x2000n,
    IA32_VMX_CR4_FIXED1: 0x0037_6fffn,
    IA32_VMX_VMCS_ENUM: 0x34n,
    IA32_VMX_PROCBASED_CTLS2: 0x0257_7fff_0000_0000n,
    IA32_VMX_EPT_VPID_CAP: 0x0000_0f01_0673_4141n,
    IA32_VMX_TRUE_PINBASED_CTLS: 0x0000_00ff_0000_0016n,
    IA32_VMX_TRUE_PROCBASED_CTLS: 0xfff9_fffe_0400_6172n,
    IA32_VMX_TRUE_EXIT_CTLS: 0x007f_ffff_0003_6dfbn,
    IA32_VMX_TRUE_ENTRY_CTLS: 0x0000_ffff_0000_11fbn,
    IA32_VMX_VMFUNC: 1n,
  },
});
