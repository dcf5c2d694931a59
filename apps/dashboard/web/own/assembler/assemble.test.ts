import { createLab } from "@hvdiff/lab";
import { describe, expect, test } from "vitest";
import { assemble } from "./assemble.ts";
import { CODE_BASE, EXAMPLE } from "./runtime.ts";

const lab = createLab();

function imageOf(source: string): Uint8Array {
  const assembled = assemble(source);
  if ("errors" in assembled) throw new Error(assembled.errors.map(({ line, message }) => `${line}: ${message}`).join());
  return assembled.image;
}

function verdictsOf(source: string, column: string): Record<string, string> {
  const result = lab.diff({ name: "pasted", image: imageOf(source) }, [column]).columns[0];
  return Object.fromEntries((result?.verdicts ?? []).map(({ id, value }) => [id, value]));
}

test("the example runs and differs between metal and a product", () => {
  const { columns, different } = lab.diff({ name: "pasted", image: imageOf(EXAMPLE) }, ["metal", "kvm@6.1+qemu@8.2"]);
  expect(columns.map(({ outcome }) => outcome.text)).toEqual(["exit 0", "exit 0"]);
  expect(columns[0]?.verdicts[0]).toMatchObject({ id: "secondary-controls", value: "0x001f7cff00000000" });
  expect(different).toBe(true);
});

describe("instructions of hypervisors", () => {
  test.each([
    ["vmxon [rdi]", "f30fc737"],
    ["vmclear [r9+8]", "66410fc77108"],
    ["vmptrld [rsi]", "0fc736"],
    ["vmptrst [rsp+16]", "0fc77c2410"],
    ["vmread rax, rcx", "480f78c8"],
    ["vmread [rdi], rdx", "480f7817"],
    ["vmwrite rcx, rax", "480f79c8"],
    ["vmwrite rdx, [r10]", "490f7912"],
    ["invept rax, [rdi]", "660f388007"],
    ["invvpid rcx, [rsi+4]", "660f38814e04"],
    ["here: vmlaunch", "0f01c2"],
    ["VMRUN", "0f01d8"],
    ["mov cr4, rax", "0f22e0"],
    ["mov byte [rdi], 3", "c60703"],
  ])("%s is %s", (line, bytes) => {
    const at = CODE_BASE - 0x100000;
    expect(Buffer.from(imageOf(line).subarray(at, at + bytes.length / 2)).toString("hex")).toBe(bytes);
  });

  test("work: VMXON on metal", () => {
    const source = `mov ecx, 0x480
 rdmsr
 mov edi, 0x300000
 mov [rdi], eax
 mov [0x310000], rdi
 mov rax, cr4
 or eax, 0x2000
 mov cr4, rax
 mov rax, cr0
 or eax, 0x20
 mov cr0, rax
 mov ebx, 0x310000
 vmxon [rbx]
 setc al
 movzx eax, al
 lea rsi, name
 call verdict
 jmp done
name: db "vmxon-failed", 0`;
    expect(verdictsOf(source, "metal")).toEqual({ "vmxon-failed": "0x0000000000000000" });
  });
});

test.each([
  ["mov rax,", 1, /./],
  ["nop\nfrobnicate rax", 2, /Unknown/],
  ["nop\n\nlea rsi, nowhere", 3, /nowhere|label/],
  ["name: db 1\nmov rsi, offset name", 2, /lea/],
  ["vmxon rax\nnop", 1, /./],
])("%j is refused at line %i", (source, line, message) => {
  const assembled = assemble(source);
  if (!("errors" in assembled)) throw new Error("it was assembled");
  expect(assembled.errors[0]?.line).toBe(line);
  expect(assembled.errors[0]?.message).toMatch(message);
});
