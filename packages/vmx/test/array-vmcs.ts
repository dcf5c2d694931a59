import { VMCS_FIELD_NAMES, widthBytes } from "@hvdiff/spec";
import { BaseVmcsView } from "../src/vmcs-view.ts";

/** A VMCS in two arrays, with every field: for tests of what only looks at fields. */
export class ArrayVmcs extends BaseVmcsView {
  private readonly lows = new Int32Array(VMCS_FIELD_NAMES.length);
  private readonly highs = new Int32Array(VMCS_FIELD_NAMES.length);

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
