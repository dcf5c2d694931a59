import { type DumpResult, UsageError } from "@hvdiff/lab";

/** A dump that is understood if it names MSR 480. */
export function fakeDump(text: string, column = "kvm@6.1"): DumpResult {
  if (!text.includes("480")) throw new UsageError("the text is no dump");
  const nearest = [column, "kvm@5.4", "metal"].map((name, index) => ({
    cpu: "skylake-client",
    column: name,
    full: name,
    differing: index + 1,
  }));
  return {
    schemaVersion: 1,
    format: "rdmsr",
    claims: 120,
    nearest,
    against: { cpu: "skylake-client", column, full: column },
    differences: [
      {
        title: "secondary processor-based controls",
        source: "IA32_VMX_PROCBASED_CTLS2 (0x48b)",
        label: "Enable XSAVES/XRSTORS",
        dump: "yes",
        column: "no",
      },
    ],
  };
}
