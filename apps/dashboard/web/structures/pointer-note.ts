import type { StructuresResult } from "@hvdiff/lab";
import { type Child, h } from "../element.ts";

const POINTER_INSTRUCTIONS = new Set(["vmptrld", "vmclear", "vmxon", "vmptrst"]);

/** For an instruction that names a VMCS by its address: which address space that is, and what L0 did with it. Null for any other event. */
export function pointerNote(result: StructuresResult, moment: number, vcpu: number): HTMLElement | null {
  const event = result.events[moment];
  const instruction = String(event?.data["instruction"] ?? "");
  const operand = event?.data["operand"];
  if (event?.kind !== "vmx" || operand === undefined || !POINTER_INSTRUCTIONS.has(instruction)) return null;
  const name = instruction.toUpperCase();
  return h(
    "aside",
    { class: "pointer-note", "aria-labelledby": "pointer-title" },
    h("h2", { id: "pointer-title" }, `The operand of this ${name}`),
    h(
      "p",
      {},
      h("span", { class: "mono" }, String(operand)),
      ` is a physical address of L${event.level}'s own memory. ${name} exited to L0, which read it there through the second stage of paging: silicon has never seen it.`,
    ),
    h(
      "ul",
      { class: "pointer-facts" },
      ...factsOf(result, { moment, vcpu, operand: String(operand) }).map((fact) => h("li", {}, fact)),
    ),
    h("p", { class: "quiet" }, `The answer that L${event.level} got: ${event.data["result"]}.`),
  );
}

function factsOf(
  { switches }: StructuresResult,
  { moment, vcpu, operand }: { moment: number; vcpu: number; operand: string },
): Child[][] {
  const at = (name: string) =>
    switches.findLast(({ of, vcpu: whose, event }) => of === name && whose === vcpu && event <= moment + 1);
  const [v12, v01] = [at("vmcs12"), at("vmcs01")];
  const mono = (text: string) => h("span", { class: "mono" }, text);
  const isCurrent = v12 !== undefined && v12.at === operand;
  return [
    ...(isCurrent
      ? [["It became the current VMCS of L1, vmcs12. In host-physical memory that page is ", mono(v12.home ?? ""), "."]]
      : []),
    ...(isCurrent && v12.home !== v12.host
      ? [["L0 works on a copy of it, at ", mono(v12.host ?? ""), ", and writes the page back when L1 leaves it."]]
      : []),
    ...(v01 === undefined ? [] : [["Silicon's own current VMCS stayed vmcs01, at host-physical ", mono(v01.at), "."]]),
  ];
}
