import type { CapabilityBit, CapabilityGroup, CapabilityState, CapsResult, Cause } from "@hvdiff/lab";
import { causeOf } from "./quirks.ts";

const SECONDARY = [
  "Virtualize APIC accesses",
  "Enable EPT",
  "Descriptor-table exiting",
  "Enable RDTSCP",
  "Virtualize x2APIC mode",
  "Enable VPID",
  "WBINVD exiting",
  "Unrestricted guest",
  "APIC register emulation",
  "Virtual interrupt delivery",
  "PAUSE-loop exiting",
  "RDRAND exiting",
  "Enable INVPCID",
  "Enable VM functions",
  "VMCS shadowing",
  "Enable ENCLS exiting",
  "RDSEED exiting",
  "Enable PML",
  "EPT-violation #VE",
  "Conceal non-root operation from PT",
  "Enable XSAVES/XRSTORS",
];

const SECONDARY_VALUES: Readonly<Record<string, string>> = {
  metal: "0x001f7cff00000000",
  ideal: "0x001f7cff00000000",
  kvm: "0x000378ef00000000",
  virtualbox: "0x000010af00000000",
  vmware: "0x001f7cff00000000",
};

const PIN: readonly (readonly [number, string, CapabilityState])[] = [
  [0, "External interrupt exiting", "yes"],
  [1, "Reserved 1", "forced"],
  [2, "Reserved 2", "forced"],
  [3, "NMI exiting", "yes"],
  [4, "Reserved 4", "default"],
  [5, "Virtual NMIs", "yes"],
  [6, "Activate VMX-preemption timer", "yes"],
  [7, "Process posted interrupts", "no"],
];

function secondaryCause(product: string, bit: number): Cause {
  if (product === "kvm" && bit === 20) return causeOf("qemu/vmx/named-model-omits-xsaves");
  if (product === "virtualbox") return causeOf("virtualbox/vmx/no-xsaves-control");
  return causeOf();
}

function secondary(products: readonly string[]): CapabilityGroup {
  const values = products.map((product) => SECONDARY_VALUES[product] ?? "0x0000000000000000");
  const allowed = (value: string, bit: number) => ((BigInt(value) >> BigInt(bit + 32)) & 1n) === 1n;
  const bits = SECONDARY.map((label, bit): CapabilityBit => {
    const states = values.map((value): CapabilityState => (allowed(value, bit) ? "yes" : "no"));
    const causes = states.slice(1).map((state, index) => {
      return state === states[0] ? null : secondaryCause(products[index + 1] ?? "", bit);
    });
    return { bit, label, name: label, states, differs: causes.some((cause) => cause !== null), causes };
  });
  return {
    title: "secondary processor-based controls",
    source: "IA32_VMX_PROCBASED_CTLS2 (48BH)",
    raw: values,
    bits,
    fields: [],
    differs: bits.some((bit) => bit.differs),
  };
}

function pinBased(products: readonly string[]): CapabilityGroup {
  return {
    title: "pin-based controls",
    source: "IA32_VMX_TRUE_PINBASED_CTLS (48DH)",
    raw: products.map(() => "0x0000007f00000016"),
    bits: PIN.map(([bit, label, state]) => ({
      bit,
      label,
      name: label,
      states: products.map(() => state),
      differs: false,
      causes: products.slice(1).map(() => null),
    })),
    fields: [],
    differs: false,
  };
}

function misc(products: readonly string[]): CapabilityGroup {
  const isVirtualbox = (product: string) => product === "virtualbox";
  const cause = causeOf("virtualbox/vmx/read-only-fields");
  const differs = products.some(isVirtualbox);
  const causes = products.slice(1).map((product) => (isVirtualbox(product) ? cause : null));
  return {
    title: "Miscellaneous data",
    source: "IA32_VMX_MISC (485H)",
    raw: products.map((product) => (isVirtualbox(product) ? "0x00000000400401e0" : "0x000000007004c1e7")),
    bits: [
      {
        bit: 29,
        label: "VMWRITE to VM-exit information fields",
        name: "VMWRITE to any supported field",
        states: products.map((product): CapabilityState => (isVirtualbox(product) ? "no" : "yes")),
        differs,
        causes,
      },
    ],
    fields: [
      {
        label: "VMX-preemption timer scale (log2)",
        values: products.map((product) => (isVirtualbox(product) ? "0" : "7")),
        differs,
        causes,
      },
      {
        label: "CR3 target count",
        values: products.map(() => "4"),
        differs: false,
        causes: products.slice(1).map(() => null),
      },
    ],
    differs,
  };
}

/** Three registers: one where several columns differ, one where none does, one with fields. */
export function fakeCaps(columns: readonly { column: string; product: string }[], cpu: string): CapsResult {
  const products = columns.map((column) => column.product);
  return {
    schemaVersion: 1,
    cpu,
    columns: columns.map(({ column }) => ({ column, full: column, vmx: true, svm: false })),
    groups: [pinBased(products), secondary(products), misc(products)],
  };
}
