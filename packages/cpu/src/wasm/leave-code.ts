import { Emitter, LEFT, SITE } from "./emitter.ts";
import { OP } from "./opcodes.ts";

/** The result of a region: which site, and the instructions left in multiples of 65536. */
export function leaveCode(): number[] {
  const out = new Emitter();
  out.index(OP.localGet, LEFT);
  out.op(OP.f64ConvertI32U, OP.f64Const, 0, 0, 0, 0, 0, 0, 0xf0, 0x40, OP.f64Mul);
  out.index(OP.localGet, SITE);
  out.op(OP.f64ConvertI32U, OP.f64Add);
  return out.code;
}
