/** Two digits for each byte. */
export function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The bytes that hexadecimal digits stand for; null where they are none. */
export function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** Text for GDB's console. */
export function hexOfText(text: string): string {
  return Buffer.from(text, "utf8").toString("hex");
}

/** A number in hexadecimal; null where it is none. */
export function hexNumber(text: string | undefined): number | null {
  return text !== undefined && /^[0-9a-fA-F]{1,8}$/.test(text) ? Number.parseInt(text, 16) : null;
}

/** An address in hexadecimal; null where it is none. */
export function hexAddress(text: string | undefined): bigint | null {
  return text !== undefined && /^[0-9a-fA-F]{1,16}$/.test(text) ? BigInt(`0x${text}`) : null;
}
