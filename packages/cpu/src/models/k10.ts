import { brandStringRows, defineAmdModel } from "./define-model.ts";

/** Family 10h: the first generation with nested paging. Of later SVM it has LBR virtualization, SVM lock and NRIP save; no XSAVE, no SMEP. */
export const k10 = defineAmdModel({
  id: "k10",
  title: "AMD Phenom II (Family 10h), trimmed",
  source:
    "CPUID after published dumps of signature 100F42, from memory; trimmed because the simulator does not implement them: 3DNow!, SSE4A, misaligned SSE, IBS, SKINIT, watchdog timer, extended APIC space and AltMovCr8",
  cpuid: [
    [0x0, 0, 0x5, 0x68747541, 0x444d4163, 0x69746e65],
    [0x1, 0, 0x00100f42, 0x00040800, 0x00802009, 0x178bfbff],
    [0x5, 0, 0x00000040, 0x00000040, 0x00000003, 0],
    [0x80000000, 0, 0x8000001b, 0x68747541, 0x444d4163, 0x69746e65],
    [0x80000001, 0, 0x00100f42, 0x10001c00, 0x00000327, 0x2fd3fbff],
    ...brandStringRows("AMD Phenom(tm) II X4 940 Processor"),
    [0x80000005, 0, 0xff30ff10, 0xff30ff20, 0x40020140, 0x40020140],
    [0x80000006, 0, 0x20800000, 0x42004200, 0x02008140, 0x0030b140],
    [0x80000007, 0, 0, 0, 0, 0x00000100],
    [0x80000008, 0, 0x00003030, 0, 0x00002003, 0],
    [0x8000000a, 0, 0x00000001, 0x00000040, 0, 0x0000000f],
    [0x8000001a, 0, 0x00000003, 0, 0, 0],
  ],
  msrs: {},
});
