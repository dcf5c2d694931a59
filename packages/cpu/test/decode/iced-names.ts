/** Oracle mnemonics that we fold into one name with an operand or address size. */
const RENAMED: Readonly<Record<string, string>> = {
  pushad: "pusha",
  popad: "popa",
  pushfd: "pushf",
  pushfq: "pushf",
  popfd: "popf",
  popfq: "popf",
  iretd: "iret",
  iretq: "iret",
  xlatb: "xlat",
  jecxz: "jcxz",
  jrcxz: "jcxz",
  sysretq: "sysret",
  sysexitq: "sysexit",
  getsecq: "getsec",
  sal: "shl",
  incsspd: "incssp",
  incsspq: "incssp",
  wrssd: "wrss",
  wrssq: "wrss",
  wrussd: "wruss",
  wrussq: "wruss",
  reservednop: "nop",
  rdsspd: "rdssp",
  rdsspq: "rdssp",
};

/** Our mnemonic for an oracle mnemonic; `code` is the oracle's name of the encoding. */
export function icedMnemonic(name: string, code: string): string {
  const lower = name.toLowerCase();
  if (/^(Movsd|Cmpsd)_xmm/i.test(code) || code.startsWith("Movsd_xmmm64")) return `${lower}.x`;
  if (/^Reservednop_.*0F1[AB]$/.test(code)) return "mpx";
  if (/^(Call|Jmp)_(ptr|m16)/.test(code)) return `${lower}f`;
  const renamed = RENAMED[lower];
  if (renamed !== undefined) return renamed;
  return /^v?(fxsave|fxrstor|xsave|xsaveopt|xsavec|xsaves|xrstor|xrstors|pcmpestr[im])64$/.test(lower)
    ? lower.slice(0, -2)
    : lower;
}

const IMPLICIT_ONLY = new Set(["xlat", "vmrun", "vmload", "vmsave", "skinit", "invlpga", "clzero"]);

/** Whether all operands of the instruction are implicit for us, though the oracle lists them. */
export function takesNoOperands(mnemonic: string): boolean {
  return IMPLICIT_ONLY.has(mnemonic) || /^(ins|outs|movs|cmps|stos|lods|scas)[bwdq]$/.test(mnemonic);
}

/** Memory operands whose width depends on more than the encoding: we say 0, the oracle its own structure sizes. */
export const UNSIZED_MEMORY: ReadonlySet<string> = new Set([
  "fxsave",
  "fxrstor",
  "fldenv",
  "fnstenv",
  "frstor",
  "fnsave",
  "xsave",
  "xsavec",
  "xsaves",
  "xsaveopt",
  "xrstor",
  "xrstors",
]);
