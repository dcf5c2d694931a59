import { F64, I32, type WasmType } from "./opcodes.ts";

/** Appends an unsigned LEB128 number. */
export function pushUnsigned(out: number[], value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** Appends a signed LEB128 number of up to 32 bits. */
export function pushSigned(out: number[], value: number): void {
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

/** Appends a signed LEB128 number of 64 bits, given as halves. */
export function pushSigned64(out: number[], low: number, high: number): void {
  let lo = low;
  let hi = high;
  for (;;) {
    const byte = lo & 0x7f;
    lo = (lo >>> 7) | (hi << 25);
    hi >>= 7;
    const done = (lo === 0 && hi === 0 && (byte & 0x40) === 0) || (lo === -1 && hi === -1 && (byte & 0x40) !== 0);
    if (done) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

function section(out: number[], id: number, body: readonly number[]): void {
  out.push(id);
  pushUnsigned(out, body.length);
  for (const byte of body) out.push(byte);
}

function name(out: number[], text: string): void {
  pushUnsigned(out, text.length);
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i));
}

/** Function imports of a region's module, in the order of their indices. */
export const IMPORT_MISS = 0;
export const IMPORT_OPERATE = 1;
const REGION_FUNCTION = 2;

/** Parameters of a region: entry number, instructions left, byte address of the processor's state, and of the TLB parts for data and fetches. */
const REGION_PARAMETERS = [I32, I32, I32, I32, I32];

const TYPES = [
  // miss(low, high, size and access) -> address
  { parameters: [I32, I32, I32], results: [I32] },
  // operate(site, instructions left) -> nonzero to leave
  { parameters: [I32, I32], results: [I32] },
  { parameters: REGION_PARAMETERS, results: [F64] },
];

function typeSection(): number[] {
  const body: number[] = [TYPES.length];
  for (const { parameters, results } of TYPES)
    body.push(0x60, parameters.length, ...parameters, results.length, ...results);
  return body;
}

function importSection(): number[] {
  const body: number[] = [3];
  for (const [field, type] of [
    ["miss", 0],
    ["operate", 1],
  ] as const) {
    name(body, "e");
    name(body, field);
    body.push(0, type);
  }
  name(body, "e");
  name(body, "memory");
  body.push(2, 0, 0);
  return body;
}

function localGroups(locals: readonly WasmType[]): number[] {
  const groups: { type: WasmType; count: number }[] = [];
  for (const type of locals) {
    const last = groups.at(-1);
    if (last?.type === type) last.count++;
    else groups.push({ type, count: 1 });
  }
  const out: number[] = [];
  pushUnsigned(out, groups.length);
  for (const { type, count } of groups) {
    pushUnsigned(out, count);
    out.push(type);
  }
  return out;
}

/** A module with one exported function `run`: a region's locals behind its parameters, and its code without the final `end`. */
export function moduleBytes(locals: readonly WasmType[], code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = localGroups(locals);
  for (const byte of code) body.push(byte);
  body.push(0x0b);
  const codeSection: number[] = [1];
  pushUnsigned(codeSection, body.length);
  for (const byte of body) codeSection.push(byte);
  const exports: number[] = [1];
  name(exports, "run");
  exports.push(0, REGION_FUNCTION);
  const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  section(out, 1, typeSection());
  section(out, 2, importSection());
  section(out, 3, [1, 2]);
  section(out, 7, exports);
  section(out, 10, codeSection);
  return new Uint8Array(out);
}
