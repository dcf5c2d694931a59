import { type CpuModel, enterVirtualWireMode, type PhysicalMemory, type Processor, STATE } from "@hvdiff/cpu";
import type { Svm } from "@hvdiff/svm";
import type { RootVmx } from "@hvdiff/vmx";
import type { Where } from "./outcome.ts";
import type { Trace } from "./trace.ts";

/** Control registers of a 64-bit host; the segments are flat. */
export interface HostMode {
  readonly cr0: number;
  readonly cr4: number;
  readonly efer: number;
}

/**
 * What software in root mode stands on: processors with VMX or SVM, physical memory, a place to report to. The machine itself is one; what a
 * client offers to another client is one too.
 */
export interface RootPlatform {
  /** Hypervisors under it: 0 for the machine itself. */
  readonly depth: number;
  readonly processors: readonly Processor[];
  readonly vmx: readonly RootVmx[];
  readonly svm: readonly Svm[];
  readonly memory: PhysicalMemory;
  readonly trace: Pick<Trace, "add" | "retract" | "takeBack">;
  readonly options: {
    readonly model: CpuModel;
    readonly recordTrace?: boolean;
    readonly traceRoot?: boolean;
    readonly traceStructures?: boolean;
  };
  readonly turns: { isIdle(processor: Processor): boolean };
  /** Raises the host's interrupt line, so that a guest exits at the next boundary. */
  requestHostInterrupt(index?: number): void;
  useHostMode(index: number, mode: HostMode): void;
  /** Number of the state area where the software keeps the registers of its guest's processor. */
  stateArea(index: number): number;
  where(): Where;
}

const WHOLE_CODE_64 = 0xa09b;
const WHOLE_DATA = 0xc093;
const DR6_AT_RESET = 0xffff0ff0 | 0;
const DR7_AT_RESET = 0x400;

/** Puts a processor of silicon into a host's mode. */
export function setHostMode(processor: Processor, { cr0, cr4, efer }: HostMode): void {
  const { s } = processor;
  s[STATE.CR0] = cr0;
  s[STATE.CR4] = cr4;
  s[STATE.EFER] = efer;
  s[STATE.XCR0] = 1;
  s[STATE.DR6] = DR6_AT_RESET;
  s[STATE.DR7] = DR7_AT_RESET;
  s[STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS] = WHOLE_CODE_64;
  s[STATE.SEGMENTS + STATE.SS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS] = WHOLE_DATA;
  processor.rflags = 2n;
  // The host's timer comes in by its interrupt line.
  enterVirtualWireMode(processor);
  processor.translationChanged();
}
