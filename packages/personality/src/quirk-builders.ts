import { type ControlName, type ControlWord, controlDef, controlWordDef } from "@hvdiff/spec";
import { fixControls } from "./capability-edits.ts";
import { setLeaf, showFeature } from "./cpuid-edits.ts";
import { defineQuirk, type Quirk } from "./quirk.ts";

/** A control that a product leaves out of what it offers, whatever the processor can do. */
export type NotOffered<W extends ControlWord = ControlWord> = Pick<
  Quirk,
  "id" | "confidence" | "evidence" | "since" | "until" | "when"
> & { readonly word: W; readonly control: ControlName<W> };

/** The quirk of a control that L1 is not offered. */
export function controlNotOffered({ word, control, ...rest }: NotOffered): Quirk {
  return defineQuirk({
    ...rest,
    summary: `L1 is not offered the control "${controlDef(word, control).sdmName}", whatever the processor can do.`,
    affects: [controlWordDef(word).capabilityMsr, String(control)],
    capabilities: { stage: "kernel-supported", apply: (profile) => fixControls(profile, word, control) },
  });
}

/** The quirk of the hypervisor-present bit. */
export function hypervisorBit(rest: Pick<Quirk, "id" | "confidence" | "evidence" | "when">): Quirk {
  return defineQuirk({
    ...rest,
    summary: "CPUID says that a hypervisor is present.",
    affects: ["cpuid.1.ecx"],
    capabilities: { stage: "vmm", apply: (profile) => showFeature(profile, "hypervisor") },
  });
}

/** The quirk of the leaf that names a hypervisor in 12 letters and gives its highest leaf. */
export function hypervisorLeaf(
  rest: Pick<Quirk, "id" | "confidence" | "evidence" | "when">,
  { name, highest }: { readonly name: string; readonly highest: number },
): Quirk {
  const letters = name.padEnd(12, "\0");
  const word = (at: number): number =>
    [3, 2, 1, 0].reduce((value, i) => ((value << 8) | letters.charCodeAt(at + i)) >>> 0, 0);
  return defineQuirk({
    ...rest,
    summary: `CPUID leaf 4000_0000H names the hypervisor "${name}".`,
    affects: ["cpuid.40000000"],
    capabilities: {
      stage: "vmm",
      apply: (profile) => setLeaf(profile, { leaf: 0x4000_0000 }, [highest, word(0), word(4), word(8)]),
    },
  });
}
