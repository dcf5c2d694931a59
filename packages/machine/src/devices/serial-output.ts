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
    if (character === "\n") {
      this.lineDone(state.line);
      state.line = "";
    } else if (character !== "\r") state.line += character;
  }

  debugByte(byte: number): void {
    if (this.state.debug.length < MAX_BYTES) this.state.debug += String.fromCharCode(byte);
  }
}
