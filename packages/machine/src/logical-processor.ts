import { type Bus, Engine, type PhysicalMemory, Processor, STATE } from "@hvdiff/cpu";
import { Svm } from "@hvdiff/svm";
import { Vmx } from "@hvdiff/vmx";
import { type MachineOptions, thresholdsOf } from "./machine-options.ts";
import type { Trace } from "./trace.ts";

/** What processors are built into. */
interface Surroundings {
  readonly memory: PhysicalMemory;
  readonly trace: Trace;
  readonly options: MachineOptions;
  readonly processors: Processor[];
  readonly engines: Engine[];
  readonly vmx: Vmx[];
  readonly svm: Svm[];
}

/** Adds a processor of the machine's model, with its virtualization extension and the engine that runs it. */
export function addLogicalProcessor(machine: Surroundings, index: number, bus: Bus): void {
  const { memory, trace, options } = machine;
  const metal = options.createClient === undefined;
  const processor = new Processor(index, options.model, memory, bus);
  processor.trace = options.recordTrace === false ? null : trace.sinkFor(processor);
  processor.s[STATE.TRACE_LEVEL] = metal ? 1 : 0;
  if (options.model.vendor === "amd") machine.svm.push(new Svm(processor, { rootClient: !metal }));
  else machine.vmx.push(new Vmx(processor, { rootClient: !metal }));
  const engine = new Engine(processor, thresholdsOf(options));
  engine.rootClient = !metal;
  machine.processors.push(processor);
  machine.engines.push(engine);
}
