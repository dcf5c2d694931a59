/** What a PS/2 device remembers: the command whose argument is awaited, and whether it reports. */
export interface Ps2Device {
  awaiting: number;
  reporting: boolean;
  /** Argument of the last F0 (keyboard) or E8 (mouse) command. */
  setting: number;
  rate: number;
}

export function createPs2Device(setting: number): Ps2Device {
  return { awaiting: 0, reporting: false, setting, rate: 100 };
}

const ACKNOWLEDGE = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const DEFAULT_SCAN_CODES = 2;
const DEFAULT_RESOLUTION = 2;

/** What a keyboard answers to a byte from the host. No key is ever pressed. */
export function keyboardAnswer(device: Ps2Device, byte: number): readonly number[] {
  const command = device.awaiting;
  if (command !== 0) {
    device.awaiting = 0;
    if (command !== 0xf0) return [ACKNOWLEDGE];
    if (byte === 0) return [ACKNOWLEDGE, device.setting];
    device.setting = byte;
    return [ACKNOWLEDGE];
  }
  switch (byte) {
    case 0xed:
    case 0xf0:
    case 0xf3:
      device.awaiting = byte;
      return [ACKNOWLEDGE];
    case 0xee:
      return [0xee];
    case 0xf2:
      return [ACKNOWLEDGE, 0xab, 0x83];
    case 0xff:
      Object.assign(device, createPs2Device(DEFAULT_SCAN_CODES), { reporting: true });
      return [ACKNOWLEDGE, SELF_TEST_PASSED];
    default:
      return commonAnswer(device, byte, DEFAULT_SCAN_CODES);
  }
}

/** What a three-byte mouse answers. It never moves. */
export function mouseAnswer(device: Ps2Device, byte: number): readonly number[] {
  const command = device.awaiting;
  if (command !== 0) {
    device.awaiting = 0;
    if (command === 0xe8) device.setting = byte;
    else device.rate = byte;
    return [ACKNOWLEDGE];
  }
  switch (byte) {
    case 0xe8:
    case 0xf3:
      device.awaiting = byte;
      return [ACKNOWLEDGE];
    case 0xe9:
      return [ACKNOWLEDGE, device.reporting ? 0x20 : 0, device.setting, device.rate];
    case 0xe6:
    case 0xe7:
    case 0xea:
    case 0xf0:
      return [ACKNOWLEDGE];
    case 0xeb:
      return [ACKNOWLEDGE, 0x08, 0, 0];
    case 0xf2:
      return [ACKNOWLEDGE, 0x00];
    case 0xff:
      Object.assign(device, createPs2Device(DEFAULT_RESOLUTION));
      return [ACKNOWLEDGE, SELF_TEST_PASSED, 0x00];
    default:
      return commonAnswer(device, byte, DEFAULT_RESOLUTION);
  }
}

/** Enable, disable, set defaults; anything else is not understood. */
function commonAnswer(device: Ps2Device, byte: number, setting: number): readonly number[] {
  if (byte === 0xf4) device.reporting = true;
  else if (byte === 0xf5) device.reporting = false;
  else if (byte === 0xf6) Object.assign(device, createPs2Device(setting), { reporting: device.reporting });
  else return [RESEND];
  return [ACKNOWLEDGE];
}
