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
  STATE,
} from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import {
  exitForFullLog,
  exitForMisconfiguration,
  exitForSubPages,
  exitForViolation,
  type FailedAccess,
} from "./ept-exit.ts";
import {
  EPT_USER_EXECUTE,
  EptWalk,
  WALK_LOG_FULL,
  WALK_MAPPED,
  WALK_MISCONFIGURED,
  WALK_VIOLATION,
  type WalkEnd,
} from "./ept-walk.ts";
import { GuestPhysicalMappings } from "./mappings.ts";
import { PageModificationLog } from "./page-modification-log.ts";
import { peekEpt } from "./peek-ept.ts";
import { findSubPages, isSubPageWritable, SUB_PAGES_FOUND, SUB_PAGES_MISS } from "./sub-page-permissions.ts";

const ACCESSED_DIRTY = 1 << 6;
const CR0_PG = 1 << 31;

/** EPT as the second stage of address translation (SDM 3C "The Extended Page Table Mechanism (EPT)"). */
export class EptSecondStage implements SecondStage {
  permissions = 0;
  readonly mappings = new GuestPhysicalMappings();
  private readonly core: VmxCore;
  private readonly walker: EptWalk;
  private readonly log: PageModificationLog;
  private root = 0;
  private tracksDirty = false;
  private hasSubPages = false;
  /** How many EPTPs have been chosen. */
  private chosen = 1;

  constructor(core: VmxCore) {
    this.core = core;
    this.walker = new EptWalk(core.c.memory, core.capabilities);
    this.log = new PageModificationLog(core);
  }

  /** Makes an EPTP the running one, under the controls of the running guest. */
  use(eptpLow: number, eptpHigh: number): void {
    const secondary = this.core.s[W.SECONDARY]!;
    const root = joinAddress(eptpLow & ~0xfff, eptpHigh);
    if (root !== this.root) this.chosen++;
    this.root = root;
    this.tracksDirty = (eptpLow & ACCESSED_DIRTY) !== 0;
    this.hasSubPages = (secondary & C.SUB_PAGE_WRITE_PERMISSIONS) !== 0;
    this.walker.isModeBased = (secondary & C.MODE_BASED_EXECUTE_CONTROL) !== 0;
    this.walker.log = (secondary & C.ENABLE_PML) !== 0 ? this.log : null;
    this.mappings.select(this.root);
  }

  /** A write has to set dirty flags that software may have cleared, or depends on where in the page it is; so may rights to fetch on the linear address. */
  get generation(): number {
    const { isModeBased, log } = this.walker;
    const depends = this.tracksDirty || this.hasSubPages || isModeBased || log !== null;
    return depends ? 0 : this.mappings.losses + this.chosen;
  }

  /** The right to fetch from the linear address that is being translated: without paging all of them are user-mode addresses. */
  private get executeRight(): number {
    if (!this.walker.isModeBased) return STAGE2_EXECUTE;
    const { c, s } = this.core;
    const isUser = (s[STATE.CR0]! & CR0_PG) === 0 || c.walkState.userPage;
    return isUser ? EPT_USER_EXECUTE : STAGE2_EXECUTE;
  }

  private rightFor(access: Access): number {
    return access === ACCESS_READ ? STAGE2_READ : access === ACCESS_WRITE ? STAGE2_WRITE : this.executeRight;
  }

  /** The rights of a mapping as the TLB knows them. */
  private permissionsFrom(rights: number): number {
    if (!this.walker.isModeBased) return rights;
    return (rights & (STAGE2_READ | STAGE2_WRITE)) | ((rights & this.executeRight) !== 0 ? STAGE2_EXECUTE : 0);
  }

  translate(gpa: number, access: Access, walk: boolean, linear: LinearContext): number {
    // With accessed and dirty flags, accesses to guest paging structures count as writes.
    const needed = walk && this.tracksDirty ? STAGE2_READ | STAGE2_WRITE : this.rightFor(access);
    const page = Math.floor(gpa / 4096);
    const known = this.mappings.rightsOf(page);
    if (known >= 0 && (known & needed) === needed) {
      this.permissions = this.permissionsFrom(known);
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
      // Only the TLB remembers that a page is dirty: software that clears the flag and enters anew finds it set by the next write.
      this.mappings.remember(page, walker.hostPage, this.tracksDirty ? rights & ~STAGE2_WRITE : rights);
      this.permissions = this.permissionsFrom(rights);
      return walker.hostPage * 4096 + (gpa % 4096);
    }
    this.mappings.forget(page);
    return access === ACCESS_WRITE && !walk && this.usesSubPages(result)
      ? this.writeSubPage(gpa, page, linear)
      : this.exit(result, { gpa, access, needed, walk, linear });
  }

  private usesSubPages(result: WalkEnd): boolean {
    return this.hasSubPages && result === WALK_VIOLATION && this.walker.isEligibleForSubPages;
  }

  /** A write that the page as a whole does not allow. It is never remembered. */
  private writeSubPage(gpa: number, page: number, linear: LinearContext): number {
    const { walker, core } = this;
    const { vmcs, c, capabilities } = core;
    const pointer = F.SUB_PAGE_PERMISSION_TABLE_POINTER;
    const table = joinAddress(vmcs.lo(pointer) & ~0xfff, vmcs.hi(pointer));
    const found = findSubPages(c.memory, table, capabilities.reservedAddressHigh, page);
    const denied: FailedAccess = { gpa, access: ACCESS_WRITE, needed: STAGE2_WRITE, walk: false, linear };
    if (found.end !== SUB_PAGES_FOUND) {
      exitForSubPages(core, denied, found.end === SUB_PAGES_MISS);
      return STAGE2_EXIT;
    }
    if (!isSubPageWritable(found, gpa)) return this.exit(WALK_VIOLATION, denied);
    const result = walker.finishSubPageWrite(page, this.tracksDirty);
    if (result !== WALK_MAPPED) return this.exit(result, denied);
    this.permissions = this.permissionsFrom(walker.rights);
    return walker.hostPage * 4096 + (gpa % 4096);
  }

  private exit(result: WalkEnd, access: FailedAccess): number {
    if (result === WALK_MISCONFIGURED) exitForMisconfiguration(this.core, access.gpa);
    else if (result === WALK_LOG_FULL) exitForFullLog(this.core);
    else {
      const { rights, isConvertible } = this.walker;
      exitForViolation(this.core, { ...access, rights, isConvertible });
    }
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
    this.use(this.core.s[W.EPTP]!, this.core.s[W.EPTP + 1]!);
  }
}
