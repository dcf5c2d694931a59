const RIGHTS = 16;
const MAXIMUM = 1 << 17;

/**
 * Guest-physical mappings, in pages of 4 KiB, for each EP4TA. They stay valid across VM entries and exits until INVEPT, as the manual
 * allows (SDM 3C "Information That May Be Cached"), so they are part of what a clone carries.
 */
export class GuestPhysicalMappings {
  /** Host page of the last hit of `rightsOf`. */
  hostPage = 0;
  /** Grows when something that was remembered is no more. */
  losses = 1;
  private roots = new Map<number, Map<number, number>>();
  private running = new Map<number, number>();

  /** Makes the mappings of an EP4TA the running ones. */
  select(root: number): void {
    let mappings = this.roots.get(root);
    if (mappings === undefined) {
      mappings = new Map();
      this.roots.set(root, mappings);
    }
    this.running = mappings;
  }

  /** Rights of a page, -1 if it is not known; leaves the host page in `hostPage`. */
  rightsOf(page: number): number {
    const known = this.running.get(page);
    if (known === undefined) return -1;
    this.hostPage = Math.floor(known / RIGHTS);
    return known & (RIGHTS - 1);
  }

  remember(page: number, hostPage: number, rights: number): void {
    if (this.running.size >= MAXIMUM) {
      this.running.clear();
      this.losses++;
    }
    if (this.running.has(page)) this.losses++;
    this.running.set(page, hostPage * RIGHTS + rights);
  }

  forget(page: number): void {
    this.running.delete(page);
    this.losses++;
  }

  drop(root: number): void {
    this.roots.delete(root);
    this.losses++;
  }

  clear(): void {
    this.roots.clear();
    this.losses++;
  }

  copyFrom(other: GuestPhysicalMappings): void {
    this.losses++;
    this.roots = new Map([...other.roots].map(([root, mappings]) => [root, new Map(mappings)]));
  }

  /** Root, page, host page and rights of every mapping, sorted: for hashes and tests. */
  entries(): { root: number; page: number; hostPage: number; rights: number }[] {
    const all = [...this.roots].flatMap(([root, mappings]) =>
      [...mappings].map(([page, known]) => ({
        root,
        page,
        hostPage: Math.floor(known / RIGHTS),
        rights: known & (RIGHTS - 1),
      })),
    );
    return all.sort((a, b) => a.root - b.root || a.page - b.page);
  }
}
