/**
 * A letter for each signature of a row, in order of appearance: the first column's is A, and equal letters mean that the guest's author
 * sees no difference. After Z come A2, B2 and so on.
 */
export function signatureLetters(signatures: readonly string[]): string[] {
  const seen = [...new Set(signatures)];
  return signatures.map((signature) => letterAt(seen.indexOf(signature)));
}

function letterAt(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (round === 0 ? "" : String(round + 1));
}
