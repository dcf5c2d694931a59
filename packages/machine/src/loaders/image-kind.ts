const TEXT = new Set([9, 10, 13]);

/** What a file looks like that is no image, for the message that says so. */
export function describeFile(file: Uint8Array): string {
  if (file.length === 0) return "the file is empty";
  const head = file.subarray(0, 16);
  const text = head.every((byte) => (byte >= 32 && byte < 127) || TEXT.has(byte));
  if (text) return `a text file starting ${JSON.stringify(String.fromCharCode(...head))}`;
  return `file starts with ${[...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}
