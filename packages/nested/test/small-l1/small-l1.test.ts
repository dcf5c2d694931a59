import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CpuModel, findCpuModel } from "@hvdiff/cpu";
import { Machine, type RootAction, type RootEvent, type RootPlatform, type TraceEvent } from "@hvdiff/machine";
import { EXIT_REASONS, encodingOf, VMCS_FIELD_NAMES, type VmcsField } from "@hvdiff/spec";
import { capabilitiesOf } from "@hvdiff/vmx";
import { expect, test } from "vitest";
import { declareMemory } from "../../src/create.ts";
import { F } from "../../src/fields.ts";
import { CLIENT, GATE, GUEST_OFFSET } from "../../src/host-layout.ts";
import { L0 } from "../../src/l0.ts";
import { PLAIN_MECHANISMS } from "../../src/mechanisms.ts";
import { createPagePool } from "../../src/page-pool.ts";
import { ARCHITECTURAL_POLICY } from "../../src/policy.ts";
import { ClientMemory } from "../../src/stack/client-memory.ts";
import { clientState, writeClientPage } from "../../src/stack/client-page.ts";
import { Stack } from "../../src/stack/stack.ts";
import { StackedClient } from "../../src/stack/stacked-client.ts";

/*
 * One small hypervisor, once in TypeScript on its client page and once in machine code: the L0 below must not be able to tell them apart.
 */

const IMAGE = new URL("small-l1.bin", import.meta.url);
const RAM = 64 * 0x100000;
const SILICON = findCpuModel("skylake-client")!;
const L2_CODE = 0x20000;
const VMXON_REGION = 0x21000;
const VMCS_REGION = 0x22000;
const FIELDS = 0x23000;
const CODE = { selector: CLIENT.code, access: 0xa09b, limit: -1 };
const DATA = { selector: CLIENT.data, access: 0xc093, limit: -1 };
/** cpuid; cpuid; vmcall */
const GUEST = Uint8Array.of(0x0f, 0xa2, 0x0f, 0xa2, 0x0f, 0x01, 0xc1);

/** What the hypervisor writes: its guest runs in 64-bit mode on its own page tables. */
const VALUES: Partial<Record<VmcsField, number>> = {
  pinBasedControls: 0x16,
  primaryProcessorBasedControls: 0x0401e172,
  vmExitControls: 0x3efff,
  vmEntryControls: 0x13ff,
  vmcsLinkPointer: -1,
  guestCr0: 0x80000033,
  guestCr3: CLIENT.tables,
  guestCr4: 0x2020,
  guestDr7: 0x400,
  guestRflags: 2,
  guestRip: L2_CODE,
  guestRsp: CLIENT.stack,
  guestCsSelector: CODE.selector,
  guestCsAccessRights: CODE.access,
  guestCsLimit: 0xffffffff,
  guestSsSelector: DATA.selector,
  guestSsAccessRights: DATA.access,
  guestSsLimit: 0xffffffff,
  guestDsAccessRights: 0x10000,
  guestEsAccessRights: 0x10000,
  guestFsAccessRights: 0x10000,
  guestGsAccessRights: 0x10000,
  guestLdtrAccessRights: 0x10000,
  guestTrSelector: CLIENT.task,
  guestTrBase: CLIENT.taskState,
  guestTrLimit: 0x67,
  guestTrAccessRights: 0x8b,
  hostCr0: 0x80000033,
  hostCr3: CLIENT.tables,
  hostCr4: 0x2020,
  hostCsSelector: CLIENT.code,
  hostSsSelector: CLIENT.data,
  hostTrSelector: CLIENT.task,
  hostTrBase: CLIENT.taskState,
  hostGdtrBase: CLIENT.gdt,
  hostIdtrBase: CLIENT.idt,
  hostRsp: CLIENT.stack,
  hostRip: CLIENT.gate + GATE.exit,
};
const WRITES = VMCS_FIELD_NAMES.flatMap((field) => {
  const value = VALUES[field];
  return value === undefined ? [] : [{ field, value: BigInt.asUintN(64, BigInt(value)) }];
});

/** The hypervisor in TypeScript. */
class SmallL1 {
  readonly state = { pool: createPagePool() };
  readonly vcpus = [{ state: { guestMode: false } }];
  private readonly client: StackedClient;

  constructor(client: StackedClient) {
    this.client = client;
  }

  deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  advance(_platform: RootPlatform, _vcpu: number, event: RootEvent): RootAction {
    if (event.kind === "start") return this.start();
    if (event.kind !== "exit") throw new Error(`${event.kind} is not expected`);
    const vmcs = this.client.vmx.current!;
    if (vmcs.lo(F.exitReason) !== EXIT_REASONS.CPUID.number)
      return { kind: "stop", outcome: { kind: "exit", code: 5 } };
    vmcs.set(F.guestRip, vmcs.lo(F.guestRip) + vmcs.lo(F.vmExitInstructionLength), 0);
    return { kind: "enter", resume: true };
  }

  private start(): RootAction {
    const { vmx, platform } = this.client;
    platform.useHostMode(0, { cr0: 0x80000033 | 0, cr4: 0x2020, efer: 0x500 });
    vmx.vmxon(VMXON_REGION);
    vmx.vmclear(VMCS_REGION);
    vmx.vmptrld(VMCS_REGION);
    for (const { field, value } of WRITES) vmx.current!.write(field, value);
    return { kind: "enter", resume: false };
  }
}

function machineWith(silicon: CpuModel, addClients: (machine: Machine) => readonly StackedClient[]): Machine {
  return new Machine({
    model: silicon,
    processors: 1,
    clients: 2,
    traceRoot: true,
    traceFrom: 0,
    createClient: (machine) => {
      const { memory } = machine;
      declareMemory(memory, RAM);
      const options = { guestModel: silicon, policy: ARCHITECTURAL_POLICY, mechanisms: PLAIN_MECHANISMS, ram: RAM };
      const l0 = new L0(machine, { ...options, firmware: "seabios", initial: clientState(), userspace: null });
      const { revisionId } = capabilitiesOf(silicon);
      for (const region of [VMXON_REGION, VMCS_REGION]) memory.write32(GUEST_OFFSET + region, revisionId);
      memory.writeBytes(GUEST_OFFSET + L2_CODE, GUEST);
      const clients = addClients(machine);
      return clients.length > 0 ? new Stack(l0, clients) : l0;
    },
  });
}

function inTypeScript(machine: Machine): readonly StackedClient[] {
  const memory = new ClientMemory(machine.memory, RAM);
  const client = new StackedClient({
    machine,
    memory,
    depth: 1,
    model: SILICON,
    capabilities: capabilitiesOf(SILICON),
    enlightenments: { vmcs: false, flush: false },
  });
  client.hypervisor = new SmallL1(client) as unknown as L0;
  return [client];
}

function inMachineCode({ memory: below }: Machine): readonly StackedClient[] {
  const memory = new ClientMemory(below, RAM);
  writeClientPage(memory);
  memory.writeBytes(CLIENT.gate, readFileSync(IMAGE));
  WRITES.forEach(({ field, value }, at) => {
    memory.write32(FIELDS + at * 12, encodingOf(field));
    memory.write64(FIELDS + at * 12 + 4, value);
  });
  memory.write32(FIELDS + WRITES.length * 12, -1);
  return [];
}

/** Without times and places: what the client executes takes none of its guest's, and lies elsewhere. */
function told({ level, kind, data }: TraceEvent): string {
  const { rip: _, ...rest } = data as Record<string, unknown>;
  return JSON.stringify([level, kind, rest]);
}

const reasonsOf = (lines: readonly string[]): (string | undefined)[] =>
  lines.map((line) => /"l0-exit",\{"from":\d,"reason":"(\w+)"/.exec(line)?.[1]);

test("a hypervisor in TypeScript makes the exits that its twin in machine code makes", () => {
  const [typescript, code] = [inTypeScript, inMachineCode].map((make) => {
    const machine = machineWith(SILICON, make);
    expect(machine.run()).toEqual({ kind: "exit", code: 5 });
    return machine.trace.events.map(told);
  });
  expect(typescript).toEqual(code!.slice(0, typescript!.length));
  const reasons = reasonsOf(typescript!);
  const count = (reason: string): number => reasons.filter((other) => other === reason).length;
  expect([count("VMWRITE"), count("CPUID"), count("VMRESUME"), count("VMCALL")]).toEqual([WRITES.length + 2, 2, 2, 1]);
  // Machine code says by a port that it is done.
  expect(reasonsOf(code!.slice(typescript!.length)).filter(Boolean)).toEqual(["IO_INSTRUCTION"]);
});

test.runIf(spawnSync("nasm", ["-v"]).status === 0)("the machine code is what its source says", () => {
  const directory = mkdtempSync(join(tmpdir(), "small-l1-"));
  const built = join(directory, "built.bin");
  spawnSync("nasm", ["-f", "bin", "-o", built, fileURLToPath(new URL("small-l1.asm", import.meta.url))]);
  const bytes = readFileSync(built);
  rmSync(directory, { recursive: true });
  expect(bytes.equals(readFileSync(IMAGE))).toBe(true);
});
