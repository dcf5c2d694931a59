import type { ScenarioResult } from "@hvdiff/lab";

/** What a product's run says differently from metal: verdict id to value and the quirks behind it; none means unexplained. */
export type Deviation = Readonly<Record<string, { readonly value: string | null; readonly quirks: readonly string[] }>>;

export interface FakeScenario {
  readonly scenario: ScenarioResult;
  readonly metal: Readonly<Record<string, string>>;
  readonly deviations: Readonly<Record<string, Deviation>>;
}

function scenario(id: string, title: string, summary: string): ScenarioResult {
  return { id, title, summary, needs: ["vmx"], tags: ["S1"], manual: ['3C "VM Entries"'] };
}

const ERROR_FIELDS = ["vmclear", "vmptrld", "vmptrst", "vmread", "vmwrite", "vmlaunch", "vmresume", "vmxoff", "invept"];

const capabilities: FakeScenario = {
  scenario: scenario(
    "capabilities",
    "What the processor says it can do",
    "Prints CPUID leaves 0, 1, 7, D, 80000001 and 80000008, the hypervisor leaf, IA32_FEATURE_CONTROL and every IA32_VMX_* MSR from 480H to 491H.",
  ),
  metal: {
    "cpuid.1.eax": "0x000506e3",
    "cpuid.1.ecx": "0x77faf3bf",
    "cpuid.d.1.eax": "0x0000000f",
    "cpuid.80000008.eax": "0x00003027",
    hypervisor: "none",
    vmx: "offered",
    "msr.480": "0x00da040000000004",
    "msr.48b": "0x001f7cff00000000",
  },
  deviations: {
    kvm: {
      "cpuid.1.ecx": { value: "0xf7faf3bf", quirks: ["kvm/vmx/hypervisor-leaf"] },
      "cpuid.80000008.eax": { value: "0x00003028", quirks: ["qemu/cpu/phys-bits-40"] },
      hypervisor: { value: "KVMKVMKVM", quirks: ["kvm/vmx/hypervisor-leaf"] },
      "msr.48b": { value: "0x000378ef00000000", quirks: ["qemu/vmx/named-model-omits-xsaves"] },
    },
    virtualbox: {
      "cpuid.d.1.eax": { value: "0x00000000", quirks: ["virtualbox/cpuid/no-xsaves"] },
      hypervisor: { value: "VBoxVBoxVBox", quirks: [] },
    },
    vmware: { hypervisor: { value: "VMwareVMware", quirks: ["vmware/cpuid/hypervisor-leaf"] } },
  },
};

const xsavesControl: FakeScenario = {
  scenario: scenario(
    "xsaves-control",
    "The control that XSAVES needs",
    "L1 takes the secondary controls it wants as far as IA32_VMX_PROCBASED_CTLS2 allows, then runs two L2 probes: (a) uses XSAVES and XRSTORS if its CPUID has them, (b) executes them unconditionally.",
  ),
  metal: {
    vmx: "offered",
    "cpuid.xsaves": "1",
    "control.enable-xsaves": "granted",
    "probe-a": "completed",
    "probe-b": "completed",
  },
  deviations: {
    kvm: {
      "control.enable-xsaves": { value: "refused", quirks: ["qemu/vmx/named-model-omits-xsaves"] },
      "probe-a": { value: "#UD at XSAVES in L2", quirks: ["qemu/vmx/named-model-omits-xsaves"] },
      "probe-b": { value: "#UD at XSAVES in L2", quirks: ["qemu/vmx/named-model-omits-xsaves"] },
    },
    virtualbox: {
      "cpuid.xsaves": { value: "0", quirks: ["virtualbox/cpuid/no-xsaves"] },
      "control.enable-xsaves": { value: "refused", quirks: ["virtualbox/vmx/no-xsaves-control"] },
      "probe-a": { value: "not offered", quirks: ["virtualbox/cpuid/no-xsaves"] },
      "probe-b": { value: "#UD at XSAVES in L2", quirks: ["virtualbox/vmx/no-xsaves-control"] },
    },
  },
};

const vmxInstructionErrors: FakeScenario = {
  scenario: scenario(
    "vmx-instruction-errors",
    "Every way a VMX instruction can fail",
    "VMXON to VMRESUME, INVEPT and INVVPID with each wrong operand or in each wrong state an L1 can provoke: VMfailInvalid or the VM-instruction error number.",
  ),
  metal: Object.fromEntries([
    ...ERROR_FIELDS.map((name) => [`outside.${name}`, "#UD"]),
    ...ERROR_FIELDS.map((name) => [`${name}.without-vmcs`, "VMfailInvalid"]),
    ["vmwrite.read-only-field", "ok"],
    ["vmptrld.too-wide", "VMfailValid 9"],
  ]),
  deviations: {
    kvm: { "vmptrld.too-wide": { value: "VMfailValid 11", quirks: ["qemu/cpu/phys-bits-40"] } },
    virtualbox: { "vmwrite.read-only-field": { value: "VMfailValid 13", quirks: ["virtualbox/vmx/read-only-fields"] } },
  },
};

const eptWalk: FakeScenario = {
  scenario: scenario(
    "ept-walk",
    "EPT leaves, faults and INVEPT",
    "L2 reads, writes and fetches through 4 KiB, 2 MiB and 1 GiB EPT leaves, meets violations and misconfigurations, and sees changed entries with and without INVEPT.",
  ),
  metal: { "leaf.4k": "ok", "leaf.2m": "ok", "leaf.1g": "ok", "violation.write": "0x0000000000000182" },
  deviations: {},
};

/** The fake's scenarios, simplest first. */
export const FAKE_SCENARIOS: readonly FakeScenario[] = [capabilities, xsavesControl, vmxInstructionErrors, eptWalk];
