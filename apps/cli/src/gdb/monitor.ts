import type { DebugTarget } from "@hvdiff/lab";

const HELP = [
  "level         level, mode and current VMCS of each virtual processor",
  "level N       breakpoints and watchpoints stop the guest at level N only (1: L1, 2: L2 …)",
  "level any     they stop it at every level",
  "help          this text",
];

function levelLine(target: DebugTarget, vcpu: number): string {
  if (!target.isVisible) return `vCPU ${vcpu}: not entered`;
  const { level, mode, vmx } = target.levelOf(vcpu);
  if (vmx === null) return `vCPU ${vcpu}: L${level}, ${mode}`;
  const pointer = vmx.currentPointer;
  const vmcs = !vmx.inVmxOperation ? "" : pointer < 0 ? ", no current VMCS" : `, VMCS 0x${pointer.toString(16)}`;
  return `vCPU ${vcpu}: L${level}, ${mode}${vmcs}`;
}

function restriction({ breakpoints }: DebugTarget): string {
  return breakpoints.level === null ? "stops at every level" : `stops at L${breakpoints.level} only`;
}

function setLevel(target: DebugTarget, text: string): string {
  const level = /^L?([1-9])$/i.exec(text)?.[1];
  if (level === undefined && text !== "any") return `no level is called ${JSON.stringify(text)}: 1, 2 … or any\n`;
  target.breakpoints.level = level === undefined ? null : Number(level);
  return `${restriction(target)}\n`;
}

/** GDB's `monitor` command: what it prints. */
export function monitor(target: DebugTarget, command: string): string {
  const [name, argument, ...rest] = command.trim().split(/\s+/);
  if (name === "level" && rest.length === 0) {
    if (argument !== undefined) return setLevel(target, argument);
    const lines = target.processors.map((_, vcpu) => levelLine(target, vcpu));
    return `${[...lines, restriction(target)].join("\n")}\n`;
  }
  if (name === "help" || name === "") return `${HELP.join("\n")}\n`;
  return `no monitor command is called ${JSON.stringify(command.trim())}; "monitor help" lists them\n`;
}
