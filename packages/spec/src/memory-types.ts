/** One memory type of PAT, MTRRs and EPT. */
export type MemoryTypeDef = {
  readonly code: number;
  readonly mnemonic: string;
  readonly title: string;
  readonly sdm: string;
};

const SDM = '3A "Memory Types and Their Properties"';

/** Memory types with the codes that PAT, MTRRs, EPT and IA32_VMX_BASIC share. */
export const MEMORY_TYPES = {
  uncacheable: { code: 0, mnemonic: "UC", title: "Uncacheable", sdm: SDM },
  writeCombining: { code: 1, mnemonic: "WC", title: "Write combining", sdm: SDM },
  writeThrough: { code: 4, mnemonic: "WT", title: "Write-through", sdm: SDM },
  writeProtected: { code: 5, mnemonic: "WP", title: "Write-protected", sdm: SDM },
  writeBack: { code: 6, mnemonic: "WB", title: "Write-back", sdm: SDM },
  uncached: { code: 7, mnemonic: "UC-", title: "Uncached, only in the PAT", sdm: SDM },
} as const satisfies Record<string, MemoryTypeDef>;

/** Name of a memory type. */
export type MemoryType = keyof typeof MEMORY_TYPES;

/** The memory type with a code; undefined for reserved codes. */
export function memoryTypeOf(code: number): MemoryType | undefined {
  return (Object.keys(MEMORY_TYPES) as MemoryType[]).find((name) => MEMORY_TYPES[name].code === code);
}
