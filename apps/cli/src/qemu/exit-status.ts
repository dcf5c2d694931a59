import type { OutcomeResult } from "@hvdiff/lab";

/** How QEMU would have ended, and what there is to say about it. */
export interface QemuEnd {
  readonly status: number;
  /** A warning: QEMU would say nothing, or would not end. */
  readonly remark: string | null;
}

const FAILED = 1;
/** What timeout(1) gives when it has to stop QEMU. */
const TIMED_OUT = 124;

/** Ends of a guest that QEMU would wait for until somebody stops it. */
const ENDLESS = new Set(["halted", "loop", "limit", "suspended"]);
/** Ends after which QEMU leaves with 0, given -no-reboot. */
const QUIET = new Set(["power-off", "reset"]);

/** The status of QEMU's process: isa-debug-exit returns `(code << 1) | 1`. */
export function qemuEnd({ kind, text }: OutcomeResult): QemuEnd {
  const exit = /^exit (\d+)/.exec(text);
  if (kind === "exit" && exit !== null) return { status: ((Number(exit[1]) << 1) | 1) & 0xff, remark: null };
  if (QUIET.has(kind)) return { status: 0, remark: null };
  if (kind === "triple-fault") return { status: 0, remark: text };
  if (ENDLESS.has(kind)) return { status: TIMED_OUT, remark: `${text}; QEMU would not end here` };
  return { status: FAILED, remark: text };
}
