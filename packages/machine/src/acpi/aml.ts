/*
 * ACPI Machine Language, as much of it as the DSDT needs. Each function gives the bytes of one term. (ACPI "ACPI Machine Language (AML)
 * Specification")
 */

/** The bytes of a term. */
export type Aml = readonly number[];

const ZERO = 0x00;
const ONE = 0x01;
const NAME = 0x08;
const BYTE = 0x0a;
const WORD = 0x0b;
const DWORD = 0x0c;
const STRING = 0x0d;
const SCOPE = 0x10;
const BUFFER = 0x11;
const PACKAGE = 0x12;
const EXTENDED = 0x5b;
const DEVICE = 0x82;
const ROOT = 0x5c;

function little(value: number, bytes: 1 | 2 | 4): number[] {
  return Array.from({ length: bytes }, (_, at) => (value >>> (at * 8)) & 0xff);
}

/** A number in its shortest form. */
export function integer(value: number): Aml {
  if (value === 0) return [ZERO];
  if (value === 1) return [ONE];
  if (value <= 0xff) return [BYTE, value];
  return value <= 0xffff ? [WORD, ...little(value, 2)] : [DWORD, ...little(value, 4)];
}

export function text(value: string): Aml {
  return [STRING, ...new TextEncoder().encode(value), 0];
}

/** A name segment has four characters; shorter ones are filled with underscores. */
function nameOf(name: string): Aml {
  const absolute = name.startsWith("\\");
  const segment = (absolute ? name.slice(1) : name).padEnd(4, "_");
  return [...(absolute ? [ROOT] : []), ...new TextEncoder().encode(segment)];
}

/** A length that counts itself: one byte up to 63, otherwise its low four bits and up to three bytes more. */
function withLength(body: Aml): Aml {
  if (body.length + 1 < 0x40) return [body.length + 1, ...body];
  const more = body.length + 2 < 0x1000 ? 1 : 2;
  const length = body.length + 1 + more;
  return [(more << 6) | (length & 15), ...little(length >>> 4, 4).slice(0, more), ...body];
}

export function name(of: string, value: Aml): Aml {
  return [NAME, ...nameOf(of), ...value];
}

export function scope(of: string, ...terms: readonly Aml[]): Aml {
  return [SCOPE, ...withLength([...nameOf(of), ...terms.flat()])];
}

export function device(of: string, ...terms: readonly Aml[]): Aml {
  return [EXTENDED, DEVICE, ...withLength([...nameOf(of), ...terms.flat()])];
}

export function aPackage(...elements: readonly Aml[]): Aml {
  return [PACKAGE, ...withLength([elements.length, ...elements.flat()])];
}

/** A plug and play identity such as "PNP0A03", compressed into a number. */
export function eisaId(id: string): Aml {
  const letters = [0, 1, 2].map((at) => id.charCodeAt(at) - 0x40);
  const vendor = (letters[0]! << 10) | (letters[1]! << 5) | letters[2]!;
  const product = Number.parseInt(id.slice(3), 16);
  return [DWORD, vendor >>> 8, vendor & 0xff, product >>> 8, product & 0xff];
}

const IRQ_DESCRIPTOR = 0x22;
const PORT_DESCRIPTOR = 0x47;
const MEMORY_DESCRIPTOR = 0x86;
const DWORD_SPACE = 0x87;
const WORD_SPACE = 0x88;
const END_TAG = 0x79;
const DECODES_16_BITS = 1;
const READ_WRITE = 1;
const FIXED = 0x0c;

/** A fixed range of ports. (ACPI "I/O Port Descriptor") */
export function portResource(base: number, length: number): Aml {
  return [PORT_DESCRIPTOR, DECODES_16_BITS, ...little(base, 2), ...little(base, 2), 1, length];
}

/** An edge-triggered ISA interrupt. */
export function irqResource(line: number): Aml {
  return [IRQ_DESCRIPTOR, ...little(1 << line, 2)];
}

/** A fixed range of memory. */
export function memoryResource(base: number, length: number): Aml {
  return [MEMORY_DESCRIPTOR, 9, 0, READ_WRITE, ...little(base, 4), ...little(length, 4)];
}

const SPACES = { memory: 0, ports: 1, buses: 2 } as const;
const SPACE_FLAGS = { memory: READ_WRITE, ports: 3, buses: 0 } as const;

/** A window that a bridge passes on. (ACPI "Address Space Resource Descriptors") */
export function windowResource(kind: keyof typeof SPACES, first: number, last: number): Aml {
  const bytes = kind === "memory" ? 4 : 2;
  const values = [0, first, last, 0, last - first + 1];
  const body = [SPACES[kind], FIXED, SPACE_FLAGS[kind], ...values.flatMap((value) => little(value, bytes))];
  return [kind === "memory" ? DWORD_SPACE : WORD_SPACE, ...little(body.length, 2), ...body];
}

/** A resource template: a buffer of descriptors. */
export function resources(...descriptors: readonly Aml[]): Aml {
  const bytes = [...descriptors.flat(), END_TAG, 0];
  return [BUFFER, ...withLength([...integer(bytes.length), ...bytes])];
}
