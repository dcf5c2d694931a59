import { Engine } from "@hvdiff/cpu";
import { Random } from "../../../../test/random.ts";
import { createHost, type Host, PLACE } from "../fixtures.ts";
import { makeNearValid } from "./near-valid.ts";

const STATE_WORDS = 4096;
const PAGE_WORDS = 1024;
/** Cases that share a processor; memory that their guests wrote stays. */
const CHUNK = 200;
const INSTRUCTIONS = 40;
/** push rax; pushf; cpuid; mov rax, cr3; mov cr3, rax; stgi; vmmcall; hlt; and again */
const GUEST_CODE = Uint8Array.of(
  ...[0x50, 0x9c, 0x0f, 0xa2, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0x0f, 0x01, 0xdc, 0x0f, 0x01, 0xd9, 0xf4, 0xeb, 0xee],
);

/** A processor on which one VMRUN after another is tried. */
class Bench {
  private readonly host: Host;
  private readonly state: Int32Array;
  private readonly vmcb: Int32Array;
  private readonly at: number;

  constructor(model: string) {
    this.host = createHost(model);
    const { c, memory } = this.host;
    memory.writeBytes(PLACE.guestCode, GUEST_CODE);
    c.rip = BigInt(PLACE.hostCode - 3);
    this.at = memory.frameOffset(PLACE.vmcb / 4096) >> 2;
    this.state = c.s.slice(0, STATE_WORDS);
    this.vmcb = memory.words.slice(this.at, this.at + PAGE_WORDS);
  }

  private reset(): void {
    const { c, memory, svm } = this.host;
    c.s.set(this.state);
    memory.words.set(this.vmcb, this.at);
    c.stop = null;
    c.fault = 0;
    c.delivering = null;
    svm.cloneStateFrom();
    c.mmu.flushAll();
  }

  /** Tries to enter the VMCB that a seed makes, and lets the guest run a little. Tells in words what came of it. */
  run(seed: number): string {
    this.reset();
    const { host } = this;
    const { c, svm, v } = host;
    makeNearValid(host, Random.ofCase(seed));
    c.translationChanged();
    new Engine(c).run(c.retired + INSTRUCTIONS);
    const stop = c.stop === null ? "" : ` stopped: ${c.stop.kind}`;
    if (svm.failedCheck !== null) return `failed ${svm.failedCheck}${stop}`;
    const info = (["exitCode", "exitInfo1", "exitInfo2"] as const).map((name) => v.read(name).toString(16)).join(" ");
    return `entered ${info}${stop}`;
  }
}

const MODELS = ["zen4", "zen2", "k10"] as const;

/** What came of the cases with consecutive seeds, in order. */
export function* fuzzVmruns(first: number, count: number): Generator<{ seed: number; verdict: string }> {
  let bench: Bench | null = null;
  for (let seed = first; seed < first + count; seed++) {
    if (bench === null || (seed - first) % CHUNK === 0)
      bench = new Bench(MODELS[Math.floor((seed - first) / CHUNK) % MODELS.length]!);
    yield { seed, verdict: bench.run(seed) };
  }
}
