import type { OpcodeEntry } from "./opcode-form.ts";

/** SDM 2D "Escape Opcode Instructions": one row per first byte D8-DF, with the aliases that processors accept. */
export const X87_OPCODES: Readonly<Record<string, OpcodeEntry>> = {
  d8: {
    memory: { reg: ["fadd Md", "fmul Md", "fcom Md", "fcomp Md", "fsub Md", "fsubr Md", "fdiv Md", "fdivr Md"] },
    register: {
      reg: [
        "fadd ST,STi",
        "fmul ST,STi",
        "fcom ST,STi",
        "fcomp ST,STi",
        "fsub ST,STi",
        "fsubr ST,STi",
        "fdiv ST,STi",
        "fdivr ST,STi",
      ],
    },
  },
  d9: {
    memory: {
      reg: [
        "fld Md",
        "",
        "fst Md",
        "fstp Md",
        "fldenv M os16 / fldenv M =32",
        "fldcw Mw",
        "fnstenv M os16 / fnstenv M =32",
        "fnstcw Mw",
      ],
    },
    register: {
      reg: [
        "fld STi",
        "fxch ST,STi",
        { rm: ["fnop", "", "", "", "", "", "", ""] },
        "fstpnce STi",
        { rm: ["fchs", "fabs", "", "", "ftst", "fxam", "", ""] },
        { rm: ["fld1", "fldl2t", "fldl2e", "fldpi", "fldlg2", "fldln2", "fldz", ""] },
        { rm: ["f2xm1", "fyl2x", "fptan", "fpatan", "fxtract", "fprem1", "fdecstp", "fincstp"] },
        { rm: ["fprem", "fyl2xp1", "fsqrt", "fsincos", "frndint", "fscale", "fsin", "fcos"] },
      ],
    },
  },
  da: {
    memory: {
      reg: ["fiadd Md", "fimul Md", "ficom Md", "ficomp Md", "fisub Md", "fisubr Md", "fidiv Md", "fidivr Md"],
    },
    register: {
      reg: [
        "fcmovb ST,STi",
        "fcmove ST,STi",
        "fcmovbe ST,STi",
        "fcmovu ST,STi",
        "",
        { rm: ["", "fucompp", "", "", "", "", "", ""] },
        "",
        "",
      ],
    },
  },
  db: {
    memory: { reg: ["fild Md", "fisttp Md", "fist Md", "fistp Md", "", "fld Mt", "", "fstp Mt"] },
    register: {
      reg: [
        "fcmovnb ST,STi",
        "fcmovne ST,STi",
        "fcmovnbe ST,STi",
        "fcmovnu ST,STi",
        { rm: ["fneni", "fndisi", "fnclex", "fninit", "fnsetpm", "", "", ""] },
        "fucomi ST,STi",
        "fcomi ST,STi",
        "",
      ],
    },
  },
  dc: {
    memory: { reg: ["fadd Mq", "fmul Mq", "fcom Mq", "fcomp Mq", "fsub Mq", "fsubr Mq", "fdiv Mq", "fdivr Mq"] },
    register: {
      reg: [
        "fadd STi,ST",
        "fmul STi,ST",
        "fcom ST,STi",
        "fcomp ST,STi",
        "fsubr STi,ST",
        "fsub STi,ST",
        "fdivr STi,ST",
        "fdiv STi,ST",
      ],
    },
  },
  dd: {
    memory: {
      reg: [
        "fld Mq",
        "fisttp Mq",
        "fst Mq",
        "fstp Mq",
        "frstor M os16 / frstor M =32",
        "",
        "fnsave M os16 / fnsave M =32",
        "fnstsw Mw",
      ],
    },
    register: { reg: ["ffree STi", "fxch ST,STi", "fst STi", "fstp STi", "fucom ST,STi", "fucomp ST,STi", "", ""] },
  },
  de: {
    memory: {
      reg: ["fiadd Mw", "fimul Mw", "ficom Mw", "ficomp Mw", "fisub Mw", "fisubr Mw", "fidiv Mw", "fidivr Mw"],
    },
    register: {
      reg: [
        "faddp STi,ST",
        "fmulp STi,ST",
        "fcomp ST,STi",
        { rm: ["", "fcompp", "", "", "", "", "", ""] },
        "fsubrp STi,ST",
        "fsubp STi,ST",
        "fdivrp STi,ST",
        "fdivp STi,ST",
      ],
    },
  },
  df: {
    memory: { reg: ["fild Mw", "fisttp Mw", "fist Mw", "fistp Mw", "fbld Mt", "fild Mq", "fbstp Mt", "fistp Mq"] },
    register: {
      reg: [
        "ffreep STi",
        "fxch ST,STi",
        "fstp STi",
        "fstp STi",
        { rm: ["fnstsw AX", "", "", "", "", "", "", ""] },
        "fucomip ST,STi",
        "fcomip ST,STi",
        "",
      ],
    },
  },
};
