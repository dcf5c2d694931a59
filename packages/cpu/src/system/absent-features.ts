import type { CpuidFeature } from "@hvdiff/spec";
import { type Executor, STATUS_ABORTED } from "../op.ts";
import { raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";

/** Instructions that are not simulated: #UD on a model without the feature, else the run stops and names them. */
const FEATURE_OF: Readonly<Record<string, CpuidFeature>> = {
  encls: "sgx",
  enclu: "sgx",
  enclv: "sgx",
  pconfig: "pconfig",
  xbegin: "rtm",
  xabort: "rtm",
  xend: "rtm",
  xtest: "rtm",
  tpause: "waitpkg",
  umwait: "waitpkg",
  umonitor: "waitpkg",
  serialize: "serialize",
  ptwrite: "intel-pt",
  monitorx: "mwaitx",
  mwaitx: "mwaitx",
  rdpru: "rdpru",
  clzero: "clzero",
  movdiri: "movdiri",
  movdir64b: "movdir64b",
  enqcmd: "enqcmd",
  enqcmds: "enqcmd",
  incssp: "cet-ss",
  saveprevssp: "cet-ss",
  rstorssp: "cet-ss",
  setssbsy: "cet-ss",
  clrssbsy: "cet-ss",
  wrss: "cet-ss",
  wruss: "cet-ss",
  clui: "uintr",
  stui: "uintr",
  testui: "uintr",
  uiret: "uintr",
  senduipi: "uintr",
  wrmsrns: "wrmsrns",
  rdmsrlist: "msrlist",
  wrmsrlist: "msrlist",
  lkgs: "lkgs",
  xsusldtrk: "tsx-ldtrk",
  xresldtrk: "tsx-ldtrk",
  mcommit: "mcommit",
};

function absent(mnemonic: string, feature: CpuidFeature): Executor {
  return (c, i) => {
    if (!hasFeature(c, feature)) return raise(c, UD);
    c.stopUnimplemented(mnemonic, i.instruction.bytes);
    return STATUS_ABORTED;
  };
}

/** See `FEATURE_OF`. */
export const ABSENT_FEATURES: Readonly<Record<string, Executor>> = Object.fromEntries(
  Object.entries(FEATURE_OF).map(([mnemonic, feature]) => [mnemonic, absent(mnemonic, feature)]),
);
