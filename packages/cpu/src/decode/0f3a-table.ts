import type { OpcodeEntry } from "./opcode-form.ts";

const ROWS: Readonly<Record<number, OpcodeEntry>> = {
  8: "|roundps Vdq,Wdq,Ib|",
  9: "|roundpd Vdq,Wdq,Ib|",
  10: "|roundss Vdq,Wss,Ib|",
  11: "|roundsd Vdq,Wsd,Ib|",
  12: "|blendps Vdq,Wdq,Ib|",
  13: "|blendpd Vdq,Wdq,Ib|",
  14: "|pblendw Vdq,Wdq,Ib|",
  15: "palignr Pq,Qq,Ib|palignr Vdq,Wdq,Ib|",
  20: "|pextrb Ry/Mb,Vdq,Ib|",
  21: "|pextrw Ry/Mw,Vdq,Ib|",
  22: "|pextrd Ed,Vdq,Ib w0 / pextrq Eq,Vdq,Ib w1|",
  23: "|extractps Ry/Md,Vdq,Ib|",
  32: "|pinsrb Vdq,Ry/Mb,Ib|",
  33: "|insertps Vdq,Wd,Ib|",
  34: "|pinsrd Vdq,Ed,Ib w0 / pinsrq Vdq,Eq,Ib w1|",
  64: "|dpps Vdq,Wdq,Ib|",
  65: "|dppd Vdq,Wdq,Ib|",
  66: "|mpsadbw Vdq,Wdq,Ib|",
  68: "|pclmulqdq Vdq,Wdq,Ib|",
  96: "|pcmpestrm Vdq,Wdq,Ib|",
  97: "|pcmpestri Vdq,Wdq,Ib|",
  98: "|pcmpistrm Vdq,Wdq,Ib|",
  99: "|pcmpistri Vdq,Wdq,Ib|",
  204: "sha1rnds4 Vdq,Wdq,Ib|",
  206: "|gf2p8affineqb Vdq,Wdq,Ib|",
  207: "|gf2p8affineinvqb Vdq,Wdq,Ib|",
  223: "|aeskeygenassist Vdq,Wdq,Ib|",
  240: "||?hreset Ib modrm reg|",
};

/** SDM 2D "Three-byte Opcode Map: First Two Bytes are 0F 3AH". */
export const OPCODES_0F3A: readonly OpcodeEntry[] = Array.from({ length: 256 }, (_, opcode) => ROWS[opcode] ?? "");
