import { createLab } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { ftraceText } from "./ftrace.ts";

const GUEST = { scenario: "cr4-crash" };
const COLUMN = "kvm@6.6+virtualbox-kvm@20240502";
const lab = createLab();

const namesOf = (text: string) => [...text.matchAll(/: (kvm_[a-z_]+): /g)].map((match) => match[1]!);

test("what L0 does reads as KVM's tracepoints", () => {
  const entry = lab.trace(GUEST, COLUMN).events.find(({ kind }) => kind === "vmentry")!;
  const { events } = lab.trace(GUEST, COLUMN, { schedule: `signal@${entry.time + 3}` });
  const lines = ftraceText(events).trimEnd().split("\n");
  expect(lines[0]).toBe("# tracer: nop");
  for (const line of lines.slice(2))
    expect(line).toMatch(/^ *vcpu0-1000 \[000\] d\.\.1\. +\d+\.\d{6}: kvm_[a-z_]+: \S/);
  const names = namesOf(lines.join("\n"));
  const at = names.indexOf("kvm_userspace_exit");
  expect(names.slice(at - 2, at + 2)).toEqual(["kvm_exit", "kvm_nested_vmexit", "kvm_userspace_exit", "kvm_entry"]);
  const injected = lines.findIndex((line) => line.includes("kvm_nested_vmexit_inject: reason: CR_ACCESS"));
  expect(lines[injected - 1]).toContain("kvm_nested_vmexit: vcpu 0 reason CR_ACCESS");
  expect(lines[injected + 1]).toContain("kvm_entry");
});

test("being watched changes nothing that the guest sees", () => {
  const watched = lab.trace(GUEST, COLUMN).events.filter(({ level, kind }) => level > 0 && kind !== "check");
  const { rows } = lab.compare(GUEST, COLUMN, COLUMN);
  expect(watched.map(({ text, time }) => `${time} ${text}`)).toEqual(
    rows.map(({ left }) => `${left!.time} ${left!.text}`),
  );
});

test("interrupts of the guest are told where they come in and where they are injected", () => {
  const { events } = lab.trace({ scenario: "xsaves-late-launch" }, "kvm@6.6");
  const names = new Set(namesOf(ftraceText(events)));
  for (const name of ["kvm_inj_virq", "kvm_msr", "kvm_cr", "kvm_entry", "kvm_exit"]) expect(names).toContain(name);
});
