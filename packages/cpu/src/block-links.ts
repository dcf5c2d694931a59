import type { Block } from "./block.ts";
import type { Processor } from "./processor.ts";
import { RIP } from "./state-layout.ts";

/** The block that followed last or last but one, if RIP leads there again and its code is as it was. The links must be of this epoch. */
export function linkedBlock(c: Processor, previous: Block): Block | null {
  const low = c.s[RIP];
  const high = c.s[RIP + 1];
  const { codeVersion } = c.memory;
  let next = previous.link;
  if (next !== null && next.ripLow === low && next.ripHigh === high && codeVersion[next.frame] === next.version)
    return next;
  next = previous.otherLink;
  if (next !== null && next.ripLow === low && next.ripHigh === high && codeVersion[next.frame] === next.version)
    return next;
  return null;
}

/** Notes that one block followed another. */
export function link(c: Processor, previous: Block, next: Block): void {
  if (previous.linkEpoch !== c.translationEpoch) {
    previous.link = null;
    previous.otherLink = null;
    previous.linkEpoch = c.translationEpoch;
  }
  if (previous.link === null) previous.link = next;
  else previous.otherLink = next;
}
