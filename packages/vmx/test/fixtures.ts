import { type Bus, type CpuModel, PhysicalMemory, Processor, STATE } from "@hvdiff/cpu";
import { controlMask } from "@hvdiff/spec";
import { createVmxCapabilities, type VmxCapabilities } from "../src/capabilities.ts";
import type { MemoryVmcs } from "../src/memory-vmcs.ts";
import type { VmcsView } from "../src/vmcs-view.ts";
import { Vmx, type VmxOptions } from "../src/vmx.ts";

/** Capability MSRs of a client processor of the Skylake generation. */
export const CLIENT_MSRS: ReadonlyMap<number, bigint> = new Map([
  [0x480, 0x00da_0400_0000_0004n],
  [0x481, 0x0000_007f_0000_0016n],
  [0x482, 0xfff9_fffe_0401_e172n],
  [0x483, 0x01ff_ffff_0003_6dffn],
  [0x484, 0x0003_ffff_0000_11ffn],
  [0x485, 0x0000_0000_7004_c1e7n],
  [0x486, 0x8000_0021n],
  [0x487, 0xffff_ffffn],
  [0x488, 0x2000n],
  [0x489, 0x0037_67ffn],
  [0x48a, 0x2en],
  [0x48b, 0x001f_7cff_0000_0000n],
  [0x48c, 0x0000_0f01_0673_4141n],
  [0x48d, 0x0000_007f_0000_0016n],
  [0x48e, 0xfff9_fffe_0400_6172n],
  [0x48f, 0x01ff_ffff_0003_6dfbn],
  [0x490, 0x0003_ffff_0000_11fbn],
  [0x491, 1n],
]);

export const WIDTH = 39;

/** Capabilities of a server processor that offers every secondary control up to TSC scaling, and posted interrupts. */
export const SERVER_CAPABILITIES: VmxCapabilities = createVmxCapabilities(
  new Map([
    ...CLIENT_MSRS,
    [0x481, 0x0000_00ff_0000_0016n],
    [0x485, 0x0000_0000_7004_c1e7n],
    [0x48b, 0x0adf_7fff_0000_0000n],
    [0x48d, 0x0000_00ff_0000_0016n],
  ]),
  WIDTH,
);
const REVISION = 4;

const LONG_MODE_FEATURES = 0x2c10_0800;

export function clientModel(msrs: ReadonlyMap<number, bigint> = CLIENT_MSRS): CpuModel {
  return {
    id: "test-client",
    title: "Test client",
    vendor: "intel",
    source: "made up for tests",
    cpuid: [
      { leaf: 1, subleaf: 0, eax: 0, ebx: 0, ecx: 0x7fffffff, edx: -1 >>> 0 },
      { leaf: 0x80000001, subleaf: 0, eax: 0, ebx: 0, ecx: 0, edx: LONG_MODE_FEATURES },
    ],
    msrs,
    maxPhysicalAddress: WIDTH,
    gigabytePages: true,
  };
}

/** Where things lie in the tests' physical memory. */
export const PLACE = {
  pml4: 0x1000,
  pdpt: 0x2000,
  vmxon: 0x10000,
  vmcs: 0x11000,
  otherVmcs: 0x12000,
  msrArea: 0x13000,
  msrBitmap: 0x14000,
  ioBitmaps: 0x15000,
  /** Holds the revision identifier where no region can begin. */
  misplacedRevision: 0x18008,
  ept: 0x20000,
  guestCode: 0x30000,
  hostCode: 0x40000,
  stack: 0x50000,
} as const;

const silentBus: Bus = { readPort: () => 0xffffffff, writePort: () => {}, acknowledgeInterrupt: () => 0x31 };

const FLAT_CODE_64 = 0xa09b;
const FLAT_DATA = 0xc093;

function setSegment(s: Int32Array, index: number, selector: number, access: number): void {
  const word = STATE.SEGMENTS + index * STATE.SEGMENT_STRIDE;
  s[word + STATE.SEGMENT_SELECTOR] = selector;
  s[word + STATE.SEGMENT_LIMIT] = -1;
  s[word + STATE.SEGMENT_ACCESS] = access;
}

/** A processor in 64-bit mode at privilege level 0, identity-mapped, with CR4.VMXE, outside VMX operation. */
export function createProcessor(model: CpuModel = clientModel()): Processor {
  const memory = new PhysicalMemory(1, 8 << 20);
  memory.addRam(0, 16 << 20);
  const c = new Processor(0, model, memory, silentBus);
  const s = c.s;
  memory.write64(PLACE.pml4, BigInt(PLACE.pdpt | 7));
  memory.write64(PLACE.pdpt, 0x87n);
  s[STATE.CR0] = 0x80000031 | 0;
  s[STATE.CR3] = PLACE.pml4;
  s[STATE.CR4] = 0x2020;
  s[STATE.EFER] = 0x500;
  s[STATE.DR7] = 0x400;
  for (const index of [STATE.ES, STATE.SS, STATE.DS, STATE.FS, STATE.GS]) setSegment(s, index, 0x10, FLAT_DATA);
  setSegment(s, STATE.CS, 8, FLAT_CODE_64);
  setSegment(s, STATE.TR, 0x18, 0x8b);
  setSegment(s, STATE.LDTR, 0, 1 << 16);
  s[STATE.GPR + 8] = PLACE.stack;
  s[STATE.RIP] = PLACE.hostCode;
  c.rflags = 2n;
  c.translationChanged();
  return c;
}

/** A processor in root operation with a valid VMCS current, whose guest is 64-bit code at `PLACE.guestCode`. */
export function createRoot(
  options: VmxOptions = {},
  model: CpuModel = clientModel(),
): { c: Processor; vmx: Vmx; v: MemoryVmcs } {
  const c = createProcessor(model);
  const vmx = new Vmx(c, { rootClient: true, ...options });
  for (const place of [PLACE.vmxon, PLACE.vmcs, PLACE.otherVmcs, PLACE.misplacedRevision])
    c.memory.write32(place, REVISION);
  vmx.vmxon(PLACE.vmxon);
  vmx.vmclear(PLACE.vmcs);
  vmx.vmptrld(PLACE.vmcs);
  const v = vmx.currentVmcs();
  writeValidVmcs(v);
  return { c, vmx, v };
}

/** Fills a VMCS so that it passes every check. */
export function writeValidVmcs(v: VmcsView): void {
  writeControls(v);
  writeHostState(v);
  writeGuestState(v);
}

function writeControls(v: VmcsView): void {
  v.write("pinBasedControls", 0x16n);
  v.write("primaryProcessorBasedControls", BigInt(0x04006172 | controlMask("primary", "hltExiting")));
  v.write("vmExitControls", BigInt(0x36dfb | controlMask("exit", "hostAddressSpaceSize")));
  v.write("vmEntryControls", BigInt(0x11fb | controlMask("entry", "ia32eModeGuest")));
  v.write("vmcsLinkPointer", 0xffff_ffff_ffff_ffffn);
}

function writeHostState(v: VmcsView): void {
  v.write("hostCr0", 0x80000031n);
  v.write("hostCr3", BigInt(PLACE.pml4));
  v.write("hostCr4", 0x2020n);
  v.write("hostCsSelector", 8n);
  v.write("hostSsSelector", 0x10n);
  v.write("hostTrSelector", 0x18n);
  v.write("hostRip", BigInt(PLACE.hostCode));
  v.write("hostRsp", BigInt(PLACE.stack));
}

function writeGuestState(v: VmcsView): void {
  v.write("guestCr0", 0x80000031n);
  v.write("guestCr3", BigInt(PLACE.pml4));
  v.write("guestCr4", 0x2020n);
  v.write("guestDr7", 0x400n);
  v.write("guestRflags", 2n);
  v.write("guestRip", BigInt(PLACE.guestCode));
  v.write("guestRsp", BigInt(PLACE.stack));
  for (const name of ["Es", "Ss", "Ds", "Fs", "Gs"] as const) {
    v.write(`guest${name}Selector`, 0x10n);
    v.write(`guest${name}Limit`, 0xffff_ffffn);
    v.write(`guest${name}AccessRights`, BigInt(FLAT_DATA));
  }
  v.write("guestCsSelector", 8n);
  v.write("guestCsLimit", 0xffff_ffffn);
  v.write("guestCsAccessRights", BigInt(FLAT_CODE_64));
  v.write("guestTrSelector", 0x18n);
  v.write("guestTrLimit", 0x67n);
  v.write("guestTrAccessRights", 0x8bn);
  v.write("guestLdtrAccessRights", 0x10000n);
}

/** Switches on EPT with an empty root table; returns a function that maps 4 KiB pages. */
export function enableEpt(
  c: Processor,
  v: MemoryVmcs,
  flags = 0x1en,
): (gpa: number, hpa: number, rights: number) => void {
  v.write(
    "primaryProcessorBasedControls",
    v.read("primaryProcessorBasedControls") | BigInt(controlMask("primary", "activateSecondaryControls")),
  );
  v.write(
    "secondaryProcessorBasedControls",
    v.read("secondaryProcessorBasedControls") | BigInt(controlMask("secondary", "enableEpt")),
  );
  v.write("eptPointer", BigInt(PLACE.ept) | flags);
  c.memory.write64(PLACE.ept, BigInt(PLACE.ept + 0x1000) | 7n);
  c.memory.write64(PLACE.ept + 0x1000, BigInt(PLACE.ept + 0x2000) | 7n);
  for (let table = 0; table < 8; table++)
    c.memory.write64(PLACE.ept + 0x2000 + table * 8, BigInt(PLACE.ept + 0x3000 + table * 0x1000) | 7n);
  return (gpa, hpa, rights) => {
    const table = PLACE.ept + 0x3000 + Math.floor(gpa / 0x200000) * 0x1000;
    c.memory.write64(table + ((gpa >>> 12) & 511) * 8, BigInt(hpa) | 0x30n | BigInt(rights));
  };
}
