/** A view whose looks are tested and shown in the documentation. */
export interface Look {
  readonly name: string;
  readonly hash: string;
  /** What is there when it is drawn. */
  readonly ready: string;
}

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

/** One picture of each view. */
export const LOOKS: readonly Look[] = [
  {
    name: "matrix",
    hash: "#/matrix?on=metal,kvm@4.20,kvm@5.4,kvm@6.1,virtualbox@7.0&group=vendor",
    ready: ".sparkline",
  },
  { name: "matrix-query", hash: "#/matrix?q=kvm:!metal%20not%20outcome:hang", ready: ".cell.differs" },
  { name: "matrix-chart", hash: "#/matrix?show=chart", ready: ".hv-matrix-chart a" },
  { name: "comparison", hash: `#/compare/xsaves-control?left=metal&right=${KVM}`, ready: ".trace-row.current" },
  { name: "capabilities", hash: `#/caps?on=metal,${KVM}`, ready: ".capability-group" },
  {
    name: "structures",
    hash: "#/structures/xsaves-control?on=ideal&field=vmcs02.secondaryProcessorBasedControls",
    ready: ".provenance .chain",
  },
  { name: "structures-vmptrld", hash: "#/structures/xsaves-control?on=ideal&find=vmptrld", ready: ".pointer-note" },
  { name: "schedules", hash: "#/schedules/xsaves-control?search=1", ready: ".finding" },
  { name: "walk", hash: "#/walk/ept-walk?on=ideal&at=604", ready: ".walk-table" },
  { name: "quirks", hash: "#/quirks", ready: ".quirk-entry" },
  { name: "own", hash: "#/own", ready: ".results .state" },
];
