import { type Processor, STATE, writeMsr } from "@hvdiff/cpu";
import { hi32, lo32, u64 } from "@hvdiff/spec";
import type { GeneralRegisters, SegmentRegister, SystemRegisters, TableRegister, VcpuAccess } from "../userspace.ts";
import type { SvmVcpu } from "./vcpu.ts";

const GENERAL_REGISTERS = 16;
const SEGMENTS = [STATE.ES, STATE.CS, STATE.SS, STATE.DS, STATE.FS, STATE.GS, STATE.LDTR, STATE.TR];

const PDPTES = [0, 2, 4, 6].map((offset) => STATE.PDPTE + offset);

function tableOf(s: Int32Array, word: number): TableRegister {
  return { base: u64(s[word]!, s[word + 1]!), limit: s[word + 2]! };
}

function setTable(s: Int32Array, word: number, { base, limit }: TableRegister): void {
  s[word] = lo32(base);
  s[word + 1] = hi32(base);
  s[word + 2] = limit;
}

function segmentOf(s: Int32Array, register: number): SegmentRegister {
  const at = STATE.SEGMENTS + register * STATE.SEGMENT_STRIDE;
  return {
    selector: s[at + STATE.SEGMENT_SELECTOR]!,
    base: u64(s[at + STATE.SEGMENT_BASE]!, s[at + STATE.SEGMENT_BASE_HIGH]!),
    limit: s[at + STATE.SEGMENT_LIMIT]! >>> 0,
    access: s[at + STATE.SEGMENT_ACCESS]!,
  };
}

function setSegment(s: Int32Array, register: number, { selector, base, limit, access }: SegmentRegister): void {
  const at = STATE.SEGMENTS + register * STATE.SEGMENT_STRIDE;
  s[at + STATE.SEGMENT_SELECTOR] = selector;
  s[at + STATE.SEGMENT_BASE] = lo32(base);
  s[at + STATE.SEGMENT_BASE_HIGH] = hi32(base);
  s[at + STATE.SEGMENT_LIMIT] = limit | 0;
  s[at + STATE.SEGMENT_ACCESS] = access;
}

/** The registers of what runs next on SVM silicon, by way of the register file. */
export class SvmVcpuAccess implements VcpuAccess {
  protected readonly vcpu: SvmVcpu;

  constructor(vcpu: SvmVcpu) {
    this.vcpu = vcpu;
  }

  get guestMode(): boolean {
    return this.vcpu.state.guestMode;
  }

  protected file(): Processor {
    const { guestCpu, current, state } = this.vcpu;
    guestCpu.sync(current, state);
    return guestCpu.file;
  }

  protected settle(): void {
    const { guestCpu, current, state } = this.vcpu;
    guestCpu.settle(current, state);
  }

  generalRegisters(): GeneralRegisters {
    const file = this.file();
    const gpr = Array.from({ length: GENERAL_REGISTERS }, (_, number) => file.gpr(number));
    return { gpr, rip: file.rip, rflags: file.rflags };
  }

  setGeneralRegisters({ gpr, rip, rflags }: GeneralRegisters): void {
    const file = this.file();
    gpr.forEach((value, number) => {
      file.setGpr(number, value);
    });
    file.rip = rip;
    file.rflags = rflags;
    this.settle();
  }

  systemRegisters(): SystemRegisters {
    const { s } = this.file();
    return {
      cr0: BigInt(s[STATE.CR0]! >>> 0),
      cr2: u64(s[STATE.CR2]!, s[STATE.CR2 + 1]!),
      cr3: u64(s[STATE.CR3]!, s[STATE.CR3 + 1]!),
      cr4: BigInt(s[STATE.CR4]! >>> 0),
      efer: BigInt(s[STATE.EFER]! >>> 0),
      segments: SEGMENTS.map((register) => segmentOf(s, register)),
      pdptes: PDPTES.map((word) => u64(s[word]!, s[word + 1]!)),
      gdt: tableOf(s, STATE.GDTR),
      idt: tableOf(s, STATE.IDTR),
    };
  }

  setSystemRegisters({ cr0, cr2, cr3, cr4, efer, segments, pdptes, gdt, idt }: SystemRegisters): void {
    const { s } = this.file();
    s[STATE.CR0] = lo32(cr0);
    s[STATE.CR2] = lo32(cr2);
    s[STATE.CR2 + 1] = hi32(cr2);
    s[STATE.CR3] = lo32(cr3);
    s[STATE.CR3 + 1] = hi32(cr3);
    s[STATE.CR4] = lo32(cr4);
    s[STATE.EFER] = lo32(efer);
    SEGMENTS.forEach((register, at) => {
      setSegment(s, register, segments[at]!);
    });
    PDPTES.forEach((word, at) => {
      s[word] = lo32(pdptes[at]!);
      s[word + 1] = hi32(pdptes[at]!);
    });
    setTable(s, STATE.GDTR, gdt);
    setTable(s, STATE.IDTR, idt);
    this.settle();
  }

  msr(index: number): bigint | undefined {
    this.file();
    return this.vcpu.guestCpu.readMsr(index);
  }

  setMsr(index: number, value: bigint): boolean {
    const done = writeMsr(this.file(), index, lo32(value), hi32(value));
    this.settle();
    return done;
  }
}
