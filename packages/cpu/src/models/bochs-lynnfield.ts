import { defineIntelModel } from "./define-model.ts";

/** Bochs's model as its own guest reads it, so that Bochs and metal can be compared on one processor. */
export const bochsLynnfield = defineIntelModel({
  id: "bochs-lynnfield",
  title: "Bochs corei5_lynnfield_750",
  source: "the capabilities scenario run in Bochs 2.7, log in packages/guests/captures; leaves it does not print are 0",
  cpuid: [
    [0x0, 0, 0x0000000b, 0x756e6547, 0x6c65746e, 0x49656e69],
    [0x1, 0, 0x000106e5, 0x00010800, 0x0098e3fd, 0xbfebfbff],
    [0x7, 0, 0x00000000, 0x00000000, 0x00000000, 0x00000000],
    [0x80000000, 0, 0x80000008, 0x00000000, 0x00000000, 0x00000000],
    [0x80000001, 0, 0x00000000, 0x00000000, 0x00000001, 0x28100800],
    [0x80000008, 0, 0x00003028, 0x00000000, 0x00000000, 0x00000000],
  ],
  msrs: {
    IA32_VMX_BASIC: 0x00d810000000002bn,
    IA32_VMX_PINBASED_CTLS: 0x0000007f00000016n,
    IA32_VMX_PROCBASED_CTLS: 0xf7f9fffe0401e172n,
    IA32_VMX_EXIT_CTLS: 0x007fffff00036dffn,
    IA32_VMX_ENTRY_CTLS: 0x0000ffff000011ffn,
    IA32_VMX_MISC: 0x00000000000401e0n,
    IA32_VMX_CR0_FIXED0: 0x0000000080000021n,
    IA32_VMX_CR0_FIXED1: 0x00000000ffffffffn,
    IA32_VMX_CR4_FIXED0: 0x0000000000002000n,
    IA32_VMX_CR4_FIXED1: 0x00000000000067ffn,
    IA32_VMX_VMCS_ENUM: 0x0000000000000034n,
    IA32_VMX_PROCBASED_CTLS2: 0x0000007f00000000n,
    IA32_VMX_EPT_VPID_CAP: 0x00000f0106114141n,
    IA32_VMX_TRUE_PINBASED_CTLS: 0x0000007f00000016n,
    IA32_VMX_TRUE_PROCBASED_CTLS: 0xf7f9fffe04006172n,
    IA32_VMX_TRUE_EXIT_CTLS: 0x007fffff00036dfbn,
    IA32_VMX_TRUE_ENTRY_CTLS: 0x0000ffff000011fbn,
  },
});
