import type { Bus } from "../../src/bus.ts";
import { type CompileThresholds, Engine } from "../../src/engine.ts";
import { icelakeServer } from "../../src/models/icelake-server.ts";
import type { CpuModel } from "../../src/models/model.ts";
import { PhysicalMemory } from "../../src/physical-memory.ts";
import { FAULT_NONE, Processor } from "../../src/processor.ts";
import * as S from "../../src/state-layout.ts";
import type { PendingException, VirtualizationExtension } from "../../src/virtualization.ts";
import { initialExtended, vectorOffset, XMM } from "./extended-image.ts";
import {
  CODE,
  CODE_BYTES,
  comparesErrorCode,
  EXTENDED_BYTES,
  FILLER,
  type NativeCase,
  type NativeResult,
  NO_EXCEPTION,
  PAGE_FAULT,
  startOf,
  WINDOW,
  WINDOW_BYTES,
} from "./native-case.ts";
import { enterSegments, loadDescriptorTables, mapPages, PAGE_TABLES, segmentsOf } from "./simulated-program.ts";

const CR0 = 0x80010033;
/** PAE, OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE. */
const CR4 = (1 << 5) | (1 << 9) | (1 << 10) | (1 << 16) | (1 << 18);
/** x87, SSE and AVX state. */
const XCR0 = 7;
const EFER_LONG_MODE_NX = 0xd01;
const NON_ROOT = 2;

const EXTENDED_FEATURES = 7;
const ZERO_SELECTORS = 1 << 13;
/** A model with all that the forms use, and x87 selectors saved, as the hosts that these tests ran on do. */
const MODEL: CpuModel = {
  ...icelakeServer,
  cpuid: icelakeServer.cpuid.map((entry) =>
    entry.leaf === EXTENDED_FEATURES ? { ...entry, ebx: entry.ebx & ~ZERO_SELECTORS } : entry,
  ),
};

const NO_BUS: Bus = { readPort: () => 0xffffffff, writePort: () => {}, acknowledgeInterrupt: () => 0 };

/** The processor as a flat 64-bit user program finds it. */
function enterUserMode(c: Processor): void {
  const s = c.s;
  s[S.CR0] = CR0 | 0;
  s[S.CR3] = PAGE_TABLES;
  s[S.CR4] = CR4;
  s[S.XCR0] = XCR0;
  s[S.EFER] = EFER_LONG_MODE_NX;
  s[S.CPL] = 3;
  // Exceptions go to an extension that stops the run, as a hypervisor's would.
  s[S.VIRTUALIZATION_MODE] = NON_ROOT;
  s[S.EXCEPTION_INTERCEPTS] = -1;
  c.mmu.flushAll();
}

/** Takes exceptions out of the run. */
class ExceptionCatcher implements VirtualizationExtension {
  vector = NO_EXCEPTION;
  errorCode = 0;
  cr2 = 0n;
  private readonly c: Processor;

  constructor(c: Processor) {
    this.c = c;
  }

  clear(): void {
    this.vector = NO_EXCEPTION;
    this.errorCode = 0;
    this.cr2 = 0n;
  }

  exception(exception: PendingException): boolean {
    this.vector = exception.vector;
    this.errorCode = exception.errorCode;
    if (exception.vector === PAGE_FAULT) {
      this.cr2 = BigInt(exception.payloadLow >>> 0) | (BigInt(exception.payloadHigh >>> 0) << 32n);
    }
    this.c.stop = { kind: "shutdown", what: "exception" };
    return true;
  }

  execute(): number {
    throw new Error("no instruction of these cases belongs to an extension");
  }

  intercept(): number {
    return this.execute();
  }

  boundary(): boolean {
    return false;
  }

  tripleFault(): boolean {
    return false;
  }

  taskSwitch(): boolean {
    return false;
  }
}

const MXCSR_MASK_WORD = S.X87_STATE + 7;
const MXCSR_MASK = 0xffff;

function loadExtended(s: Int32Array, image: Uint8Array): void {
  const words = new Int32Array(image.buffer, image.byteOffset, EXTENDED_BYTES / 4);
  s.set(words.subarray(0, XMM / 4), S.X87_STATE);
  s[MXCSR_MASK_WORD] = MXCSR_MASK;
  s[S.X87_SELECTORS] = 0;
  for (let n = 0; n < 16; n++) {
    for (const half of [0, 1] as const) {
      const at = vectorOffset(n, half) / 4;
      s.set(words.subarray(at, at + 4), S.VECTOR_REGISTERS + n * 16 + half * 4);
    }
  }
}

function storeExtended(s: Int32Array): Uint8Array {
  const words = new Int32Array(EXTENDED_BYTES / 4);
  words.set(s.subarray(S.X87_STATE, S.X87_STATE + XMM / 4));
  for (let n = 0; n < 16; n++) {
    const from = S.VECTOR_REGISTERS + n * 16;
    words.set(s.subarray(from, from + 4), vectorOffset(n, 0) / 4);
    words.set(s.subarray(from + 4, from + 8), vectorOffset(n, 1) / 4);
  }
  return new Uint8Array(words.buffer);
}

const NO_EXTENDED = initialExtended();

/** The simulated processor, with the address space of the harness. */
export class SimulatedOracle {
  readonly processor: Processor;
  readonly engine: Engine;
  private readonly memory: PhysicalMemory;
  private readonly catcher: ExceptionCatcher;
  private readonly code = new Uint8Array(CODE_BYTES);

  /** @param thresholds when code is compiled; null for never */
  constructor(thresholds: CompileThresholds | null = null) {
    this.memory = new PhysicalMemory(1, 1 << 18);
    this.memory.addRam(0, 0x40000000);
    this.processor = new Processor(0, MODEL, this.memory, NO_BUS);
    this.engine = new Engine(this.processor, thresholds);
    this.catcher = new ExceptionCatcher(this.processor);
    this.processor.extension = this.catcher;
    mapPages(this.memory);
    enterUserMode(this.processor);
    loadDescriptorTables(this.processor);
  }

  /** The exception that ended the last run. */
  get raised(): { readonly vector: number; readonly errorCode: number; readonly cr2: bigint } {
    return this.catcher;
  }

  /** Goes on at an address, whatever has ended the last run. */
  enter(rip: bigint): void {
    const c = this.processor;
    c.rip = rip;
    c.s[S.EVENTS] = 0;
    c.s[S.PENDING_DEBUG] = 0;
    c.stop = null;
    c.fault = FAULT_NONE;
    this.catcher.clear();
  }

  /** Puts code and state of a case where the next run begins. */
  load(item: NativeCase): void {
    const c = this.processor;
    this.code.fill(FILLER);
    this.code.set(item.bytes);
    this.memory.writeBytes(CODE, this.code);
    this.memory.writeBytes(WINDOW, item.window);
    item.gpr.forEach((value, n) => {
      c.setGpr(n, value);
    });
    loadExtended(c.s, item.extended ?? NO_EXTENDED);
    enterSegments(c, item);
    c.rflags = BigInt(item.rflags);
    this.enter(BigInt(startOf(item)));
  }

  run(item: NativeCase): NativeResult {
    const c = this.processor;
    this.load(item);
    this.engine.run(c.retired + item.steps);
    if (c.stop !== null && this.catcher.vector === NO_EXCEPTION) throw new Error(JSON.stringify(c.stop));
    return {
      gpr: BigUint64Array.from({ length: 16 }, (_, n) => c.gpr(n)),
      rip: c.rip,
      rflags: Number(c.rflags),
      vector: this.catcher.vector,
      errorCode: comparesErrorCode(item, this.catcher.vector) ? this.catcher.errorCode : 0,
      cr2: this.catcher.cr2,
      segments: item.segments === undefined ? undefined : segmentsOf(c),
      window: this.memory.readBytes(WINDOW, WINDOW_BYTES),
      extended: item.extended === undefined ? undefined : storeExtended(c.s),
    };
  }
}
