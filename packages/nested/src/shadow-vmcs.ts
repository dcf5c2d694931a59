import type { TraceSink } from "@hvdiff/cpu";
import type { VmcsField } from "@hvdiff/spec";
import { accessOfEncoding, type MemoryVmcs, NO_FIELD, traceVmread, traceVmwrite } from "@hvdiff/vmx";
import { copyKind, noteCopy } from "./accounting.ts";
import * as C from "./controls.ts";
import { CopyPlans } from "./copy-plans.ts";
import { F } from "./fields.ts";
import { PAGE } from "./host-layout.ts";
import type { ShadowedFields } from "./mechanisms.ts";
import { bitmapWhereAllExit, encodingsOf, openEncoding, type ShadowPages, takeShadowPages } from "./shadow-pages.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** What an L0 knows of the shadow VMCS of one virtual processor. Plain data: cloned, hashed and compared as it is. */
export interface ShadowVmcsState extends ShadowPages {
  /** vmcs12 has what the shadow VMCS lacks: copied before L1 goes on. */
  isStale: boolean;
}

export function createShadowVmcsState(): ShadowVmcsState {
  return { page: 0, readBitmap: 0, writeBitmap: 0, isStale: false };
}

const NONE = -1;
const FROM_SHADOW = copyKind("shadow-vmcs01", "vmcs12");
const TO_SHADOW = copyKind("vmcs12", "shadow-vmcs01");

/** A bitmap in which nothing exits but what is not listed. */
function bitmapOf(fields: readonly VmcsField[], unknownEncodings: boolean): Uint8Array {
  const bitmap = bitmapWhereAllExit();
  for (const encoding of fields.flatMap(encodingsOf)) openEncoding(bitmap, encoding);
  if (unknownEncodings)
    for (let encoding = 0; encoding < PAGE * 8; encoding++)
      if (accessOfEncoding(encoding, 0) === NO_FIELD) openEncoding(bitmap, encoding);
  return bitmap;
}

/**
 * The shadow VMCS that an L0 links vmcs01 to, so that silicon does VMREADs and VMWRITEs of L1 without an exit (SDM 3C "VMCS Shadowing"). It
 * stands for vmcs12 while L1 runs; what it holds goes over to vmcs12 when L0 needs that, and back before L1 goes on.
 */
export class ShadowVmcs {
  private readonly vcpu: VmxVcpu;
  private readonly fields: ShadowedFields;
  private readonly collected: CopyPlans;
  private readonly synchronized: CopyPlans;

  /** @param sink trace of what L1 does without an exit; null where nobody asked for one */
  constructor(vcpu: VmxVcpu, fields: ShadowedFields, sink: TraceSink | null) {
    this.vcpu = vcpu;
    this.fields = fields;
    const indexes = (names: readonly VmcsField[]) => names.map((name) => F[name]);
    this.collected = new CopyPlans(indexes(fields.readWrite), "keep");
    this.synchronized = new CopyPlans(indexes([...fields.readWrite, ...fields.readOnly]), "keep");
    vcpu.vmx.shadowListener = {
      read(low, high, outcome) {
        vcpu.l0.count("vmread.l1.shadowed");
        if (sink !== null) traceVmread(sink, low, high, outcome);
      },
      write(operands, outcome) {
        vcpu.l0.count("vmwrite.l1.shadowed");
        if (sink !== null) traceVmwrite(sink, operands, outcome);
      },
    };
  }

  private get state(): ShadowVmcsState {
    return this.vcpu.state.shadow;
  }

  private get vmcs(): MemoryVmcs {
    return this.vcpu.vmx.vmcsAt(this.state.page)!;
  }

  private get isLinked(): boolean {
    return (this.vcpu.v01.lo(F.secondaryProcessorBasedControls) & C.PROC2_VMCS_SHADOWING) !== 0;
  }

  /** Makes the shadow VMCS and its bitmaps, where silicon can shadow. */
  start(): void {
    const { vmx, l0, v01 } = this.vcpu;
    if ((vmx.capabilities.controls.secondary.allowed & C.PROC2_VMCS_SHADOWING) === 0) return;
    const { memory } = l0.machine;
    const { state, fields } = this;
    const exists = (field: VmcsField) => vmx.capabilities.fieldExists[F[field]] === 1;
    const writable = fields.readWrite.filter(exists);
    takeShadowPages(this.vcpu, state);
    const readable = [...writable, ...fields.readOnly.filter(exists)];
    memory.writeBytes(state.readBitmap, bitmapOf(readable, fields.unknownEncodings));
    memory.writeBytes(state.writeBitmap, bitmapOf(writable, fields.unknownEncodings));
    v01.write("vmreadBitmap", BigInt(state.readBitmap));
    v01.write("vmwriteBitmap", BigInt(state.writeBitmap));
  }

  /** L1 has another current VMCS, or none. */
  follow(pointer: number): void {
    if (this.state.page === 0) return;
    const { v01 } = this.vcpu;
    const others = v01.lo(F.secondaryProcessorBasedControls) & ~C.PROC2_VMCS_SHADOWING;
    const shadows = pointer !== NONE;
    v01.set(F.secondaryProcessorBasedControls, shadows ? others | C.PROC2_VMCS_SHADOWING : others, 0);
    if (shadows) v01.write("vmcsLinkPointer", BigInt(this.state.page));
    else v01.set(F.vmcsLinkPointer, NONE, NONE);
    this.state.isStale = shadows;
  }

  /** What L1 has written goes over to vmcs12. It has written nothing yet where the shadow VMCS still waits for what vmcs12 has. */
  collect(v12: MemoryVmcs, why: string): void {
    if (this.state.page === 0 || !this.isLinked || this.state.isStale) return;
    noteCopy(this.vcpu, FROM_SHADOW, this.collected.copy(this.vmcs, v12), why);
    this.vcpu.history?.note({ way: "shadow.collect" }, "vmcs12");
  }

  /** L0 has changed vmcs12. */
  noteStale(): void {
    this.state.isStale = this.state.page !== 0 && this.isLinked;
  }

  /** L1 is about to go on. */
  synchronize(v12: MemoryVmcs | null): void {
    if (!this.state.isStale || v12 === null) return;
    this.state.isStale = false;
    noteCopy(this.vcpu, TO_SHADOW, this.synchronized.copy(v12, this.vmcs), "L1 goes on");
  }

  /** L0 has set a field of vmcs12 while L1 runs, which L1 may read without an exit. */
  writeThrough(v12: MemoryVmcs, encoding: number, why: string): void {
    const access = accessOfEncoding(encoding, 0);
    if (this.state.page === 0 || !this.isLinked || access === NO_FIELD) return;
    const index = access >> 1;
    if (!this.fields.readOnly.some((field) => F[field] === index)) return;
    this.vmcs.set(index, v12.lo(index), v12.hi(index));
    noteCopy(this.vcpu, TO_SHADOW, 1, why);
  }
}
