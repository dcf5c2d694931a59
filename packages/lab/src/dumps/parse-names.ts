import type { CapabilityState } from "../results.ts";
import type { Dump, NamedClaim } from "./dump.ts";

const NOTHING = { msrs: new Map<number, bigint>(), cpuid: [] };
const STATES: readonly CapabilityState[] = ["no", "yes", "default", "forced"];
const OFFERED: readonly CapabilityState[] = ["yes", "default", "forced"];

/** Output of vmxcap: groups without indentation, and under them a name with its state or number. */
export function parseVmxcap(text: string): Dump | null {
  const named: NamedClaim[] = [];
  let group: string | null = null;
  for (const line of text.split("\n")) {
    const entry = /^\s+(\S.*?)\s{2,}(no|yes|default|forced|\d+)\s*$/.exec(line);
    if (entry !== null && group !== null) named.push(claimOf(group, entry[1]!, entry[2]!));
    else if (/^\S/.test(line)) group = line.trim();
  }
  return named.length === 0 ? null : { ...NOTHING, format: "vmxcap", named };
}

function claimOf(group: string, name: string, said: string): NamedClaim {
  const state = STATES.find((known) => known === said);
  return {
    group,
    name,
    said,
    states: state === undefined ? null : [state],
    number: state === undefined ? BigInt(said) : null,
  };
}

/**
 * QEMU's features, from a command line or a log: `-cpu Skylake-Client,+vmx-ept,-vmx-apicv-xapic,xsaves=on`. A name that ends in `noexit` says that
 * a control which is 1 by default may be cleared.
 */
export function parseQemuCpu(text: string): Dump | null {
  const named: NamedClaim[] = [];
  for (const [, sign = "", name = "", switched = ""] of text.matchAll(
    /(?:^|[,\s])([+-]?)([a-z][\w.-]*?)(?:=(on|off))?(?=[,\s]|$)/gi,
  )) {
    if (sign === "" && switched === "") continue;
    if (sign === "-" && /^(cpu|machine|enable|kernel|append|m|smp)/.test(name)) continue;
    named.push(switchOf(name.replaceAll("_", "-"), sign === "+" || switched === "on"));
  }
  return named.length === 0 ? null : { ...NOTHING, format: "qemu-cpu", named };
}

function switchOf(name: string, isOn: boolean): NamedClaim {
  const states: readonly CapabilityState[] = name.endsWith("-noexit")
    ? [isOn ? "default" : "forced"]
    : isOn
      ? OFFERED
      : ["no"];
  return { group: null, name, said: isOn ? "on" : "off", states, number: null };
}
