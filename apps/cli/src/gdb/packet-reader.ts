/** What comes from GDB. */
export type GdbInput =
  /** A packet's payload, one character for each byte; null where its checksum is wrong. */
  | { readonly kind: "packet"; readonly payload: string | null }
  | { readonly kind: "interrupt" }
  /** The packet sent last did not arrive as it was. */
  | { readonly kind: "resend" };

const INTERRUPT = "\u0003";
const BEGINNINGS = `$-${INTERRUPT}`;
/** Nothing that GDB sends is longer; see PacketSize. */
const LONGEST = 0x10000;

function checksum(text: string): string {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at);
  return (sum & 0xff).toString(16).padStart(2, "0");
}

/** A packet as it goes over the wire: `$payload#checksum`, with what would end it escaped. */
export function framePacket(payload: string): string {
  const escaped = payload.replaceAll(/[#$}*]/g, (mark) => `}${String.fromCharCode(mark.charCodeAt(0) ^ 0x20)}`);
  return `$${escaped}#${checksum(escaped)}`;
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\}([\s\S])/g, (_, mark: string) => String.fromCharCode(mark.charCodeAt(0) ^ 0x20));
}

/** Cuts the stream from GDB into packets. Characters stand for bytes. */
export class PacketReader {
  private pending = "";

  /** Everything that is complete with these characters. */
  feed(text: string): GdbInput[] {
    this.pending += text;
    const inputs: GdbInput[] = [];
    for (let input = this.next(); input !== undefined; input = this.next()) inputs.push(input);
    if (this.pending.length > LONGEST) this.pending = "";
    return inputs;
  }

  private next(): GdbInput | undefined {
    // Acknowledgements need no answer, and noise gets none.
    const start = this.beginning();
    this.pending = start < 0 ? "" : this.pending.slice(start);
    if (this.pending === "") return undefined;
    if (this.pending[0] === INTERRUPT) return this.take(1, { kind: "interrupt" });
    if (this.pending[0] === "-") return this.take(1, { kind: "resend" });
    const end = this.pending.indexOf("#");
    if (end < 0 || this.pending.length < end + 3) return undefined;
    const payload = this.pending.slice(1, end);
    const right = this.pending.slice(end + 1, end + 3).toLowerCase() === checksum(payload);
    return this.take(end + 3, { kind: "packet", payload: right ? withoutEscapes(payload) : null });
  }

  private beginning(): number {
    for (let at = 0; at < this.pending.length; at++) if (BEGINNINGS.includes(this.pending[at]!)) return at;
    return -1;
  }

  private take(length: number, input: GdbInput): GdbInput {
    this.pending = this.pending.slice(length);
    return input;
  }
}
