import type { AlignedRow, EventResult } from "@hvdiff/lab";

const STEPS: readonly { kind: string; level: number; text: string }[] = [
  { kind: "rdmsr", level: 1, text: "RDMSR IA32_VMX_PROCBASED_CTLS2 = 0x001f7cff00000000" },
  { kind: "vmwrite", level: 1, text: "VMWRITE secondaryProcessorBasedControls = 0x00100002" },
  { kind: "vmlaunch", level: 1, text: "VMLAUNCH ok" },
  { kind: "instruction", level: 2, text: "XSAVES [rdi] at 0x0000000000102a40" },
  { kind: "exit", level: 1, text: "exit VMCALL, qualification 0x0000000000000000, RIP 0x0000000000102a48" },
  { kind: "serial", level: 1, text: "COM1 “verdict probe-a = completed”" },
];

const DIFFERENT: Readonly<Record<string, string>> = {
  rdmsr: "RDMSR IA32_VMX_PROCBASED_CTLS2 = 0x000378ef00000000",
  vmwrite: "VMWRITE secondaryProcessorBasedControls = 0x00000002",
  instruction: "#UD at XSAVES [rdi], RIP 0x0000000000102a40",
  serial: "COM1 “verdict probe-a = #UD at XSAVES in L2”",
};

function eventAt(index: number, step: number, text?: string): EventResult {
  const { kind, level, text: usual } = STEPS[step % STEPS.length]!;
  return { index, vcpu: 0, level, time: index * 37, kind, data: {}, text: text ?? usual };
}

/** Two traces of `length` steps, equal but for a changed one, a lone left and a lone right one every `period` steps. */
export function fakeRows(length: number, period: number): AlignedRow[] {
  const rows: AlignedRow[] = [];
  let left = 0;
  let right = 0;
  for (let step = 0; step < length; step += 1) {
    const place = period === 0 ? -1 : step % period;
    const changed = DIFFERENT[STEPS[step % STEPS.length]?.kind ?? ""];
    if (place === period - 5 && changed !== undefined) {
      rows.push({ kind: "changed", left: eventAt(left++, step), right: eventAt(right++, step, changed) });
    } else if (place === period - 4) {
      rows.push({ kind: "only-left", left: eventAt(left++, step), right: null });
    } else if (place === period - 2) {
      rows.push({ kind: "only-right", left: null, right: eventAt(right++, 4, "exit EXCEPTION_NMI #UD") });
    } else {
      rows.push({ kind: "same", left: eventAt(left++, step), right: eventAt(right++, step) });
    }
  }
  return rows;
}
