import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  createSystem,
  enter,
  exceptionsOf,
  handlerOf,
  KERNEL_STACK,
  type System,
  setGate64,
  TSS_BASE,
  USER_CODE64,
  USER_DATA,
} from "../../test/system/processor-kit.ts";
import { INTERCEPT } from "../intercepts.ts";
import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import * as S from "../state-layout.ts";
import type { VirtualizationExtension } from "../virtualization.ts";
import { ENABLE_CHECK } from "./exceptions.ts";

interface Recorder {
  readonly system: System;
  readonly calls: string[];
}

/** A guest whose extension takes every intercept and exception, writes it down and makes an exit of it. */
function createGuest(exitOn: (call: string) => boolean = () => true): Recorder {
  const system = createSystem("long");
  const { c } = system;
  const calls: string[] = [];
  const note = (call: string): boolean => {
    calls.push(call);
    const exits = exitOn(call);
    if (exits) c.noteExit();
    return exits;
  };
  const extension: VirtualizationExtension = {
    execute: () => STATUS_ABORTED,
    intercept: (id, _, detail) => (note(`intercept ${id} ${detail}`) ? STATUS_ABORTED : STATUS_NEXT),
    exception: ({ vector, type, instructionLength }) =>
      note(`exception ${vector} type ${type} length ${instructionLength} during ${c.delivering?.vector ?? "nothing"}`),
    boundary: () => false,
    tripleFault: () => note(`triple fault during ${c.delivering?.vector ?? "nothing"}`),
    taskSwitch: () => note("task switch"),
  };
  c.extension = extension;
  c.s[S.VIRTUALIZATION_MODE] = 2;
  return { system, calls };
}

/** Runs one instruction to its exit; the limit is never reached when it exits. */
function execute({ system }: Recorder, code: readonly number[]): void {
  system.engine.rootClient = false;
  const { c } = system;
  const end = () => c.stop === null && system.events.length < 50;
  system.memory.writeBytes(CODE_BASE, Uint8Array.from(code));
  c.rip = BigInt(CODE_BASE);
  // An exit that changes nothing would be taken for ever: stop at the first.
  const intercept = c.noteExit.bind(c);
  c.noteExit = () => {
    intercept();
    c.stop = { kind: "shutdown", what: "exit" };
  };
  if (end()) system.engine.run(c.retired + 1);
}

describe("order of faults and exits", () => {
  test("rdmsr asks with the MSR's address, before it looks whether the MSR exists", () => {
    const guest = createGuest();
    guest.system.c.s[S.INTERCEPTS + INTERCEPT.rdmsr] = 1;
    guest.system.c.setGpr(1, 0x1234n);
    execute(guest, [0x0f, 0x32]);
    expect(guest.calls).toEqual([`intercept ${INTERCEPT.rdmsr} ${0x1234}`]);
  });

  test("privilege comes before the exit", () => {
    const guest = createGuest();
    guest.system.c.s[S.INTERCEPTS + INTERCEPT.rdmsr] = 1;
    setGate64(guest.system.memory, 13);
    guest.system.memory.write64(TSS_BASE + 4, BigInt(KERNEL_STACK));
    enter(guest.system.c, USER_CODE64, USER_DATA);
    execute(guest, [0x0f, 0x32]);
    expect(guest.calls).toEqual([]);
    expect(exceptionsOf(guest.system)).toContain("13:0");
  });

  test("xsaves asks whether it is enabled before CR0.TS counts, and for the exit after", () => {
    const both = createGuest((call) => !call.endsWith(` ${ENABLE_CHECK}`));
    both.system.c.s[S.INTERCEPTS + INTERCEPT.xsaves] = 2;
    both.system.c.setGpr(7, 0x40000n);
    execute(both, [0x0f, 0xc7, 0x2f]);
    const id = INTERCEPT.xsaves;
    expect(both.calls).toEqual([`intercept ${id} ${ENABLE_CHECK}`, `intercept ${id} 0`]);
    const unavailable = createGuest(() => false);
    setGate64(unavailable.system.memory, 7);
    unavailable.system.c.s[S.INTERCEPTS + INTERCEPT.xsaves] = 2;
    unavailable.system.c.s[S.CR0]! |= 8;
    execute(unavailable, [0x0f, 0xc7, 0x2f]);
    expect(unavailable.calls).toEqual([`intercept ${id} ${ENABLE_CHECK}`]);
    expect(exceptionsOf(unavailable.system)).toEqual(["7"]);
  });
});

describe("exceptions", () => {
  test("an intercepted fault leaves CR2 alone and RF set", () => {
    const guest = createGuest();
    const { c } = guest.system;
    c.s[S.EXCEPTION_INTERCEPTS] = 1 << 14;
    c.setGpr(0, 0x9000_0000n);
    execute(guest, [0x8b, 0x00]);
    expect(guest.calls).toEqual(["exception 14 type 3 length 0 during nothing"]);
    expect([c.get64(S.CR2), c.rflags & 0x10000n, c.delivering]).toEqual([0n, 0x10000n, null]);
    expect(guest.system.events).toEqual([]);
  });

  test("int3 is a software exception with the length of the instruction", () => {
    const guest = createGuest();
    guest.system.c.s[S.EXCEPTION_INTERCEPTS] = 1 << 3;
    execute(guest, [0xcc]);
    expect(guest.calls).toEqual(["exception 3 type 6 length 1 during nothing"]);
  });

  test("an exception during delivery is asked for before it becomes a double fault, which happens during nothing", () => {
    const guest = createGuest((call) => call.startsWith("exception 8"));
    const { c } = guest.system;
    c.s[S.EXCEPTION_INTERCEPTS] = (1 << 8) | (1 << 13);
    c.setGpr(0, 0x1234n);
    execute(guest, [0x8e, 0xd8]);
    expect(guest.calls).toEqual([
      "exception 13 type 3 length 0 during nothing",
      "exception 13 type 3 length 0 during 13",
      "exception 8 type 3 length 0 during nothing",
    ]);
  });

  test("a triple fault is the extension's", () => {
    const guest = createGuest();
    execute(guest, [0x0f, 0x0b]);
    expect(guest.calls).toEqual(["triple fault during nothing"]);
  });

  test("a software interrupt interrupted by #GP is what is being delivered", () => {
    const guest = createGuest();
    guest.system.c.s[S.EXCEPTION_INTERCEPTS] = 1 << 13;
    execute(guest, [0xcd, 0x80]);
    expect(guest.calls).toEqual(["exception 13 type 3 length 0 during 128"]);
  });
});

test("delivery ends in the handler when nothing intercepts", () => {
  const guest = createGuest(() => false);
  setGate64(guest.system.memory, 3);
  execute(guest, [0xcc]);
  expect(guest.system.c.rip).toBe(BigInt(handlerOf(3)));
});
