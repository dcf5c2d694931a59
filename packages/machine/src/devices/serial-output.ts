const MAX_BYTES = 4 * 1024 * 1024;

/** What the guest has written to its serial line and its debug port, up to a bound. */
export class SerialOutput {
  readonly state = {
    serial: "",
    debug: "",
    /** The unfinished last line. */
    line: "",
    truncated: false,
  };
  /** What has come since it was last taken; null until somebody takes it. */
  private untaken: { serial: string; debug: string } | null = null;
  private readonly lineDone: (line: string) => void;

  constructor(lineDone: (line: string) => void) {
    this.lineDone = lineDone;
  }

  serialByte(byte: number): void {
    const { state } = this;
    if (state.serial.length >= MAX_BYTES) {
      state.truncated = true;
      return;
    }
    const character = String.fromCharCode(byte);
    state.serial += character;
    if (this.untaken !== null) this.untaken.serial += character;
    if (character === "\n") {
      this.lineDone(state.line);
      state.line = "";
    } else if (character !== "\r") state.line += character;
  }

  debugByte(byte: number): void {
    const { state } = this;
    if (state.debug.length >= MAX_BYTES) return;
    const character = String.fromCharCode(byte);
    state.debug += character;
    if (this.untaken !== null) this.untaken.debug += character;
  }

  /** What has come since the last time; the first time, all. Cutting it off the whole output would copy that each time. */
  takeNew(): { readonly serial: string; readonly debug: string } {
    const { serial, debug } = this.untaken ?? this.state;
    this.untaken = { serial: "", debug: "" };
    return { serial, debug };
  }
}
