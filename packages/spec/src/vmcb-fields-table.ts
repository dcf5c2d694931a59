/** Whether VMRUN reads a field, #VMEXIT writes it, both, or only VMLOAD and VMSAVE move it. */
export type VmcbFieldUse = "vmrun" | "vmexit" | "both" | "vmload" | "reserved";

/** One field of a VMCB. */
export type VmcbFieldDef = {
  /** Byte offset in the VMCB. */
  readonly offset: number;
  readonly bytes: number;
  readonly use: VmcbFieldUse;
  /** VMCB clean bit that covers it. */
  readonly clean?: VmcbCleanBit;
  readonly apm: string;
};

/** VMCB clean bits by number (APM 2 "VMCB Clean Bits"). */
export const VMCB_CLEAN_BITS = {
  intercepts: 0,
  permissionMaps: 1,
  asid: 2,
  virtualInterrupt: 3,
  nestedPaging: 4,
  controlRegisters: 5,
  debugRegisters: 6,
  descriptorTables: 7,
  segments: 8,
  cr2: 9,
  lastBranch: 10,
  avic: 11,
  cet: 12,
} as const;

export type VmcbCleanBit = keyof typeof VMCB_CLEAN_BITS;

const CONTROL = '2 "VMCB Layout, Control Area"';
const SAVE = '2 "VMCB Layout, State Save Area"';
/** Where the state-save area begins. */
export const VMCB_SAVE_AREA = 0x400;

const control = (offset: number, bytes: number, use: VmcbFieldUse, clean?: VmcbCleanBit): VmcbFieldDef => ({
  offset,
  bytes,
  use,
  ...(clean === undefined ? {} : { clean }),
  apm: CONTROL,
});

const save = (offset: number, bytes: number, use: VmcbFieldUse, clean?: VmcbCleanBit): VmcbFieldDef => ({
  offset: VMCB_SAVE_AREA + offset,
  bytes,
  use,
  ...(clean === undefined ? {} : { clean }),
  apm: SAVE,
});

/** Fields of the VMCB. A segment is its selector, attributes, limit and base: 2, 2, 4 and 8 bytes. */
export const VMCB_FIELDS = {
  interceptCr: control(0x000, 4, "vmrun", "intercepts"),
  interceptDr: control(0x004, 4, "vmrun", "intercepts"),
  interceptExceptions: control(0x008, 4, "vmrun", "intercepts"),
  intercept3: control(0x00c, 4, "vmrun", "intercepts"),
  intercept4: control(0x010, 4, "vmrun", "intercepts"),
  intercept5: control(0x014, 4, "vmrun", "intercepts"),
  pauseFilterThreshold: control(0x03c, 2, "vmrun", "intercepts"),
  pauseFilterCount: control(0x03e, 2, "vmrun", "intercepts"),
  iopmBasePa: control(0x040, 8, "vmrun", "permissionMaps"),
  msrpmBasePa: control(0x048, 8, "vmrun", "permissionMaps"),
  tscOffset: control(0x050, 8, "vmrun", "intercepts"),
  guestAsid: control(0x058, 4, "vmrun", "asid"),
  tlbControl: control(0x05c, 1, "vmrun"),
  virtualInterruptControl: control(0x060, 4, "both", "virtualInterrupt"),
  virtualInterruptVector: control(0x064, 4, "vmrun", "virtualInterrupt"),
  interruptShadow: control(0x068, 8, "both"),
  exitCode: control(0x070, 8, "vmexit"),
  exitInfo1: control(0x078, 8, "vmexit"),
  exitInfo2: control(0x080, 8, "vmexit"),
  exitIntInfo: control(0x088, 8, "vmexit"),
  nestedControl: control(0x090, 8, "vmrun", "nestedPaging"),
  avicApicBar: control(0x098, 8, "vmrun", "avic"),
  guestGhcb: control(0x0a0, 8, "reserved"),
  eventInjection: control(0x0a8, 8, "both"),
  nestedCr3: control(0x0b0, 8, "vmrun", "nestedPaging"),
  virtualizationExtensions: control(0x0b8, 8, "vmrun", "lastBranch"),
  vmcbClean: control(0x0c0, 4, "vmrun"),
  nextRip: control(0x0c8, 8, "both"),
  instructionBytesFetched: control(0x0d0, 1, "vmexit"),
  instructionBytes: control(0x0d1, 15, "vmexit"),
  avicBackingPage: control(0x0e0, 8, "vmrun", "avic"),
  avicLogicalTable: control(0x0f0, 8, "vmrun", "avic"),
  avicPhysicalTable: control(0x0f8, 8, "vmrun", "avic"),
  es: save(0x000, 16, "both", "segments"),
  cs: save(0x010, 16, "both", "segments"),
  ss: save(0x020, 16, "both", "segments"),
  ds: save(0x030, 16, "both", "segments"),
  fs: save(0x040, 16, "vmload"),
  gs: save(0x050, 16, "vmload"),
  gdtr: save(0x060, 16, "both", "descriptorTables"),
  ldtr: save(0x070, 16, "vmload"),
  idtr: save(0x080, 16, "both", "descriptorTables"),
  tr: save(0x090, 16, "vmload"),
  cpl: save(0x0cb, 1, "both", "segments"),
  efer: save(0x0d0, 8, "both", "controlRegisters"),
  cr4: save(0x148, 8, "both", "controlRegisters"),
  cr3: save(0x150, 8, "both", "controlRegisters"),
  cr0: save(0x158, 8, "both", "controlRegisters"),
  dr7: save(0x160, 8, "both", "debugRegisters"),
  dr6: save(0x168, 8, "both", "debugRegisters"),
  rflags: save(0x170, 8, "both"),
  rip: save(0x178, 8, "both"),
  rsp: save(0x1d8, 8, "both"),
  sCet: save(0x1e0, 8, "both", "cet"),
  ssp: save(0x1e8, 8, "both", "cet"),
  isstAddress: save(0x1f0, 8, "both", "cet"),
  rax: save(0x1f8, 8, "both"),
  star: save(0x200, 8, "vmload"),
  lstar: save(0x208, 8, "vmload"),
  cstar: save(0x210, 8, "vmload"),
  sfmask: save(0x218, 8, "vmload"),
  kernelGsBase: save(0x220, 8, "vmload"),
  sysenterCs: save(0x228, 8, "vmload"),
  sysenterEsp: save(0x230, 8, "vmload"),
  sysenterEip: save(0x238, 8, "vmload"),
  cr2: save(0x240, 8, "both", "cr2"),
  gPat: save(0x268, 8, "both", "nestedPaging"),
  dbgctl: save(0x270, 8, "both", "lastBranch"),
  brFrom: save(0x278, 8, "both", "lastBranch"),
  brTo: save(0x280, 8, "both", "lastBranch"),
  lastExcpFrom: save(0x288, 8, "both", "lastBranch"),
  lastExcpTo: save(0x290, 8, "both", "lastBranch"),
  specCtrl: save(0x2e0, 8, "reserved"),
} as const satisfies Record<string, VmcbFieldDef>;

/** Name of a VMCB field; a misspelt one is a compile error. */
export type VmcbField = keyof typeof VMCB_FIELDS;
