import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";

/** Access rights of the segments that fast system calls load. */
export const CODE_64 = 0xa09b;
export const CODE_32 = 0xc09b;
export const FLAT_DATA = 0xc093;

/** A flat code or stack segment at a privilege level, not read from any table. */
export function setFlat(c: Processor, register: number, selector: number, rights: number, dpl: number): void {
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  c.s[word + S.SEGMENT_SELECTOR] = selector & 0xffff;
  c.s[word + S.SEGMENT_BASE] = 0;
  c.s[word + S.SEGMENT_BASE_HIGH] = 0;
  c.s[word + S.SEGMENT_LIMIT] = -1;
  c.s[word + S.SEGMENT_ACCESS] = rights | (dpl << 5);
}
