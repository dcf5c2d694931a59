/*
 * Floating-point instructions as the forms of this directory need them, a row each:
 *   name, opcode map, mandatory prefix (0 none, 1 66, 2 F3, 3 F2), opcode, kind of the lanes, bytes of the memory operand, flags
 * Memory: "x" the whole vector, "h" half of it, or a number. Flags: "v" VEX.vvvv is an operand, "i" an immediate follows, "no256" and
 * "nolegacy" for encodings that do not exist, "w1" for VEX.W.
 */
export type FloatRow = readonly [
  name: string,
  map: 1 | 2 | 3,
  prefix: 0 | 1 | 2 | 3,
  opcode: number,
  lane: "f16" | "f32" | "f64" | "i32",
  memory: "x" | "h" | 4 | 8,
  flags: string,
];

function family(name: string, opcode: number, flags: string): FloatRow[] {
  const unary = flags.replace("v", "");
  return [
    [`${name}ps`, 1, 0, opcode, "f32", "x", name === "sqrt" ? unary : flags],
    [`${name}pd`, 1, 1, opcode, "f64", "x", name === "sqrt" ? unary : flags],
    [`${name}ss`, 1, 2, opcode, "f32", 4, `${flags} no256`],
    [`${name}sd`, 1, 3, opcode, "f64", 8, `${flags} no256`],
  ];
}

/** Arithmetic, comparisons and conversions whose operands are vector registers or memory. */
export const FLOAT_ROWS: readonly FloatRow[] = [
  ...family("add", 0x58, "v"),
  ...family("mul", 0x59, "v"),
  ...family("sub", 0x5c, "v"),
  ...family("min", 0x5d, "v"),
  ...family("div", 0x5e, "v"),
  ...family("max", 0x5f, "v"),
  ...family("sqrt", 0x51, "v"),
  ...family("cmp", 0xc2, "v i"),
  ["addsubpd", 1, 1, 0xd0, "f64", "x", "v"],
  ["addsubps", 1, 3, 0xd0, "f32", "x", "v"],
  ["haddpd", 1, 1, 0x7c, "f64", "x", "v"],
  ["haddps", 1, 3, 0x7c, "f32", "x", "v"],
  ["hsubpd", 1, 1, 0x7d, "f64", "x", "v"],
  ["hsubps", 1, 3, 0x7d, "f32", "x", "v"],
  ["dpps", 3, 1, 0x40, "f32", "x", "v i"],
  ["dppd", 3, 1, 0x41, "f64", "x", "v i no256"],
  ["roundps", 3, 1, 0x08, "f32", "x", "i"],
  ["roundpd", 3, 1, 0x09, "f64", "x", "i"],
  ["roundss", 3, 1, 0x0a, "f32", 4, "v i no256"],
  ["roundsd", 3, 1, 0x0b, "f64", 8, "v i no256"],
  ["cvtps2pd", 1, 0, 0x5a, "f32", "h", ""],
  ["cvtpd2ps", 1, 1, 0x5a, "f64", "x", ""],
  ["cvtss2sd", 1, 2, 0x5a, "f32", 4, "v no256"],
  ["cvtsd2ss", 1, 3, 0x5a, "f64", 8, "v no256"],
  ["cvtdq2ps", 1, 0, 0x5b, "i32", "x", ""],
  ["cvtps2dq", 1, 1, 0x5b, "f32", "x", ""],
  ["cvttps2dq", 1, 2, 0x5b, "f32", "x", ""],
  ["cvttpd2dq", 1, 1, 0xe6, "f64", "x", ""],
  ["cvtdq2pd", 1, 2, 0xe6, "i32", "h", ""],
  ["cvtpd2dq", 1, 3, 0xe6, "f64", "x", ""],
  ["vcvtph2ps", 2, 1, 0x13, "f16", "h", "nolegacy"],
];

/** UCOMISS, UCOMISD, COMISS, COMISD. */
export const FLAG_COMPARE_ROWS: readonly FloatRow[] = [
  ["ucomiss", 1, 0, 0x2e, "f32", 4, "no256"],
  ["ucomisd", 1, 1, 0x2e, "f64", 8, "no256"],
  ["comiss", 1, 0, 0x2f, "f32", 4, "no256"],
  ["comisd", 1, 1, 0x2f, "f64", 8, "no256"],
];

/** RCPPS and RSQRTPS. */
export const APPROXIMATION_ROWS: readonly FloatRow[] = [
  ["rsqrtps", 1, 0, 0x52, "f32", "x", ""],
  ["rsqrtss", 1, 2, 0x52, "f32", 4, "v no256"],
  ["rcpps", 1, 0, 0x53, "f32", "x", ""],
  ["rcpss", 1, 2, 0x53, "f32", 4, "v no256"],
];

const FUSED: readonly (readonly [string, number])[] = [
  ["vfmaddsub", 6],
  ["vfmsubadd", 7],
  ["vfmadd", 8],
  ["vfmsub", 0xa],
  ["vfnmadd", 0xc],
  ["vfnmsub", 0xe],
];

function fusedRows(name: string, low: number, order: string, high: number): FloatRow[] {
  const opcode = high | low;
  const alternates = low < 8;
  const rows: FloatRow[] = [
    [`${name}${order}ps`, 2, 1, opcode, "f32", "x", "v nolegacy"],
    [`${name}${order}pd`, 2, 1, opcode, "f64", "x", "v nolegacy w1"],
  ];
  if (alternates) return rows;
  return [
    ...rows,
    [`${name}${order}ss`, 2, 1, opcode + 1, "f32", 4, "v nolegacy no256"],
    [`${name}${order}sd`, 2, 1, opcode + 1, "f64", 8, "v nolegacy no256 w1"],
  ];
}

/** FMA. */
export const FUSED_ROWS: readonly FloatRow[] = FUSED.flatMap(([name, low]) => [
  ...fusedRows(name, low, "132", 0x90),
  ...fusedRows(name, low, "213", 0xa0),
  ...fusedRows(name, low, "231", 0xb0),
]);
