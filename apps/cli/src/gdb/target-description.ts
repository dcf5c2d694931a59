import type { DebugRegister } from "@hvdiff/lab";

const FLAGS: readonly (readonly [name: string, bit: number])[] = [
  ["CF", 0],
  ["PF", 2],
  ["AF", 4],
  ["ZF", 6],
  ["SF", 7],
  ["TF", 8],
  ["IF", 9],
  ["DF", 10],
  ["OF", 11],
  ["NT", 14],
  ["RF", 16],
  ["VM", 17],
  ["AC", 18],
  ["VIF", 19],
  ["VIP", 20],
  ["ID", 21],
];
const MXCSR: readonly (readonly [name: string, bit: number])[] = [
  ["IE", 0],
  ["DE", 1],
  ["ZE", 2],
  ["OE", 3],
  ["UE", 4],
  ["PE", 5],
  ["DAZ", 6],
  ["IM", 7],
  ["DM", 8],
  ["ZM", 9],
  ["OM", 10],
  ["UM", 11],
  ["PM", 12],
  ["FZ", 15],
];

function flagsType(id: string, flags: typeof FLAGS): string[] {
  return [
    `<flags id="${id}" size="4">`,
    ...flags.map(([name, bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`),
    "</flags>",
  ];
}

const VECTOR_PARTS: readonly (readonly [id: string, type: string, count: number])[] = [
  ["v4_float", "ieee_single", 4],
  ["v2_double", "ieee_double", 2],
  ["v16_int8", "int8", 16],
  ["v8_int16", "int16", 8],
  ["v4_int32", "int32", 4],
  ["v2_int64", "int64", 2],
];

const VECTOR_TYPE = [
  ...VECTOR_PARTS.map(([id, type, count]) => `<vector id="${id}" type="${type}" count="${count}"/>`),
  '<union id="vec128">',
  ...VECTOR_PARTS.map(([id]) => `<field name="${id}" type="${id}"/>`),
  '<field name="uint128" type="uint128"/>',
  "</union>",
];

/** GDB's names of the features, what types they need, and the groups of registers in them. */
const FEATURES = [
  {
    name: "org.gnu.gdb.i386.core",
    groups: ["general", "segment", "x87"],
    types: flagsType("i386_eflags", FLAGS),
  },
  { name: "org.gnu.gdb.i386.sse", groups: ["sse"], types: [...VECTOR_TYPE, ...flagsType("i386_mxcsr", MXCSR)] },
  { name: "org.gnu.gdb.i386.segments", groups: ["base"], types: [] },
  { name: "org.hvdiff.system", groups: ["system"], types: [] },
] as const;

const TYPES: Readonly<Record<string, string>> = {
  rip: "code_ptr",
  rbp: "data_ptr",
  rsp: "data_ptr",
  eflags: "i386_eflags",
  mxcsr: "i386_mxcsr",
};

function typeOf({ name, bits, group }: DebugRegister): string {
  if (bits === 80) return "i387_ext";
  if (bits === 128) return "vec128";
  return TYPES[name] ?? (group === "system" ? "uint64" : `int${bits}`);
}

function registerElement(register: DebugRegister): string {
  const group = register.group === "x87" && register.bits === 32 ? ' group="float"' : "";
  const system = register.group === "system" ? ' group="system"' : "";
  return `<reg name="${register.name}" bitsize="${register.bits}" type="${typeOf(register)}"${group}${system}/>`;
}

/** The registers for GDB (Target Description Format). Their order is the order of the numbers in `p` and `P`, and of `g`. */
export function targetDescription(registers: readonly DebugRegister[]): string {
  const lines = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
    '<target version="1.0">',
    "<architecture>i386:x86-64</architecture>",
    ...FEATURES.flatMap(({ name, groups, types }) => [
      `<feature name="${name}">`,
      ...types,
      ...registers.filter(({ group }) => (groups as readonly string[]).includes(group)).map(registerElement),
      "</feature>",
    ]),
    "</target>",
  ];
  return `${lines.join("\n")}\n`;
}
