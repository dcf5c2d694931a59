import { VMCS_FIELD_NAMES, type VmcsField, widthBytes } from "@hvdiff/spec";
import { BaseVmcsView } from "@hvdiff/vmx";

/** The fields of a VMCS as somebody wrote them down. */
export interface VmcsDump {
  /** Which of several in a file: `VMCS 1`. */
  readonly label: string;
  readonly fields: ReadonlyMap<VmcsField, bigint>;
}

/** A dump as the VM-entry checks read it: what it does not say is 0, but no VMCS is linked. */
export class DumpedVmcs extends BaseVmcsView {
  private readonly lows = new Int32Array(VMCS_FIELD_NAMES.length);
  private readonly highs = new Int32Array(VMCS_FIELD_NAMES.length);

  constructor(fields: ReadonlyMap<VmcsField, bigint>) {
    super();
    this.write("vmcsLinkPointer", 0xffff_ffff_ffff_ffffn);
    for (const [name, value] of fields) this.write(name, value);
  }

  lo(index: number): number {
    return this.lows[index]!;
  }

  hi(index: number): number {
    return this.highs[index]!;
  }

  set(index: number, lo: number, hi: number): void {
    const width = widthBytes(VMCS_FIELD_NAMES[index]!);
    this.lows[index] = width === 2 ? lo & 0xffff : lo;
    this.highs[index] = width === 8 ? hi : 0;
  }
}
