/** Instructions without operands that the assembler does not know, as bytes. (SDM 3C "VMX Instruction Reference", APM 3 "System Instruction Reference") */
export const BARE: Readonly<Record<string, readonly number[]>> = {
  vmcall: [0x0f, 0x01, 0xc1],
  vmlaunch: [0x0f, 0x01, 0xc2],
  vmresume: [0x0f, 0x01, 0xc3],
  vmxoff: [0x0f, 0x01, 0xc4],
  vmfunc: [0x0f, 0x01, 0xd4],
  vmrun: [0x0f, 0x01, 0xd8],
  vmmcall: [0x0f, 0x01, 0xd9],
  vmload: [0x0f, 0x01, 0xda],
  vmsave: [0x0f, 0x01, 0xdb],
  stgi: [0x0f, 0x01, 0xdc],
  clgi: [0x0f, 0x01, 0xdd],
  skinit: [0x0f, 0x01, 0xde],
  invlpga: [0x0f, 0x01, 0xdf],
  retfq: [0x48, 0xcb],
};

/** An instruction of the same shape that the assembler knows, and what is changed in its bytes. */
export interface StandIn {
  readonly like: string;
  readonly prefix?: number;
  /** The last byte of its opcode, or the middle field of its ModRM byte. */
  readonly opcode?: number;
  readonly extension?: number;
}

/** Instructions with operands that the assembler does not know. */
export const STAND_INS: Readonly<Record<string, StandIn>> = {
  vmxon: { like: "xsavec", prefix: 0xf3, extension: 6 },
  vmclear: { like: "xsavec", prefix: 0x66, extension: 6 },
  vmptrld: { like: "xsavec", extension: 6 },
  vmptrst: { like: "xsavec", extension: 7 },
  vmread: { like: "xadd", opcode: 0x78 },
  vmwrite: { like: "bsf", opcode: 0x79 },
  invept: { like: "invpcid", opcode: 0x80 },
  invvpid: { like: "invpcid", opcode: 0x81 },
};
