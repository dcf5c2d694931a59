import {
  ACCESS_READ,
  ACCESS_WRITE,
  type Access,
  type LinearContext,
  type SecondStage,
  STAGE2_EXECUTE,
  STAGE2_EXIT,
  STAGE2_READ,
  STAGE2_WRITE,
} from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import type { VmxCore } from "../core.ts";
import { EPTP } from "../state.ts";
import { exitForMisconfiguration, exitForViolation } from "./ept-exit.ts";
import { EptWalk, WALK_MAPPED, WALK_MISCONFIGURED } from "./ept-walk.ts";
import { GuestPhysicalMappings } from "./mappings.ts";
import { peekEpt } from "./peek-ept.ts";

const ACCESSED_DIRTY = 1 << 6;

/** The right that each access needs, by `Access`. */
function rightFor(access: Access): number {
  return access === ACCESS_READ ? STAGE2_READ : access === ACCESS_WRITE ? STAGE2_WRITE : STAGE2_EXECUTE;
}

/** EPT as the second stage of address translation (SDM 3C "The Extended Page Table Mechanism (EPT)"). */
export class EptSecondStage implements SecondStage {
  permissions = 0;
  readonly mappings = new GuestPhysicalMappings();
  private readonly core: VmxCore;
  private readonly walker: EptWalk;
  private root = 0;
  private tracksDirty = false;

  constructor(core: VmxCore) {
    this.core = core;
    this.walker = new EptWalk(core.c.memory, core.capabilities);
  }

  /** Makes an EPTP the running one. */
  use(eptpLow: number, eptpHigh: number): void {
    this.root = joinAddress(eptpLow & ~0xfff, eptpHigh);
    this.tracksDirty = (eptpLow & ACCESSED_DIRTY) !== 0;
    this.mappings.select(this.root);
  }

  translate(gpa: number, access: Access, walk: boolean, linear: LinearContext): number {
    // With accessed and dirty flags, accesses to guest paging structures count as writes.
    const needed = walk && this.tracksDirty ? STAGE2_READ | STAGE2_WRITE : rightFor(access);
    const page = Math.floor(gpa / 4096);
    const known = this.mappings.rightsOf(page);
    if (known >= 0 && (known & needed) === needed) {
      this.permissions = known;
      return this.mappings.hostPage * 4096 + (gpa % 4096);
    }
    return this.walk(gpa, page, needed, access, walk, linear);
  }

  private walk(
    gpa: number,
    page: number,
    needed: number,
    access: Access,
    walk: boolean,
    linear: LinearContext,
  ): number {
    const walker = this.walker;
    const result = walker.walk(this.root, page, needed, this.tracksDirty);
    if (result === WALK_MAPPED) {
      // Until the entry is dirty a write has to walk again, to set the flag.
      const rights = this.tracksDirty && !walker.dirty ? walker.rights & ~STAGE2_WRITE : walker.rights;
      this.mappings.remember(page, walker.hostPage, rights);
      this.permissions = rights;
      return walker.hostPage * 4096 + (gpa % 4096);
    }
    this.mappings.forget(page);
    if (result === WALK_MISCONFIGURED) exitForMisconfiguration(this.core, gpa);
    else exitForViolation(this.core, { gpa, access, needed, rights: walker.rights, walk, linear });
    return STAGE2_EXIT;
  }

  /** Where the running EPTP leads a guest-physical address, for onlookers: -1 where it leads nowhere. */
  peek(gpa: number): number {
    const { memory } = this.core.c;
    return peekEpt(memory, this.core.capabilities, this.root, gpa);
  }

  /** INVEPT. */
  invalidate(all: boolean, eptpLow: number, eptpHigh: number): void {
    if (all) this.mappings.clear();
    else this.mappings.drop(joinAddress(eptpLow & ~0xfff, eptpHigh));
    this.mappings.select(this.root);
  }

  /** Takes the running EPTP from the state words, after they were copied. */
  restore(): void {
    this.use(this.core.s[EPTP]!, this.core.s[EPTP + 1]!);
  }
}
