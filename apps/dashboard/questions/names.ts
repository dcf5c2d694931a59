/** Whether a text can be the name of something kept, a SHA-256 in hexadecimal; nothing else is ever joined to a path. */
export function isName(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
