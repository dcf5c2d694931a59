import { Engine, type Processor } from "@hvdiff/cpu";
import { Random } from "../../../../test/random.ts";
import type { MemoryVmcs } from "../../src/memory-vmcs.ts";
import type { Vmx } from "../../src/vmx.ts";
import { clientModel, createRoot, enableEpt, PLACE, writeValidVmcs } from "../fixtures.ts";
import { WIDE_MSRS } from "../violations-table.ts";
import { makeNearValid } from "./near-valid.ts";

const MODEL = clientModel(WIDE_MSRS);
const STATE_WORDS = 4096;
const PAGE_WORDS = 1024;
/** Cases that share a processor; memory that their guests wrote stays. */
const CHUNK = 200;
const INSTRUCTIONS = 40;
/** push rax; pushf; cpuid; mov cr3, rax; hlt */
const GUEST_CODE = Uint8Array.of(0x50, 0x9c, 0x0f, 0xa2, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0x90, 0xf4);
const HLT = 0xf4;

/** A processor on which one VM entry after another is tried. */
class Bench {
  private readonly c: Processor;
  private readonly vmx: Vmx;
  private readonly v: MemoryVmcs;
  private readonly engine: Engine;
  private readonly state: Int32Array;
  private readonly region: Int32Array;
  private readonly at: number;

  constructor(rootClient: boolean) {
    const { c, vmx, v } = createRoot({ rootClient }, MODEL);
    this.c = c;
    this.vmx = vmx;
    this.v = v;
    // The tables of EPT lie in memory; the control is off until a case wants it.
    const map = enableEpt(c, v);
    for (let page = 0; page < 0x80; page++) map(page * 0x1000, page * 0x1000, 7);
    this.at = c.memory.frameOffset(PLACE.vmcs / 4096) >> 2;
    c.memory.words.fill(0, this.at + 8, this.at + PAGE_WORDS);
    writeValidVmcs(v);
    c.memory.writeBytes(PLACE.guestCode, GUEST_CODE);
    c.memory.write8(PLACE.hostCode, HLT);
    this.engine = new Engine(c);
    this.engine.rootClient = rootClient;
    this.state = c.s.slice(0, STATE_WORDS);
    this.region = c.memory.words.slice(this.at, this.at + PAGE_WORDS);
  }

  private reset(): void {
    const { c } = this;
    c.s.set(this.state);
    c.memory.words.set(this.region, this.at);
    c.stop = null;
    c.fault = 0;
    c.delivering = null;
    c.mmu.flushAll();
    this.vmx.restoreCaches();
    this.v.note(-1);
  }

  /** Tries to enter the VMCS that a seed makes, and lets the guest run a little. Tells in words what came of it. */
  run(seed: number): string {
    this.reset();
    const { c, vmx } = this;
    const v = vmx.currentVmcs();
    v.note(-1);
    makeNearValid(v, Random.ofCase(seed));
    const outcome = vmx.vmlaunch();
    const result = outcome.kind === "failValid" ? `VMfail ${outcome.error}` : outcome.kind;
    if (vmx.failedCheck !== null) return `${result} ${vmx.failedCheck}`;
    if (outcome.kind === "enter" && c.stop === null) this.engine.run(c.retired + INSTRUCTIONS);
    const stop = c.stop === null ? "" : ` stopped: ${c.stop.kind}`;
    return `${result} reason ${v.read("exitReason").toString(16)} ${v.read("exitQualification").toString(16)}${stop}`;
  }
}

/** What came of the cases with consecutive seeds, in order. */
export function* fuzzEntries(first: number, count: number): Generator<{ seed: number; verdict: string }> {
  let bench: Bench | null = null;
  for (let seed = first; seed < first + count; seed++) {
    if (bench === null || (seed - first) % CHUNK === 0) bench = new Bench(Math.floor((seed - first) / CHUNK) % 2 === 0);
    yield { seed, verdict: bench.run(seed) };
  }
}
