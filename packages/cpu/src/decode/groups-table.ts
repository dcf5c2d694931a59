import type { OpcodeEntry } from "./opcode-form.ts";
import { X87_OPCODES } from "./x87-table.ts";

const RESERVED_NOP = "nop Ev,Gv";
const SEVEN_RESERVED_NOPS: readonly OpcodeEntry[] = Array.from({ length: 7 }, () => RESERVED_NOP);

/** SDM 2 "Opcode Extensions For One- And Two-byte Opcodes": rows by ModRM.reg, named by group number. */
export const OPCODE_GROUPS: Readonly<Record<string, OpcodeEntry>> = {
  ...X87_OPCODES,
  "1": { reg: ["add lock", "or lock", "adc lock", "sbb lock", "and lock", "sub lock", "xor lock", "cmp"] },
  "1a": { reg: ["pop", "", "", "", "", "", "", ""] },
  "2": { reg: ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"] },
  "3b": { reg: ["test Eb,Ib", "test Eb,Ib", "not lock", "neg lock", "mul", "imul", "div", "idiv"] },
  "3v": { reg: ["test Ev,Iz", "test Ev,Iz", "not lock", "neg lock", "mul", "imul", "div", "idiv"] },
  "4": { reg: ["inc Eb lock", "dec Eb lock", "", "", "", "", "", ""] },
  "5": {
    reg: ["inc Ev lock", "dec Ev lock", "call Ev f64", "callf Mp", "jmp Ev f64", "jmpf Mp", "push Ev d64", ""],
  },
  "6": {
    reg: ["sldt Rv/Mw", "str Rv/Mw", "lldt Rv/Mw", "ltr Rv/Mw", "verr Rv/Mw", "verw Rv/Mw", "|||lkgs Rv/Mw o64", ""],
  },
  "7": {
    memory: {
      reg: [
        "sgdt Ms f64",
        "sidt Ms f64",
        "lgdt Ms f64",
        "lidt Ms f64",
        "smsw Mw",
        "||rstorssp Mq|",
        "lmsw Mw",
        "invlpg M",
      ],
    },
    register: {
      reg: [
        {
          rm: [
            "enclv|",
            "vmcall|",
            "vmlaunch|",
            "vmresume|",
            "vmxoff|",
            "pconfig|",
            "wrmsrns||wrmsrlist o64|rdmsrlist o64",
            "pbndkb o64|",
          ],
        },
        {
          rm: [
            "monitor|",
            "mwait|",
            "clac||eretu o64|erets o64",
            "stac|",
            "|tdcall|",
            "|seamret o64|",
            "|seamops o64|",
            "encls|seamcall o64|",
          ],
        },
        { rm: ["xgetbv|", "xsetbv|", "", "", "vmfunc|", "xend|", "xtest|", "enclu|"] },
        { rm: ["vmrun", "vmmcall|=|vmgexit|vmgexit", "vmload", "vmsave", "stgi", "clgi", "skinit", "invlpga"] },
        "smsw Rv",
        {
          rm: [
            "serialize||setssbsy|xsusldtrk",
            "|||xresldtrk",
            "||saveprevssp|",
            "",
            "||uiret o64|",
            "||testui o64|",
            "rdpkru||clui o64|",
            "wrpkru||stui o64|",
          ],
        },
        "lmsw Rv",
        {
          rm: [
            "swapgs o64",
            "rdtscp",
            "monitorx||mcommit|",
            "mwaitx|",
            "clzero",
            "rdpru||rmpquery o64|",
            "invlpgb||rmpadjust o64|rmpupdate o64",
            "tlbsync||psmash o64|pvalidate",
          ],
        },
      ],
    },
  },
  "8": { reg: ["", "", "", "", "bt", "bts lock", "btr lock", "btc lock"] },
  "9": {
    memory: {
      reg: [
        "",
        "cmpxchg8b Mq w0 lock / cmpxchg16b Mdq w1 lock",
        "",
        "xrstors M|",
        "xsavec M|",
        "xsaves M|",
        "vmptrld Mq|vmclear Mq|vmxon Mq|",
        "vmptrst Mq|",
      ],
    },
    register: {
      reg: ["", "", "", "", "", "", "rdrand Rv|=|senduipi Rq o64|", "rdseed Rv|=|rdpid Ry nat|"],
    },
  },
  "11b": {
    memory: { reg: ["mov Eb,Ib", "", "", "", "", "", "", ""] },
    register: { reg: ["mov Eb,Ib", "", "", "", "", "", "", { rm: ["xabort Ib", "", "", "", "", "", "", ""] }] },
  },
  "11v": {
    memory: { reg: ["mov Ev,Iz", "", "", "", "", "", "", ""] },
    register: {
      reg: [
        "mov Ev,Iz",
        "",
        "",
        "",
        "",
        "",
        "",
        { rm: ["xbegin Jz os16 / xbegin Jz =32", "", "", "", "", "", "", ""] },
      ],
    },
  },
  "12": {
    reg: ["", "", "psrlw Nq,Ib|psrlw Udq,Ib|", "", "psraw Nq,Ib|psraw Udq,Ib|", "", "psllw Nq,Ib|psllw Udq,Ib|", ""],
  },
  "13": {
    reg: ["", "", "psrld Nq,Ib|psrld Udq,Ib|", "", "psrad Nq,Ib|psrad Udq,Ib|", "", "pslld Nq,Ib|pslld Udq,Ib|", ""],
  },
  "14": {
    reg: [
      "",
      "",
      "psrlq Nq,Ib|psrlq Udq,Ib|",
      "|psrldq Udq,Ib|",
      "",
      "",
      "psllq Nq,Ib|psllq Udq,Ib|",
      "|pslldq Udq,Ib|",
    ],
  },
  "15": {
    memory: {
      reg: [
        "fxsave M|",
        "fxrstor M|",
        "ldmxcsr Md|",
        "stmxcsr Md|",
        "xsave M||ptwrite Ey no66|",
        "xrstor M|",
        "xsaveopt M|clwb Mb|clrssbsy Mq|",
        "clflush Mb|clflushopt Mb|",
      ],
    },
    register: {
      reg: [
        "||rdfsbase Ry o64|",
        "||rdgsbase Ry o64|",
        "||wrfsbase Ry o64|",
        "||wrgsbase Ry o64|",
        "||ptwrite Ey no66|",
        "lfence||incssp Ry|",
        "mfence|tpause Ry|umonitor Ras|umwait Ry",
        "sfence|",
      ],
    },
  },
  "16": {
    memory: {
      reg: [
        "prefetchnta Mb",
        "prefetcht0 Mb",
        "prefetcht1 Mb",
        "prefetcht2 Mb",
        RESERVED_NOP,
        RESERVED_NOP,
        "prefetchit1 Mb",
        "prefetchit0 Mb",
      ],
    },
    register: RESERVED_NOP,
  },
  "1c": {
    memory: {
      reg: ["cldemote Mb no66 / nop Ev,Gv|=|nop Ev,Gv|nop Ev,Gv", ...SEVEN_RESERVED_NOPS],
    },
    register: RESERVED_NOP,
  },
  "1e": {
    memory: RESERVED_NOP,
    register: {
      reg: [
        RESERVED_NOP,
        "rdssp Ry",
        RESERVED_NOP,
        RESERVED_NOP,
        RESERVED_NOP,
        RESERVED_NOP,
        RESERVED_NOP,
        {
          rm: [
            RESERVED_NOP,
            RESERVED_NOP,
            "endbr64",
            "endbr32",
            RESERVED_NOP,
            RESERVED_NOP,
            RESERVED_NOP,
            RESERVED_NOP,
          ],
        },
      ],
    },
  },
  "1f": { reg: ["nop Ev", ...SEVEN_RESERVED_NOPS] },
  "17": { reg: ["extrq Udq,Ib,Ib", "", "", "", "", "", "", ""] },
  keylocker: {
    memory: {
      reg: [
        "||aesencwide128kl Mh|",
        "||aesdecwide128kl Mh|",
        "||aesencwide256kl Mzz|",
        "||aesdecwide256kl Mzz|",
        "",
        "",
        "",
        "",
      ],
    },
    register: "",
  },
  hreset: {
    memory: "",
    register: { reg: [{ rm: ["||hreset Ib|", "", "", "", "", "", "", ""] }, "", "", "", "", "", "", ""] },
  },
  p: {
    memory: {
      reg: [
        "prefetch Mb",
        "prefetchw Mb",
        "prefetchwt1 Mb",
        "prefetchw Mb",
        "prefetch Mb",
        "prefetch Mb",
        "prefetch Mb",
        "prefetch Mb",
      ],
    },
    register: RESERVED_NOP,
  },
};
