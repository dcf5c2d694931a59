import type { Device } from "./device.ts";
import { createPs2Device, keyboardAnswer, mouseAnswer } from "./keyboard-mouse.ts";

const DATA_PORT = 0x60;
const COMMAND_PORT = 0x64;

const STATUS_OUTPUT_FULL = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_FROM_MOUSE = 0x20;

const MODE_KEYBOARD_INTERRUPT = 0x01;
const MODE_MOUSE_INTERRUPT = 0x02;
const MODE_SYSTEM = 0x04;
const MODE_KEYBOARD_OFF = 0x10;
const MODE_MOUSE_OFF = 0x20;

const OUTPUT_NO_RESET = 0x01;
const OUTPUT_A20 = 0x02;

/** What the controller is wired to. */
export interface KeyboardWires {
  keyboardInterrupt(asserted: boolean): void;
  mouseInterrupt(asserted: boolean): void;
  /** The reset line to the processor is pulsed. */
  reset(): void;
}

interface Byte {
  readonly value: number;
  readonly mouse: boolean;
}

/**
 * The 8042 keyboard controller with a keyboard and a mouse that nobody touches. Its A20 output is kept and read back, and switches
 * nothing: the processors have no A20M# pin.
 */
export class KeyboardController implements Device {
  readonly ports = [
    [DATA_PORT, DATA_PORT],
    [COMMAND_PORT, COMMAND_PORT],
  ] as const;
  readonly state = {
    mode: MODE_KEYBOARD_INTERRUPT | MODE_MOUSE_INTERRUPT | MODE_SYSTEM,
    outputPort: OUTPUT_NO_RESET | OUTPUT_A20,
    /** Command that waits for its argument at the data port; 0: none. */
    awaiting: 0,
    lastWasCommand: false,
    memory: new Array<number>(32).fill(0),
    queue: [] as Byte[],
    lastByte: 0,
    keyboard: createPs2Device(2),
    mouse: createPs2Device(2),
  };
  private readonly wires: KeyboardWires;

  constructor(wires: KeyboardWires) {
    this.wires = wires;
  }

  read(port: number): number {
    return port === DATA_PORT ? this.takeByte() : this.status;
  }

  private get status(): number {
    const s = this.state;
    const next = s.queue[0];
    return (
      STATUS_UNLOCKED |
      ((s.mode & MODE_SYSTEM) !== 0 ? STATUS_SYSTEM : 0) |
      (s.lastWasCommand ? STATUS_COMMAND : 0) |
      (next === undefined ? 0 : STATUS_OUTPUT_FULL | (next.mouse ? STATUS_FROM_MOUSE : 0))
    );
  }

  /** An empty buffer gives the last byte again. */
  private takeByte(): number {
    const s = this.state;
    const byte = s.queue.shift();
    if (byte !== undefined) s.lastByte = byte.value;
    this.wires.keyboardInterrupt(false);
    this.wires.mouseInterrupt(false);
    this.update();
    return s.lastByte;
  }

  private update(): void {
    const { queue, mode } = this.state;
    const next = queue[0];
    this.wires.keyboardInterrupt(next !== undefined && !next.mouse && (mode & MODE_KEYBOARD_INTERRUPT) !== 0);
    this.wires.mouseInterrupt(next?.mouse === true && (mode & MODE_MOUSE_INTERRUPT) !== 0);
  }

  private queue(mouse: boolean, ...values: readonly number[]): void {
    for (const value of values) this.state.queue.push({ value, mouse });
    this.update();
  }

  write(port: number, _size: number, value: number): void {
    const s = this.state;
    s.lastWasCommand = port === COMMAND_PORT;
    if (port === COMMAND_PORT) this.command(value);
    else if (s.awaiting !== 0) {
      const command = s.awaiting;
      s.awaiting = 0;
      this.argument(command, value);
    } else {
      s.mode &= ~MODE_KEYBOARD_OFF;
      this.queue(false, ...keyboardAnswer(s.keyboard, value));
    }
  }

  private command(value: number): void {
    const s = this.state;
    s.awaiting = 0;
    if (value >= 0xf0) this.pulse(value);
    else if (value >= 0x20 && value < 0x40) this.queue(false, this.memoryAt(value & 31));
    else if ((value >= 0x60 && value < 0x80) || (value >= 0xd1 && value <= 0xd4)) s.awaiting = value;
    else this.plainCommand(value);
  }

  private memoryAt(at: number): number {
    return at === 0 ? this.state.mode : this.state.memory[at]!;
  }

  private plainCommand(value: number): void {
    const s = this.state;
    switch (value) {
      case 0xa7:
        s.mode |= MODE_MOUSE_OFF;
        break;
      case 0xa8:
        s.mode &= ~MODE_MOUSE_OFF;
        break;
      case 0xa9:
      case 0xab:
        this.queue(false, 0x00);
        break;
      case 0xaa:
        s.mode |= MODE_SYSTEM;
        this.queue(false, 0x55);
        break;
      case 0xad:
        s.mode |= MODE_KEYBOARD_OFF;
        break;
      case 0xae:
        s.mode &= ~MODE_KEYBOARD_OFF;
        break;
      case 0xc0:
        this.queue(false, 0x80);
        break;
      case 0xd0:
        this.queue(false, s.outputPort);
        break;
      case 0xdd:
        s.outputPort &= ~OUTPUT_A20;
        break;
      case 0xdf:
        s.outputPort |= OUTPUT_A20;
        break;
      default:
        break;
    }
  }

  /** Pulses the output bits that are clear in the command; bit 0 is the processor's reset. */
  private pulse(value: number): void {
    if ((value & 1) === 0) this.wires.reset();
  }

  private argument(command: number, value: number): void {
    const s = this.state;
    if (command === 0x60) {
      s.mode = value;
      this.update();
    } else if (command < 0x80) s.memory[command & 31] = value;
    else if (command === 0xd1) this.writeOutputPort(value);
    else if (command === 0xd2) this.queue(false, value);
    else if (command === 0xd3) this.queue(true, value);
    else this.queue(true, ...mouseAnswer(s.mouse, value));
  }

  private writeOutputPort(value: number): void {
    this.state.outputPort = value;
    if ((value & OUTPUT_NO_RESET) === 0) this.wires.reset();
  }
}
