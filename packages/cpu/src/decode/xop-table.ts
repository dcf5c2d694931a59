import type { SparseTable } from "./opcode-form.ts";

/** APM 6 "XOP Opcode Maps": map 8. */
const MAP_8: SparseTable = [
  [0x85, "vpmacssww Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x86, "vpmacsswd Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x87, "vpmacssdql Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x8e, "vpmacssdd Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x8f, "vpmacssdqh Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x95, "vpmacsww Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x96, "vpmacswd Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x97, "vpmacsdql Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x9e, "vpmacsdd Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0x9f, "vpmacsdqh Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0xa2, "vpcmov Vx,Hx,Wx,Lx w0 / vpcmov Vx,Hx,Lx,Wx w1|"],
  [0xa3, "vpperm Vdq,Hdq,Wdq,Ldq l0 w0 / vpperm Vdq,Hdq,Ldq,Wdq l0 w1|"],
  [0xa6, "vpmadcsswd Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0xb6, "vpmadcswd Vdq,Hdq,Wdq,Ldq l0 w0|"],
  [0xc0, "vprotb Vdq,Wdq,Ib l0 w0|"],
  [0xc1, "vprotw Vdq,Wdq,Ib l0 w0|"],
  [0xc2, "vprotd Vdq,Wdq,Ib l0 w0|"],
  [0xc3, "vprotq Vdq,Wdq,Ib l0 w0|"],
  [0xcc, "vpcomb Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xcd, "vpcomw Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xce, "vpcomd Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xcf, "vpcomq Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xec, "vpcomub Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xed, "vpcomuw Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xee, "vpcomud Vdq,Hdq,Wdq,Ib l0 w0|"],
  [0xef, "vpcomuq Vdq,Hdq,Wdq,Ib l0 w0|"],
];

/** Map 9: TBM, LWP and instructions with two vector operands or a count in either place. */
const MAP_9: SparseTable = [
  [
    0x01,
    {
      reg: [
        "",
        "blcfill By,Ey l0|",
        "blsfill By,Ey l0|",
        "blcs By,Ey l0|",
        "tzmsk By,Ey l0|",
        "blcic By,Ey l0|",
        "blsic By,Ey l0|",
        "t1mskc By,Ey l0|",
      ],
    },
  ],
  [0x02, { reg: ["", "blcmsk By,Ey l0|", "", "", "", "", "blci By,Ey l0|", ""] }],
  [0x12, { reg: ["llwpcb Ry l0|", "slwpcb Ry l0|", "", "", "", "", "", ""] }],
  [0x80, "vfrczps Vx,Wx w0|"],
  [0x81, "vfrczpd Vx,Wx w0|"],
  [0x82, "vfrczss Vdq,Wss l0 w0|"],
  [0x83, "vfrczsd Vdq,Wsd l0 w0|"],
  [0x90, "vprotb Vdq,Wdq,Hdq l0 w0 / vprotb Vdq,Hdq,Wdq l0 w1|"],
  [0x91, "vprotw Vdq,Wdq,Hdq l0 w0 / vprotw Vdq,Hdq,Wdq l0 w1|"],
  [0x92, "vprotd Vdq,Wdq,Hdq l0 w0 / vprotd Vdq,Hdq,Wdq l0 w1|"],
  [0x93, "vprotq Vdq,Wdq,Hdq l0 w0 / vprotq Vdq,Hdq,Wdq l0 w1|"],
  [0x94, "vpshlb Vdq,Wdq,Hdq l0 w0 / vpshlb Vdq,Hdq,Wdq l0 w1|"],
  [0x95, "vpshlw Vdq,Wdq,Hdq l0 w0 / vpshlw Vdq,Hdq,Wdq l0 w1|"],
  [0x96, "vpshld Vdq,Wdq,Hdq l0 w0 / vpshld Vdq,Hdq,Wdq l0 w1|"],
  [0x97, "vpshlq Vdq,Wdq,Hdq l0 w0 / vpshlq Vdq,Hdq,Wdq l0 w1|"],
  [0x98, "vpshab Vdq,Wdq,Hdq l0 w0 / vpshab Vdq,Hdq,Wdq l0 w1|"],
  [0x99, "vpshaw Vdq,Wdq,Hdq l0 w0 / vpshaw Vdq,Hdq,Wdq l0 w1|"],
  [0x9a, "vpshad Vdq,Wdq,Hdq l0 w0 / vpshad Vdq,Hdq,Wdq l0 w1|"],
  [0x9b, "vpshaq Vdq,Wdq,Hdq l0 w0 / vpshaq Vdq,Hdq,Wdq l0 w1|"],
  [0xc1, "vphaddbw Vdq,Wdq l0 w0|"],
  [0xc2, "vphaddbd Vdq,Wdq l0 w0|"],
  [0xc3, "vphaddbq Vdq,Wdq l0 w0|"],
  [0xc6, "vphaddwd Vdq,Wdq l0 w0|"],
  [0xc7, "vphaddwq Vdq,Wdq l0 w0|"],
  [0xcb, "vphadddq Vdq,Wdq l0 w0|"],
  [0xd1, "vphaddubw Vdq,Wdq l0 w0|"],
  [0xd2, "vphaddubd Vdq,Wdq l0 w0|"],
  [0xd3, "vphaddubq Vdq,Wdq l0 w0|"],
  [0xd6, "vphadduwd Vdq,Wdq l0 w0|"],
  [0xd7, "vphadduwq Vdq,Wdq l0 w0|"],
  [0xdb, "vphaddudq Vdq,Wdq l0 w0|"],
  [0xe1, "vphsubbw Vdq,Wdq l0 w0|"],
  [0xe2, "vphsubwd Vdq,Wdq l0 w0|"],
  [0xe3, "vphsubdq Vdq,Wdq l0 w0|"],
];

/** Map A: immediates of 32 bits. */
const MAP_A: SparseTable = [
  [0x10, "bextr Gy,Ey,Id l0|"],
  [0x12, { reg: ["lwpins By,Ed,Id l0|", "lwpval By,Ed,Id l0|", "", "", "", "", "", ""] }],
];

/** XOP opcode maps from map 8 on. */
export const XOP_OPCODES: readonly SparseTable[] = [MAP_8, MAP_9, MAP_A];
