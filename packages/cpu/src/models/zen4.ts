import { brandStringRows, defineAmdModel } from "./define-model.ts";

/** A server part of Family 19h: what zen2 has, and virtual NMIs, PCIDs, INVPCID, 52 bits of physical address. */
export const zen4 = defineAmdModel({
  id: "zen4",
  title: "AMD EPYC (Zen 4), trimmed",
  source:
    "CPUID as QEMU's EPYC-Genoa model and published dumps of signature A10F11 have it, from memory; trimmed because the simulator does not implement them: what zen2 lacks, and AVX-512, PKU, LA57, CET, INVLPGB, upper-address ignore, automatic IBRS, SEV, x2AVIC, supervisor shadow-stack checks and IBS virtualization",
  cpuid: [
    [0x0, 0, 0x10, 0x68747541, 0x444d4163, 0x69746e65],
    [0x1, 0, 0x00a10f11, 0x00400800, 0x76fa320b, 0x178bfbff],
    [0x5, 0, 0x00000040, 0x00000040, 0x00000003, 0x00000011],
    [0x6, 0, 0x00000004, 0, 0x00000001, 0],
    [0x7, 0, 0, 0x219c07a9, 0x00400704, 0x00000010],
    [0xb, 0, 0x00000001, 0x00000002, 0x00000100, 0],
    [0xb, 1, 0x00000007, 0x00000080, 0x00000201, 0],
    [0xd, 0, 0x00000007, 0x00000240, 0x00000340, 0],
    [0xd, 1, 0x0000000f, 0x00000240, 0, 0],
    [0xd, 2, 0x00000100, 0x00000240, 0, 0],
    [0x80000000, 0, 0x80000021, 0x68747541, 0x444d4163, 0x69746e65],
    [0x80000001, 0, 0x00a10f11, 0x40000000, 0x00420327, 0x2fd3fbff],
    ...brandStringRows("AMD EPYC 9354 32-Core Processor"),
    [0x80000005, 0, 0xff48ff40, 0xff48ff40, 0x20080140, 0x20080140],
    [0x80000006, 0, 0x5c002200, 0x6c004200, 0x04006140, 0x08009140],
    [0x80000007, 0, 0, 0, 0, 0x00000100],
    [0x80000008, 0, 0x00003034, 0x00100215, 0x0000703f, 0],
    [0x8000000a, 0, 0x00000001, 0x00008000, 0, 0x120394ff],
    [0x8000001d, 0, 0x00004121, 0x01c0003f, 0x0000003f, 0],
    [0x8000001d, 1, 0x00004122, 0x01c0003f, 0x0000003f, 0],
    [0x8000001d, 2, 0x00004143, 0x01c0003f, 0x000007ff, 0x00000002],
    [0x8000001e, 0, 0, 0x00000100, 0, 0],
    [0x80000021, 0, 0x00000045, 0, 0, 0],
  ],
  msrs: {},
});
