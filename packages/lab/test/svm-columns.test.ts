import { describe, expect, test } from "vitest";
import { type ColumnResult, createLab } from "../src/index.ts";

const OLD = "kvm@5.4+qemu@4.2/qemu64/svm=on";
const NEW = "kvm@6.6+qemu@8.2/qemu64/svm=on";

function diff(scenario: string, columns: readonly string[], cpu = "zen2"): Map<string, ColumnResult> {
  const result = createLab().diff({ scenario }, ["metal", ...columns], { cpu });
  return new Map(result.columns.map((column) => [column.column, column]));
}

function verdict(column: ColumnResult | undefined, id: string): string | undefined {
  return column?.verdicts.find((known) => known.id === id)?.value;
}

function causeOf(column: ColumnResult | undefined, id: string): readonly string[] | string {
  const difference = column?.differences.find((known) => known.verdict === id);
  if (difference === undefined) return "no difference";
  return difference.cause.kind === "quirks" ? difference.cause.quirks.map((quirk) => quirk.id) : "unattributed";
}

describe("npt-1g: the lock-up that nobody explained", () => {
  const columns = diff("npt-1g", ["ideal", OLD, `${OLD}/pdpe1gb=on`, NEW, "virtualbox@7.0", "vmware@17"]);

  test.each(["metal", "ideal", `${OLD}/pdpe1gb=on`, NEW, "vmware@17"])("%s completes", (text) => {
    expect(verdict(columns.get(text), "run")).toBe("completed");
    expect(verdict(columns.get(text), "window")).toBe("the marker");
  });

  test("KVM before 5.14 without pdpe1gb meets the same nested page fault for ever", () => {
    expect(verdict(columns.get(OLD), "run")).toBe("the same nested page fault again and again");
    expect(verdict(columns.get(OLD), "nested-page-faults")).toMatch(/^1000 last exit 0x400 info1 0x20000000f/);
    expect(causeOf(columns.get(OLD), "run")).toEqual(["kvm/svm/gigabyte-nested-pages-by-cpuid"]);
  });

  test("VirtualBox ignores nested paging, which the second gibibyte shows", () => {
    expect(verdict(columns.get("virtualbox@7.0"), "run")).toBe("completed");
    expect(verdict(columns.get("virtualbox@7.0"), "window")).toBe("something else");
    expect(causeOf(columns.get("virtualbox@7.0"), "window")).toEqual(["virtualbox/svm/features-offered"]);
  });
});

describe("vmrun-checks", () => {
  const NO_TLB_CHECK = "kvm@5.15+qemu@6.2/host";
  const TLB_CHECK = "kvm@6.6+qemu@8.2/host";
  const NEWEST = "kvm@6.16+qemu@10.0/host";
  const columns = diff(
    "vmrun-checks",
    ["ideal", NO_TLB_CHECK, TLB_CHECK, NEWEST, "virtualbox@7.0", "vmware@17"],
    "zen4",
  );
  const REFUSED = "exit 0xffffffffffffffff info1 0x0 info2 0x0";
  const REFUSED_BY_KVM = "exit 0xffffffff info1 0x0 info2 0x0";
  const ENTERED = "exit 0x81 info1 0x0 info2 0x0";

  test.each(["ideal", "vmware@17"])("%s is like metal", (text) => {
    expect(columns.get(text)?.differences).toEqual([]);
  });

  test.each([
    ["asid-0", [REFUSED, REFUSED_BY_KVM, REFUSED_BY_KVM, REFUSED_BY_KVM, REFUSED]],
    ["cs-long-and-default", [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED]],
    ["tlb-control-3", [ENTERED, ENTERED, REFUSED_BY_KVM, ENTERED, ENTERED]],
    ["tlb-control-8", [REFUSED, ENTERED, REFUSED_BY_KVM, ENTERED, REFUSED]],
    ["io-map-unaligned", [ENTERED, ENTERED, ENTERED, ENTERED, REFUSED]],
    ["nested-pat-type-2", [REFUSED, ENTERED, ENTERED, ENTERED, "SKIP not offered"]],
    ["gif-after-failure", ["0", "1", "1", "1", "0"]],
  ])("%s on metal, three releases of KVM and VirtualBox", (id, expected) => {
    const found = ["metal", NO_TLB_CHECK, TLB_CHECK, NEWEST, "virtualbox@7.0"].map((text) =>
      verdict(columns.get(text), id),
    );
    expect(found).toEqual(expected);
  });

  test("a guest of KVM's has no PAT of its own", () => {
    expect(verdict(columns.get("metal"), "pat-with-nested-paging")).toBe("reads its own, writes its own");
    expect(verdict(columns.get(NEWEST), "pat-with-nested-paging")).toBe("reads its host's, writes its host's");
    expect(causeOf(columns.get(NEWEST), "pat-with-nested-paging")).toEqual(["kvm/svm/guest-pat-ignored"]);
  });
});

describe("sx-init-redirect", () => {
  const columns = diff("sx-init-redirect", ["kvm@6.6", "virtualbox@7.0", "vmware@17"]);

  test.each(["metal", "vmware@17"])("%s makes #SX of the INIT", (text) => {
    expect(verdict(columns.get(text), "after-init")).toBe("exit 0x5e info1 0x1 info2 0x0");
  });

  test("KVM resets the processor, VirtualBox refuses R_INIT", () => {
    expect(verdict(columns.get("kvm@6.6"), "after-init")).toBe("silent");
    expect(causeOf(columns.get("kvm@6.6"), "after-init")).toEqual(["kvm/svm/init-not-redirected"]);
    expect(verdict(columns.get("virtualbox@7.0"), "r-init")).toBe("#GP");
  });
});
