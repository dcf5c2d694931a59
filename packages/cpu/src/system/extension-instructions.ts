import { type Executor, STATUS_ABORTED } from "../op.ts";

const VMX_AND_SVM = [
  "vmcall",
  "vmclear",
  "vmlaunch",
  "vmptrld",
  "vmptrst",
  "vmread",
  "vmresume",
  "vmwrite",
  "vmxoff",
  "vmxon",
  "vmfunc",
  "invept",
  "invvpid",
  "vmrun",
  "vmmcall",
  "vmload",
  "vmsave",
  "stgi",
  "clgi",
  "skinit",
  "invlpga",
];

/** The virtualization extension's own instructions; #UD on a processor without one. */
const executeInExtension: Executor = (c, i) => {
  if (c.extension !== null) return c.extension.execute(i);
  c.raise(6);
  return STATUS_ABORTED;
};

export const EXTENSION_INSTRUCTIONS: Readonly<Record<string, Executor>> = Object.fromEntries(
  VMX_AND_SVM.map((mnemonic) => [mnemonic, executeInExtension]),
);
