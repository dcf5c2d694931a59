import type { DebugTarget } from "@hvdiff/lab";

/** GDB counts threads from 1. */
export function threadOf(vcpu: number): string {
  return (vcpu + 1).toString(16);
}

/** The virtual processor of a thread id; null for any or all of them, undefined where there is no such thread. */
export function vcpuOf(target: DebugTarget, thread: string): number | null | undefined {
  if (thread === "0" || thread === "-1") return null;
  const number = /^[0-9a-f]{1,8}$/i.test(thread) ? Number.parseInt(thread, 16) : 0;
  return target.processors[number - 1] === undefined ? undefined : number - 1;
}

/** `vCPU 0 [L2]` */
export function threadName(target: DebugTarget, vcpu: number): string {
  const where = target.isVisible ? `L${target.levelOf(vcpu).level}` : "not entered";
  return `vCPU ${vcpu} [${where}]`;
}

/** `qXfer:threads:read` */
export function threadsDocument(target: DebugTarget): string {
  const threads = target.processors.map(
    (_, vcpu) => `<thread id="${threadOf(vcpu)}" core="${vcpu}" name="${threadName(target, vcpu)}"/>`,
  );
  return `<?xml version="1.0"?>\n<threads>${threads.join("")}</threads>\n`;
}
