import type { EventResult } from "@hvdiff/lab";

type Data = EventResult["data"];

const TICKS_PER_SECOND = 1e8;
const DELIVERY = ["Fixed", "LowPrio", "SMI", "Res3", "NMI", "INIT", "SIPI", "ExtINT"];

function hex32(value: unknown): string {
  return `0x${Number(value).toString(16).padStart(8, "0")}`;
}

function hex64(value: unknown): string {
  return `0x${BigInt(String(value)).toString(16).padStart(16, "0")}`;
}

function exitText({ data, vcpu }: EventResult): string {
  return (
    `vcpu ${vcpu} reason ${data["reason"]} rip ${data["rip"]} info1 ${hex64(data["info1"])} info2 ${hex64(data["info2"])}` +
    ` intr_info ${hex32(data["interruption"])} error_code ${hex32(data["errorCode"])}`
  );
}

const bare = (value: unknown): string => BigInt(String(value)).toString(16);

/** Tracepoints of KVM by the event that they tell; an exit of L2 is told twice, as an exit and as a nested one. */
const TRACEPOINTS: Readonly<Record<string, (event: EventResult) => readonly [name: string, text: string][]>> = {
  "l0-entry": ({ vcpu, data }) => [["kvm_entry", `vcpu ${vcpu}, rip ${data["rip"]}`]],
  "l0-exit": (event) => [
    ["kvm_exit", exitText(event)],
    ...(event.data["from"] === 2 ? [["kvm_nested_vmexit", exitText(event)] as [string, string]] : []),
  ],
  "l0-reflect": ({ data }) => [
    [
      "kvm_nested_vmexit_inject",
      `reason: ${data["reason"]} ext_inf1: ${hex64(data["info1"])} ext_inf2: ${hex64(data["info2"])}` +
        ` ext_int: ${hex32(data["interruption"])} ext_int_err: ${hex32(data["errorCode"])}`,
    ],
  ],
  "l0-inject": ({ data }) => [["kvm_inj_virq", `IRQ 0x${Number(data["vector"]).toString(16)}`]],
  "l0-accept": ({ vcpu, data }) => [["kvm_apic_accept_irq", acceptText(vcpu, data)]],
  "l0-msr": ({ data }) => [["kvm_msr", `msr_${data["access"]} ${bare(data["msr"])} = 0x${bare(data["value"])}`]],
  "l0-cr": ({ data }) => [["kvm_cr", `cr_${data["access"]} ${data["register"]} = 0x${bare(data["value"])}`]],
  "l0-return": () => [["kvm_userspace_exit", "reason restart (4)"]],
};

function acceptText(apic: number, data: Data): string {
  const vector = Number(data["vector"]).toString();
  return `apicid ${apic} vec ${vector} (${DELIVERY[Number(data["mode"])]}|${data["level"] === true ? "level" : "edge"})`;
}

/** What L0 did, in the words of KVM's tracepoints, as ftrace prints them. Time is guest time. */
export function ftraceText(events: readonly EventResult[]): string {
  const lines = events.flatMap((event) =>
    (TRACEPOINTS[event.kind]?.(event) ?? []).map(([name, text]) => {
      const cpu = `[${String(event.vcpu).padStart(3, "0")}]`;
      const time = (event.time / TICKS_PER_SECOND).toFixed(6).padStart(13);
      return `${`vcpu${event.vcpu}-${1000 + event.vcpu}`.padStart(16)} ${cpu} d..1. ${time}: ${name}: ${text}`;
    }),
  );
  return `# tracer: nop\n#\n${lines.join("\n")}\n`;
}
