import { type CpuModel, Engine, findCpuModel, PhysicalMemory, Processor, STATE, writeMsr } from "@hvdiff/cpu";
import { VMCB_FIELDS, type VmcbField } from "@hvdiff/spec";
import { Svm } from "../src/index.ts";

/** Where things lie in the test machine's 2 MiB. */
export const PLACE = {
  pml4: 0x1000,
  pdpt: 0x2000,
  directory: 0x3000,
  hostSave: 0x4000,
  vmcb: 0x5000,
  iopm: 0x6000,
  msrpm: 0x9000,
  nestedPml4: 0xb000,
  nestedPdpt: 0xc000,
  nestedDirectory: 0xd000,
  nestedTable: 0xe000,
  idt: 0x10000,
  hostCode: 0x20000,
  guestCode: 0x30000,
  guestHandler: 0x38000,
  stack: 0x50000,
} as const;

const CODE_64 = 0xa9b;
const DATA = 0xc93;
const HOST_CODE_64 = 0xa09b;
const HOST_DATA = 0xc093;
const CR4_PAE = 0x20;
const CR0 = 0x80000011 | 0;
const EFER = 0x1500;

/** A VMCB by field names. */
export class NamedVmcb {
  readonly memory: PhysicalMemory;
  readonly address: number;

  constructor(memory: PhysicalMemory, address: number) {
    this.memory = memory;
    this.address = address;
  }

  read(field: VmcbField): bigint {
    const { offset, bytes } = VMCB_FIELDS[field];
    const at = this.memory.readBytes(this.address + offset, Math.min(bytes, 8));
    return at.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  write(field: VmcbField, value: bigint): void {
    const { offset, bytes } = VMCB_FIELDS[field];
    const data = Uint8Array.from({ length: Math.min(bytes, 8) }, (_, n) => Number((value >> BigInt(8 * n)) & 0xffn));
    this.memory.writeBytes(this.address + offset, data);
  }

  segment(field: "es" | "cs" | "ss" | "ds", selector: number, attributes: number): void {
    const low = BigInt(selector) | (BigInt(attributes) << 16n) | (0xffffffffn << 32n);
    this.write(field, low);
  }
}

function identity(memory: PhysicalMemory, pml4: number, pdpt: number, directory: number): void {
  memory.write32(pml4, pdpt | 7);
  memory.write32(pdpt, directory | 7);
  memory.write32(directory, 0x87);
}

function hostSegments(s: Int32Array): void {
  for (let n = 0; n < 8; n++) {
    const word = STATE.SEGMENTS + n * STATE.SEGMENT_STRIDE;
    s[word + STATE.SEGMENT_SELECTOR] = n === STATE.CS ? 8 : 16;
    s[word + STATE.SEGMENT_LIMIT] = -1;
    s[word + STATE.SEGMENT_ACCESS] = n === STATE.CS ? HOST_CODE_64 : HOST_DATA;
  }
}

/** A VMCB that enters a 64-bit guest with identity paging; VMRUN, VMMCALL and shutdown are intercepted. */
function fillVmcb(v: NamedVmcb): void {
  v.write("intercept3", 1n << 31n);
  v.write("intercept4", 3n);
  v.write("guestAsid", 1n);
  v.write("iopmBasePa", BigInt(PLACE.iopm));
  v.write("msrpmBasePa", BigInt(PLACE.msrpm));
  v.segment("cs", 8, CODE_64);
  for (const field of ["es", "ss", "ds"] as const) v.segment(field, 16, DATA);
  v.write("idtr", 0xfffn << 32n);
  v.memory.write32(PLACE.vmcb + VMCB_FIELDS.idtr.offset + 8, PLACE.idt);
  v.write("cr0", BigInt(CR0 >>> 0));
  v.write("cr3", BigInt(PLACE.pml4));
  v.write("cr4", BigInt(CR4_PAE));
  v.write("efer", BigInt(EFER));
  v.write("rflags", 2n);
  v.write("rip", BigInt(PLACE.guestCode));
  v.write("rsp", BigInt(PLACE.stack));
  v.write("gPat", 0x0007_0406_0007_0406n);
}

/** A processor in 64-bit mode with SVM on, VMRUN at the host's code, a VMCB that its consistency checks accept. */
export function createHost(modelId = "zen4") {
  const memory = new PhysicalMemory(1, 1 << 22);
  memory.addRam(0, 2 << 20);
  const bus = { readPort: () => -1, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  const c = new Processor(0, findCpuModel(modelId) as CpuModel, memory, bus);
  const svm = new Svm(c);
  identity(memory, PLACE.pml4, PLACE.pdpt, PLACE.directory);
  identity(memory, PLACE.nestedPml4, PLACE.nestedPdpt, PLACE.nestedDirectory);
  hostSegments(c.s);
  c.s[STATE.CR0] = CR0;
  c.s[STATE.CR3] = PLACE.pml4;
  c.s[STATE.CR4] = CR4_PAE;
  c.s[STATE.EFER] = EFER;
  c.s[STATE.DR6] = 0xffff0ff0 | 0;
  c.s[STATE.DR7] = 0x400;
  c.rflags = 2n;
  c.rip = BigInt(PLACE.hostCode);
  c.setGpr(0, BigInt(PLACE.vmcb));
  c.setGpr(4, BigInt(PLACE.stack));
  c.translationChanged();
  writeMsr(c, 0xc001_0117, PLACE.hostSave, 0);
  const v = new NamedVmcb(memory, PLACE.vmcb);
  fillVmcb(v);
  // clgi; vmrun; hlt
  memory.writeBytes(PLACE.hostCode - 3, Uint8Array.of(0x0f, 0x01, 0xdd, 0x0f, 0x01, 0xd8, 0xf4));
  const writeRInit = () => writeMsr(c, 0xc001_0114, 2, 0);
  return { c, svm, memory, v, engine: new Engine(c), writeRInit, arriving: { events: 0 } };
}

export type Host = ReturnType<typeof createHost>;

/** CLGI, `events` come, VMRUN of a guest with this code, until the host halts behind it. Returns the exit code. */
export function runGuest({ c, memory, engine, v, arriving }: Host, ...code: number[]): bigint {
  memory.writeBytes(PLACE.guestCode, Uint8Array.of(...code));
  c.rip = BigInt(PLACE.hostCode - 3);
  c.s[STATE.ACTIVITY] = 0;
  c.setGpr(0, BigInt(PLACE.vmcb));
  engine.run(c.retired + 1);
  c.s[STATE.EVENTS]! |= arriving.events;
  engine.run(c.retired + 1000);
  return v.read("exitCode");
}

/** Nested paging with the identity map of 2-MiB pages. */
export function enableNestedPaging({ v }: Host): void {
  v.write("nestedControl", 1n);
  v.write("nestedCr3", BigInt(PLACE.nestedPml4));
}
