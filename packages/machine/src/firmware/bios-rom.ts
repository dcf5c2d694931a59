import { FIRMWARE_PORT } from "../devices/system-control.ts";
import type { PlacedData } from "../pc-configuration.ts";

/** Where the ROM lies, and where it shows again below 4 GiB. */
const ROM = 0xf0000;
const ROM_SIZE = 0x10000;
const HIGH_ROM_PAGE = 0xfffff000;
/** Segment of its code. */
export const ROM_SEGMENT = ROM >>> 4;

/** Where the processor starts after a reset, from the start of the ROM. */
const RESET_VECTOR = 0xfff0;
const DATE_AT = 0xfff5;
const MODEL_AT = 0xfffe;
const PC_AT = 0xfc;

/**
 * The code of the ROM in the order in which it lies there: a label, the bytes of its instructions, and what they do. It knows no BIOS
 * services but to say that there are none.
 */
const CODE = [
  // iret
  ["ignore", "cf"],
  // push ds; push ax; xor ax, ax; mov ds, ax; inc dword [0x46c]; int 0x1c; mov al, 0x20; out 0x20, al; pop ax; pop ds; iret
  ["timer", "1e 50 31c0 8ed8 66ff066c04 cd1c b020 e620 58 1f cf"],
  // push ax; mov al, 0x20; out 0xa0, al; jmp end
  ["slave", "50 b020 e6a0 eb03"],
  // push ax; mov al, 0x20; end: out 0x20, al; pop ax; iret
  ["master", "50 b020 e620 58 cf"],
  // push bp; mov bp, sp; or byte [bp+6], 1; pop bp; mov ah, 0x86; iret
  ["service", "55 89e5 804e0601 5d b486 cf"],
  // cli; xor ax, ax; mov ds, ax; mov es, ax; read CMOS 0x0f into bl, and clear it
  ["start", "fa 31c0 8ed8 8ec0 b00f e670 e471 88c3 b00f e670 30c0 e671"],
  // cmp bl, 0x0a; je pointer; cmp bl, 5; je acknowledge; cmp bl, 0xfe; je resume
  ["dispatch", "80fb0a 7417 80fb05 740c 80fbfe 7411"],
  // mov dx, FIRMWARE_PORT; out dx, al; halted: hlt; jmp halted
  ["boot", `ba ${word(FIRMWARE_PORT)} ee f4 ebfd`],
  // mov al, 0x20; out 0xa0, al; out 0x20, al
  ["acknowledge", "b020 e6a0 e620"],
  // jmp far [0x467]
  ["pointer", "ff2e6704"],
  // mov ax, 0xe000; mov ss, ax; mov sp, 0xfff0; mov ebx, [ss:0x4c] (the waking vector in the FACS); test ebx, ebx; jz boot
  ["resume", "b800e0 8ed0 bcf0ff 36668b1e4c00 6685db 74dc"],
  // mov ax, bx; and ax, 0x0f; shr ebx, 4; push bx; push ax; retf
  ["wake", "89d8 83e00f 66c1eb04 53 50 cb"],
] as const;

type Label = (typeof CODE)[number][0];

function word(value: number): string {
  return [value & 0xff, value >>> 8].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(code: string): number[] {
  return (code.replaceAll(" ", "").match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}

const OFFSETS = new Map<Label, number>();
const BYTES: number[] = [];
for (const [label, code] of CODE) {
  OFFSETS.set(label, BYTES.length);
  BYTES.push(...bytesOf(code));
}

/** Offset of a routine in the ROM's segment. */
export function romOffset(label: Label): number {
  return OFFSETS.get(label)!;
}

function makeRom(): readonly PlacedData[] {
  const rom = new Uint8Array(ROM_SIZE);
  rom.set(BYTES);
  rom.set(bytesOf(`ea ${word(romOffset("start"))} ${word(ROM_SEGMENT)}`), RESET_VECTOR);
  rom.set(new TextEncoder().encode("01/01/24"), DATE_AT);
  rom[MODEL_AT] = PC_AT;
  const page = HIGH_ROM_PAGE % ROM_SIZE;
  return [
    { address: ROM, data: rom.subarray(0, 0x100) },
    { address: ROM + page, data: rom.subarray(page) },
    { address: HIGH_ROM_PAGE, data: rom.subarray(page) },
  ];
}

/** The BIOS: what a reset runs, and handlers for the interrupts that firmware leaves running. */
export const BIOS_ROM = makeRom();
