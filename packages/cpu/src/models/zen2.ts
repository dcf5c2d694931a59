import { brandStringRows, defineAmdModel } from "./define-model.ts";

/**
 * A server part of Family 17h with all of SVM that came before AVIC: nested paging, clean bits, decode assists, ASID flushes, virtual GIF,
 * virtual VMLOAD and VMSAVE, guest-mode execute trap.
 */
export const zen2 = defineAmdModel({
  id: "zen2",
  title: "AMD EPYC (Zen 2), trimmed",
  source:
    "CPUID as QEMU's EPYC-Rome model and published dumps of signature 830F10 have it, from memory; trimmed because the simulator does not implement them: SSE4A, misaligned SSE, IBS, SKINIT, watchdog timer, extended APIC space, AltMovCr8, core performance counters, MONITORX, RDT, AVIC, speculation controls and their virtualization",
  cpuid: [
    [0x0, 0, 0x10, 0x68747541, 0x444d4163, 0x69746e65],
    [0x1, 0, 0x00830f10, 0x00400800, 0x76f8320b, 0x178bfbff],
    [0x5, 0, 0x00000040, 0x00000040, 0x00000003, 0x00000011],
    [0x6, 0, 0x00000004, 0, 0x00000001, 0],
    [0x7, 0, 0, 0x219c01a9, 0x00400004, 0],
    [0xb, 0, 0x00000001, 0x00000002, 0x00000100, 0],
    [0xb, 1, 0x00000006, 0x00000040, 0x00000201, 0],
    [0xd, 0, 0x00000007, 0x00000240, 0x00000340, 0],
    [0xd, 1, 0x0000000f, 0x00000240, 0, 0],
    [0xd, 2, 0x00000100, 0x00000240, 0, 0],
    [0x80000000, 0, 0x80000020, 0x68747541, 0x444d4163, 0x69746e65],
    [0x80000001, 0, 0x00830f10, 0x40000000, 0x00420327, 0x2fd3fbff],
    ...brandStringRows("AMD EPYC 7302 16-Core Processor"),
    [0x80000005, 0, 0xff40ff40, 0xff40ff40, 0x20080140, 0x20080140],
    [0x80000006, 0, 0x48006400, 0x68006400, 0x02006140, 0x04009140],
    [0x80000007, 0, 0, 0, 0, 0x00000100],
    [0x80000008, 0, 0x00003030, 0x00000215, 0x0000603f, 0],
    [0x8000000a, 0, 0x00000001, 0x00008000, 0, 0x000394ff],
    [0x8000001d, 0, 0x00004121, 0x01c0003f, 0x0000003f, 0],
    [0x8000001d, 1, 0x00004122, 0x01c0003f, 0x0000003f, 0],
    [0x8000001d, 2, 0x00004143, 0x01c0003f, 0x000003ff, 0x00000002],
    [0x8000001e, 0, 0, 0x00000100, 0, 0],
  ],
  msrs: {},
});
