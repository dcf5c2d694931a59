/** Where a run ended: level, virtual CPU, instruction pointer and the bytes there. */
export interface Where {
  readonly level: number;
  readonly vcpu: number;
  readonly rip: string;
  readonly bytes: string;
}

/** How a run ended. */
export type Outcome =
  /** The guest wrote to the exit port. */
  | { readonly kind: "exit"; readonly code: number }
  /** The guest turned the machine off. */
  | { readonly kind: "power-off" }
  /** The guest reset the processors ("init") or the machine ("hard"). */
  | { readonly kind: "reset"; readonly what: string }
  /** The guest put the machine to sleep with its memory kept (ACPI S3). */
  | { readonly kind: "suspended" }
  | { readonly kind: "triple-fault"; readonly where: Where }
  /** The processor is in the shutdown state (VMX abort and the like). */
  | { readonly kind: "shutdown"; readonly what: string; readonly where: Where }
  /** Halted with nothing left that could wake it. */
  | { readonly kind: "halted"; readonly where: Where }
  /** The same state came round again with nothing that could break the loop. */
  | { readonly kind: "loop"; readonly what?: string; readonly where: Where }
  /** Still running at the bound. */
  | { readonly kind: "limit"; readonly instructions: number; readonly where: Where }
  | { readonly kind: "trace-limit"; readonly events: number; readonly where: Where }
  | { readonly kind: "memory-limit"; readonly bytes: number; readonly where: Where }
  /** The simulator does not implement an instruction. */
  | { readonly kind: "unimplemented"; readonly what: string; readonly where: Where }
  /** The L0 stopped the virtual machine with an internal error. */
  | {
      readonly kind: "l0-error";
      readonly what: string;
      readonly where: Where;
      /** The processor's registers as the L0 tells them. */
      readonly dump?: string;
    };

/** One line, stable across runs. */
export function describeOutcome(outcome: Outcome): string {
  const at =
    "where" in outcome ? ` at level ${outcome.where.level}, rip ${outcome.where.rip} [${outcome.where.bytes}]` : "";
  switch (outcome.kind) {
    case "exit":
      return `exit ${outcome.code}`;
    case "reset":
      return `reset (${outcome.what})`;
    case "limit":
      return `still running after ${outcome.instructions} instructions${at}`;
    case "trace-limit":
      return `trace bound of ${outcome.events} events reached${at}`;
    case "memory-limit":
      return `memory bound of ${outcome.bytes} bytes reached${at}`;
    case "unimplemented":
      return `unimplemented instruction ${outcome.what}${at}`;
    case "l0-error":
      return `L0 stopped the virtual machine: ${outcome.what}${at}`;
    case "shutdown":
      return `shutdown: ${outcome.what}${at}`;
    case "loop":
      return `loop${outcome.what === undefined ? "" : `: ${outcome.what}`}${at}`;
    default:
      return `${outcome.kind}${at}`;
  }
}
