import { DELIVERY, type InterruptFabric, type InterruptMessage, type Processor, xapicDestination } from "@hvdiff/cpu";
import type { Turns } from "./turns.ts";

/** The rest of the machine, as the interrupt messages need it. */
export interface FabricHost {
  endOfInterrupt(vector: number): void;
  deadlineChanged(deadline: number): void;
}

/** Carries interrupt messages between the local APICs, and from I/O APICs to them. */
export class ApicFabric implements InterruptFabric {
  private readonly processors: readonly Processor[];
  private readonly turns: Turns;
  private readonly host: FabricHost;

  constructor(processors: readonly Processor[], turns: Turns, host: FabricHost) {
    this.processors = processors;
    this.turns = turns;
    this.host = host;
  }

  send(message: InterruptMessage, sender: Processor, exceptSender: boolean): void {
    this.deliver(
      message,
      this.processors.filter((processor) => !(exceptSender && processor === sender)),
    );
  }

  /** A message of an I/O APIC or a device. */
  sendFromDevice(message: InterruptMessage): void {
    // Its destination field has eight bits, as in xAPIC mode.
    const destination = message.logical ? message.destination : xapicDestination(message.destination);
    this.deliver({ ...message, destination }, this.processors);
  }

  /** The INIT line of the processors. */
  initializeAll(): void {
    for (const processor of this.processors) {
      processor.apic.accept({ vector: 0, deliveryMode: DELIVERY.init, levelTriggered: false });
      this.turns.wake(processor);
    }
  }

  private deliver(message: InterruptMessage, candidates: readonly Processor[]): void {
    for (const processor of messageTargets(message, candidates)) {
      processor.apic.accept(message);
      this.turns.wake(processor);
    }
  }

  endOfInterrupt(vector: number): void {
    this.host.endOfInterrupt(vector);
  }

  deadlineChanged(deadline: number): void {
    this.host.deadlineChanged(deadline);
  }
}

/** Those of the processors whose local APICs accept a message. */
export function messageTargets(message: InterruptMessage, candidates: readonly Processor[]): readonly Processor[] {
  const targets = candidates.filter((processor) => processor.apic.isDestination(message));
  return message.deliveryMode === DELIVERY.lowestPriority ? leastBusy(targets) : targets;
}

/** The processor of lowest priority that accepts interrupts at all. */
function leastBusy(targets: readonly Processor[]): readonly Processor[] {
  const accepting = targets.filter((processor) => processor.apic.softwareEnabled);
  const [first, ...others] = accepting;
  if (first === undefined) return [];
  return [
    others.reduce((least, one) => (one.apic.processorPriority < least.apic.processorPriority ? one : least), first),
  ];
}
