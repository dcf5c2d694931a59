import { Engine, type Processor, STATE } from "@hvdiff/cpu";
import type { ControlName } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { PLACE } from "../../test/fixtures.ts";
import {
  ACCESS_PAGE,
  CODE,
  type GuestProgram,
  HANDLER,
  installTables,
  resume,
  runGuest,
  VIRTUAL_APIC,
} from "../../test/guest-program.ts";
import type { MemoryVmcs } from "../memory-vmcs.ts";
import * as W from "../state.ts";

const EXTERNAL_INTERRUPT = 1;
const INTERRUPT_WINDOW = 7;
const HLT = 12;
const VMCALL = 18;
const VIRTUALIZED_EOI = 45;
const APIC_WRITE = 56;
const DESCRIPTOR = 0x62000;
const NOTIFICATION = 0xf2;

const DELIVERY: readonly ControlName<"secondary">[] = [
  "virtualInterruptDelivery",
  "virtualizeApicAccesses",
  "apicRegisterVirtualization",
];

function setVector(c: Processor, set: number, vector: number): void {
  const at = VIRTUAL_APIC + set + (vector >>> 5) * 16;
  c.memory.write32(at, c.memory.read32(at) | (1 << (vector & 31)));
}

function hasVector(c: Processor, set: number, vector: number): boolean {
  return ((c.memory.read32(VIRTUAL_APIC + set + (vector >>> 5) * 16) >>> (vector & 31)) & 1) !== 0;
}

const VISR = 0x100;
const VIRR = 0x200;
const VPPR = 0xa0;

function run(program: Partial<GuestProgram> & { code: readonly number[] }, status = 0, rflags = 0x202n) {
  return runGuest({
    pin: ["externalInterruptExiting"],
    primary: ["useTprShadow"],
    secondary: DELIVERY,
    ...program,
    prepare: (guest) => {
      installTables(guest.c, guest.v, CODE.vmcall);
      guest.v.write("guestRflags", rflags);
      guest.v.write("guestInterruptStatus", BigInt(status));
      program.prepare?.(guest);
    },
  });
}

function status(v: MemoryVmcs): { rvi: number; svi: number } {
  const word = Number(v.read("guestInterruptStatus"));
  return { rvi: word & 0xff, svi: word >>> 8 };
}

describe("virtual-interrupt delivery", () => {
  test("a requested interrupt is delivered at the entry and is in service", () => {
    const { c, v, reason } = run({ code: CODE.nop, prepare: (guest) => setVector(guest.c, VIRR, 0x61) }, 0x61);
    expect(reason).toBe(VMCALL);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
    expect(status(v)).toEqual({ rvi: 0, svi: 0x61 });
    expect(hasVector(c, VISR, 0x61)).toBe(true);
    expect(hasVector(c, VIRR, 0x61)).toBe(false);
    expect(c.memory.read32(VIRTUAL_APIC + VPPR)).toBe(0x60);
  });

  test("the next highest request is the one that waits", () => {
    const { v } = run(
      {
        code: CODE.nop,
        prepare: ({ c }) => {
          for (const vector of [0x31, 0x45, 0x61]) setVector(c, VIRR, vector);
        },
      },
      0x61,
    );
    expect(status(v)).toEqual({ rvi: 0x45, svi: 0x61 });
  });

  test.each([
    ["IF is 0", 0x61, 2n, 0],
    ["the task priority is as high", 0x61, 0x202n, 0x60],
    ["a higher interrupt is in service", 0x7061, 0x202n, 0],
    ["nothing is requested", 0, 0x202n, 0],
  ])("nothing is delivered while %s", (_, interruptStatus, rflags, tpr) => {
    const { v, reason } = run(
      { code: CODE.vmcall, prepare: ({ c }) => c.memory.write32(VIRTUAL_APIC + 0x80, tpr) },
      interruptStatus,
      rflags,
    );
    expect(reason).toBe(VMCALL);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode));
  });

  test("STI delivers behind the instruction that follows it", () => {
    const { c, v } = run({ code: [...CODE.sti, ...CODE.nop, ...CODE.vmcall] }, 0x61, 2n);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
    const stack = Number(v.read("guestRsp"));
    expect(c.memory.read64(stack)).toBe(BigInt(PLACE.guestCode + 2));
  });

  test("a guest that is entered halted is woken", () => {
    const { v, reason } = run({ code: CODE.vmcall, prepare: ({ v }) => v.write("guestActivityState", 1n) }, 0x61);
    expect(reason).toBe(VMCALL);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
    expect(v.read("guestActivityState")).toBe(0n);
  });

  test("with interrupt-window exiting nothing is recognized, and the window exits", () => {
    const { reason } = run({ code: CODE.nop, primary: ["useTprShadow", "interruptWindowExiting"] }, 0x61);
    expect(reason).toBe(INTERRUPT_WINDOW);
  });

  test("a lower task priority, written to CR8, lets it in", () => {
    const { v } = run(
      {
        code: [...CODE.setEax(5), ...CODE.moveToCr8, ...CODE.hlt],
        prepare: ({ c }) => c.memory.write32(VIRTUAL_APIC + 0x80, 0xf0),
      },
      0x61,
    );
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
  });
});

describe("EOI virtualization", () => {
  const inService = ({ c }: { c: Processor }) => {
    setVector(c, VISR, 0x61);
    setVector(c, VISR, 0x35);
    c.memory.write32(VIRTUAL_APIC + VPPR, 0x60);
  };

  test("an EOI brings back the interrupt below", () => {
    const { c, v, reason } = run(
      { code: [...CODE.store(ACCESS_PAGE + 0xb0), ...CODE.vmcall], prepare: inService },
      0x6100,
    );
    expect(reason).toBe(VMCALL);
    expect(status(v)).toEqual({ rvi: 0, svi: 0x35 });
    expect(hasVector(c, VISR, 0x61)).toBe(false);
    expect(c.memory.read32(VIRTUAL_APIC + VPPR)).toBe(0x30);
    expect(c.memory.read32(VIRTUAL_APIC + 0xb0)).toBe(0);
  });

  test("an EOI lets a waiting interrupt in", () => {
    const { v } = run({ code: [...CODE.store(ACCESS_PAGE + 0xb0), ...CODE.hlt], prepare: inService }, 0x6155);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
    expect(status(v).svi).toBe(0x55);
  });

  test.each([
    ["eoiExitBitmap1", 1n << 33n],
    ["eoiExitBitmap0", 0n],
  ] as const)("%s decides about an exit behind the instruction", (field, bits) => {
    const { v, reason } = run(
      {
        code: [...CODE.store(ACCESS_PAGE + 0xb0), ...CODE.vmcall],
        prepare: ({ c, v: vmcs }) => {
          inService({ c });
          vmcs.write(field, bits);
        },
      },
      0x6100,
    );
    expect(reason).toBe(bits === 0n ? VMCALL : VIRTUALIZED_EOI);
    if (bits !== 0n) expect(v.read("exitQualification")).toBe(0x61n);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 7));
  });
});

describe("self-IPI virtualization", () => {
  const send = (command: number) => [...CODE.setEax(command), ...CODE.store(ACCESS_PAGE + 0x300), ...CODE.hlt];

  test("a fixed edge-triggered self-IPI is delivered without an exit", () => {
    const { v } = run({ code: send(0x4_4051) });
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
    expect(status(v)).toEqual({ rvi: 0, svi: 0x51 });
  });

  test.each([
    ["no shorthand", 0x51],
    ["all but self", 0xc_0051],
    ["level-triggered", 0x4_8051],
    ["NMI", 0x4_0451],
    ["an illegal vector", 0x4_0008],
    ["a reserved bit", 0x14_0051],
  ])("%s exits as an APIC write", (_, command) => {
    const { v, reason } = run({ code: send(command) });
    expect(reason).toBe(APIC_WRITE);
    expect(v.read("exitQualification")).toBe(0x300n);
  });
});

describe("virtualize x2APIC mode", () => {
  const MODE: readonly ControlName<"secondary">[] = ["virtualizeX2apicMode"];
  const WITH_ALL: typeof MODE = [...MODE, "apicRegisterVirtualization", "virtualInterruptDelivery"];
  const BITMAPS: readonly ControlName<"primary">[] = ["useTprShadow", "useMsrBitmaps"];
  const access = (msr: number, code: readonly number[], secondary = WITH_ALL, interruptStatus = 0) =>
    run(
      {
        code: [...CODE.setEcx(msr), ...code, ...CODE.vmcall],
        primary: BITMAPS,
        secondary,
        prepare: ({ c, v }) => {
          v.write("msrBitmap", BigInt(PLACE.msrBitmap));
          v.write("exceptionBitmap", 1n << 13n);
          for (let offset = 0; offset < 4096; offset += 4) c.memory.write32(VIRTUAL_APIC + offset, offset);
          c.memory.write32(VIRTUAL_APIC + 0x80, 0x10);
        },
      },
      interruptStatus,
      2n,
    );

  test("RDMSR of any register reads 64 bits of the virtual-APIC page", () => {
    const { c, reason } = access(0x83f, CODE.rdmsr);
    expect(reason).toBe(VMCALL);
    expect([c.s[0], c.s[STATE.GPR + 4]]).toEqual([0x3f0, 0x3f4]);
  });

  test("without APIC-register virtualization only TPR is read there", () => {
    expect(access(0x808, CODE.rdmsr, MODE).c.s[0]).toBe(0x10);
    // The processor's own APIC is not in x2APIC mode.
    expect(access(0x803, CODE.rdmsr, MODE).reason).toBe(0);
  });

  test.each([
    ["TPR beyond 8 bits", 0x808, 0x100, 0],
    ["TPR with EDX", 0x808, 0, 1],
    ["EOI that is not 0", 0x80b, 1, 0],
    ["self IPI beyond 8 bits", 0x83f, 0x151, 0],
  ])("WRMSR of %s is #GP", (_, msr, low, high) => {
    const { v, reason } = access(msr, [...CODE.setEax(low), ...CODE.setEdx(high), ...CODE.wrmsr]);
    expect(reason).toBe(0);
    expect(v.read("vmExitInterruptionInformation")).toBe(0x8000_0b0dn);
  });

  test("self IPI requests the interrupt; an illegal vector exits", () => {
    const good = access(0x83f, [...CODE.setEax(0x51), ...CODE.setEdx(0), ...CODE.wrmsr]);
    expect(good.reason).toBe(VMCALL);
    expect(status(good.v).rvi).toBe(0x51);
    const bad = access(0x83f, [...CODE.setEax(0x5), ...CODE.setEdx(0), ...CODE.wrmsr]);
    expect(bad.reason).toBe(APIC_WRITE);
    expect(bad.v.read("exitQualification")).toBe(0x3f0n);
  });

  test("EOI ends the interrupt in service", () => {
    const { v } = access(0x80b, [...CODE.setEax(0), ...CODE.setEdx(0), ...CODE.wrmsr], WITH_ALL, 0x6100);
    expect(status(v).svi).not.toBe(0x61);
  });
});

describe("posted interrupts", () => {
  const posting: Partial<GuestProgram> = {
    pin: ["externalInterruptExiting", "processPostedInterrupts"],
    prepare: ({ c, v }) => {
      v.write("vmExitControls", v.read("vmExitControls") | 0x8000n);
      v.write("postedInterruptNotificationVector", BigInt(NOTIFICATION));
      v.write("postedInterruptDescriptorAddress", BigInt(DESCRIPTOR));
      c.memory.write32(DESCRIPTOR + 8, 1 << 5);
      c.memory.write32(DESCRIPTOR + 12, 1 << 1);
      c.memory.write8(DESCRIPTOR + 32, 3);
    },
  };

  /** The processor's own local APIC, enabled, takes an interrupt while the guest runs. */
  function interrupt(c: Processor, vector: number): void {
    c.apic.accept({ vector, deliveryMode: 0, levelTriggered: false });
  }

  function enableApic(c: Processor): void {
    c.s[STATE.LOCAL_APIC + 3] = 0x1ff;
  }

  test("the notification vector moves what is posted to VIRR, without an exit", () => {
    const { c, v, reason } = run({
      ...posting,
      code: CODE.nop,
      prepare: (guest) => {
        posting.prepare!(guest);
        enableApic(guest.c);
        interrupt(guest.c, NOTIFICATION);
      },
    });
    expect(reason).toBe(VMCALL);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
    expect(status(v)).toEqual({ rvi: 0x45, svi: 0x61 });
    expect(hasVector(c, VIRR, 0x45)).toBe(true);
    expect(c.memory.read64(DESCRIPTOR + 8)).toBe(0n);
    // Outstanding notification is cleared; what software keeps beside it stays.
    expect(c.memory.read8(DESCRIPTOR + 32)).toBe(2);
    // The processor's own interrupt is over.
    expect(c.apic.processorPriority).toBe(0);
  });

  test("another vector exits, acknowledged", () => {
    const { v, reason } = run({
      ...posting,
      code: CODE.nop,
      prepare: (guest) => {
        posting.prepare!(guest);
        enableApic(guest.c);
        interrupt(guest.c, 0x40);
      },
    });
    expect(reason).toBe(EXTERNAL_INTERRUPT);
    expect(v.read("vmExitInterruptionInformation")).toBe(0x8000_0040n);
  });

  test("a halted guest stays halted where nothing can be delivered, and wakes where it can", () => {
    const { c, v, vmx, reason } = run({ ...posting, code: [...CODE.nop, ...CODE.hlt] }, 0, 2n);
    expect(reason).toBe(HLT);
    enableApic(c);
    v.write("guestActivityState", 1n);
    v.write("guestRflags", 2n);
    expect(vmx.vmresume().kind).toBe("enter");
    interrupt(c, NOTIFICATION);
    const engine = new Engine(c);
    engine.rootClient = true;
    expect(engine.run(c.retired + 10)).toBe("idle");
    expect(c.s[W.VIRTUAL_INTERRUPT]).toBe(1);
    expect(status(v).rvi).toBe(0x61);
  });

  test("what is pending does not outlive the VM exit", () => {
    const { c, v, vmx } = run({ ...posting, code: [...CODE.vmcall, ...CODE.vmcall] }, 0x61, 2n);
    expect(c.s[STATE.EVENTS]! & STATE.EVENT_VIRTUAL).toBe(0);
    v.write("guestRflags", 0x202n);
    expect(resume(c, v, vmx).reason).toBe(VMCALL);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
  });
});
