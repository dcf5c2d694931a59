import {
  ACCESS_FETCH,
  ACCESS_WRITE,
  type Access,
  type LinearContext,
  peekWord,
  type SecondStage,
  STAGE2_EXIT,
  STATE,
} from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as W from "../state.ts";
import { exitForNestedFault } from "./nested-fault.ts";
import { type NestedAccess, NestedWalk, NPF_FETCH, nestedRoot, setNestedMode } from "./nested-walk.ts";

/** Nested paging as the second stage of address translation (APM 2 "Nested Paging"). */
export class NestedSecondStage implements SecondStage {
  permissions = 0;
  /** Nothing of a walk is remembered: each is made, and sets its flags. */
  readonly generation = 0;
  readonly walksPdptes = true;
  private readonly core: SvmCore;
  private readonly walker: NestedWalk;
  private readonly attempt: NestedAccess = { write: false, fetch: false, supervisor: false };
  private root = 0;

  constructor(core: SvmCore) {
    this.core = core;
    this.walker = new NestedWalk(core.c.memory);
  }

  /** Takes the mode and the root from the state words. */
  use(): void {
    const { c, s, capabilities } = this.core;
    const { mode } = this.walker;
    setNestedMode(mode, capabilities, {
      cr4: s[W.HOST_CR4]!,
      efer: s[W.HOST_EFER]!,
      control: s[W.NESTED_CONTROL]!,
      gigabytePages: c.gigabytePages,
    });
    this.root = nestedRoot(mode, s[W.NESTED_CR3]!, s[W.NESTED_CR3 + 1]!);
  }

  translate(gpa: number, access: Access, walk: boolean, _linear: LinearContext): number {
    const { walker, core, attempt } = this;
    attempt.fetch = !walk && access === ACCESS_FETCH;
    // The guest's own page-table entries are always accessed as if they were written.
    attempt.write = walk || access === ACCESS_WRITE;
    attempt.supervisor = core.s[STATE.CPL]! < 3;
    if (walker.walk(this.root, Math.floor(gpa / 4096), attempt)) {
      this.permissions = walker.rights;
      return walker.hostPage * 4096 + (gpa % 4096);
    }
    const reportsFetch = walker.mode.noExecute || (core.s[W.HOST_CR4]! & C.CR4_SMEP) !== 0;
    exitForNestedFault(core, gpa, reportsFetch ? walker.error : walker.error & ~NPF_FETCH, walk);
    return STAGE2_EXIT;
  }

  /** Where a guest-physical address leads, for onlookers: no flag is set, no permission asked; -1 where it leads nowhere. */
  peek(gpa: number): number {
    return this.walker.peek(this.root, gpa, (address) => peekWord(this.core.c.memory, address));
  }
}
