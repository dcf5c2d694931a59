/** Where the words of ELF's headers stand, by class. (System V ABI "Object Files") */
export interface ElfLayout {
  readonly bits: 32 | 64;
  readonly header: number;
  readonly entry: number;
  readonly programHeaders: number;
  readonly sectionHeaders: number;
  /** e_phentsize; the other sizes and counts follow in words of 16 bits. */
  readonly counts: number;
  readonly programHeader: {
    readonly size: number;
    readonly flags: number;
    readonly offset: number;
    readonly virtual: number;
    readonly physical: number;
    readonly fileSize: number;
    readonly memorySize: number;
    readonly alignment: number;
  };
  readonly sectionHeader: {
    readonly size: number;
    readonly flags: number;
    readonly address: number;
    readonly offset: number;
    readonly length: number;
  };
}

export const ELF32: ElfLayout = {
  bits: 32,
  header: 52,
  entry: 24,
  programHeaders: 28,
  sectionHeaders: 32,
  counts: 42,
  programHeader: {
    size: 32,
    flags: 24,
    offset: 4,
    virtual: 8,
    physical: 12,
    fileSize: 16,
    memorySize: 20,
    alignment: 28,
  },
  sectionHeader: { size: 40, flags: 8, address: 12, offset: 16, length: 20 },
};

export const ELF64: ElfLayout = {
  bits: 64,
  header: 64,
  entry: 24,
  programHeaders: 32,
  sectionHeaders: 40,
  counts: 54,
  programHeader: {
    size: 56,
    flags: 4,
    offset: 8,
    virtual: 16,
    physical: 24,
    fileSize: 32,
    memorySize: 40,
    alignment: 48,
  },
  sectionHeader: { size: 64, flags: 8, address: 16, offset: 24, length: 32 },
};
