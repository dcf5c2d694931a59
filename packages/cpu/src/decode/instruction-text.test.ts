import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import { expect, test } from "vitest";
import type { CodeBits } from "./instruction.ts";
import { disassemble } from "./instruction-text.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.split(" "), (byte) => Number.parseInt(byte, 16));
}

test.each<[string, CodeBits, string]>([
  ["0f a2", 64, "cpuid"],
  ["0f c7 2f", 64, "xsaves [rdi]"],
  ["0f 79 c8", 64, "vmwrite rcx, rax"],
  ["0f 79 43 04", 64, "vmwrite rax, [rbx+0x4]"],
  ["0f 78 0d c6 ca 00 00", 64, "vmread [rip → 0x10dacd], rcx"],
  ["0f c7 37", 64, "vmptrld qword [rdi]"],
  ["0f 22 e0", 64, "mov cr4, rax"],
  ["c6 07 ff", 64, "mov byte [rdi], 0xff"],
  ["83 c0 ff", 64, "add eax, 0xffffffff"],
  ["48 8b 44 8d f8", 64, "mov rax, [rbp+rcx*4-0x8]"],
  ["65 8b 04 25 10 00 00 00", 64, "mov eax, [gs:0x10]"],
  ["f3 aa", 64, "rep stosb"],
  ["f0 0f b1 0f", 64, "lock cmpxchg [rdi], ecx"],
  ["eb fe", 64, "jmp 0x101000"],
  ["66 ea 00 10 08 00", 32, "jmp far 0x8:0x1000"],
  ["88 64 24 01", 32, "mov [esp+0x1], ah"],
  ["c5 f1 58 c2", 64, "vaddpd xmm0, xmm1, xmm2"],
])("%s of %i bits is %s", (bytes, bits, text) => {
  expect(disassemble(bytesOf(bytes), bits, 0x101000n)?.text).toBe(text);
});

test("what is no instruction has no text", () => {
  expect(disassemble(bytesOf("0f 04"), 64, 0n)).toBeNull();
  expect(disassemble(bytesOf("0f"), 64, 0n)).toBeNull();
});

test("every opcode of a byte or two reads as iced-x86 writes it, but for how each spells sizes and addresses", () => {
  const formatter = new Formatter(FormatterSyntax.Nasm);
  formatter.usePseudoOps = false;
  const differing: string[] = [];
  const plain = (text: string) =>
    text
      .replaceAll(/\b(?:byte|word|dword|qword|tword|oword|yword|zword|far|short|near|strict|rel|to) ?/g, "")
      .replaceAll("rip → ", "")
      .replaceAll(/\b0*([0-9a-f]+)h\b/gi, (_, digits: string) => `0x${digits.toLowerCase()}`)
      .replaceAll(/\s/g, "");
  for (let opcode = 0; opcode < 512; opcode++) {
    const code = [...(opcode < 256 ? [opcode] : [0x0f, opcode - 256]), 0xc1, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a];
    const bytes = Uint8Array.from([...code, ...Array.from({ length: 15 - code.length }, () => 0)]);
    const decoder = new Decoder(64, bytes, DecoderOptions.None);
    decoder.ip = 0x1000n;
    const instruction = decoder.decode();
    const ours = disassemble(bytes, 64, 0x1000n);
    if (ours === null || instruction.length !== ours.length) continue;
    const theirs = formatter.format(instruction);
    if (plain(theirs).replaceAll(/(?<![\w])(\d)(?![\w])/g, "0x$1") !== plain(ours.text))
      differing.push(`${ours.text} | ${theirs}`);
  }
  expect(differing).toMatchInlineSnapshot(`
    [
      "xchg cl, al | xchg al,cl",
      "xchg ecx, eax | xchg eax,ecx",
      "xlat | xlatb",
      "fadd st0, st1 | fadd st1",
      "fcmovb st0, st1 | fcmovb st1",
      "fcmovnb st0, st1 | fcmovnb st1",
      "fadd st1, st0 | fadd to st1",
      "faddp st1, st0 | faddp st1",
    ]
  `);
});
