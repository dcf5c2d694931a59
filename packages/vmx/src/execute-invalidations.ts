import { ACCESS_READ, FAULT_NONE, memoryAddress, type Op, readOperand, STATUS_ABORTED } from "@hvdiff/cpu";
import { u64 } from "@hvdiff/spec";
import type { VmxCore } from "./core.ts";
import { finish } from "./finish.ts";
import { checkInvept, invept } from "./instructions/invept.ts";
import { checkInvvpid, invvpid } from "./instructions/invvpid.ts";
import { checkPermission } from "./instructions/permission.ts";
import type { VmxOutcome } from "./outcome.ts";

const DESCRIPTOR_BYTES = 16;

/** Type register and descriptor of an invalidation. */
interface Operands {
  typeLow: number;
  typeHigh: number;
  lows: readonly [number, number];
  highs: readonly [number, number];
}

/** Reads the operands; null when a fault is pending. */
function readOperands({ c }: VmxCore, op: Op): Operands | null {
  const typeLow = readOperand(c, op, 0);
  const typeHigh = c.hi;
  const at = memoryAddress(c, op, DESCRIPTOR_BYTES, ACCESS_READ);
  const atHigh = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const first = c.load64(at, atHigh);
  const firstHigh = c.hi;
  if (c.fault !== FAULT_NONE) return null;
  const second = c.load64((at + 8) | 0, at >>> 0 > 0xfffffff7 ? (atHigh + 1) | 0 : atHigh);
  if (c.fault !== FAULT_NONE) return null;
  return { typeLow, typeHigh, lows: [first, second], highs: [firstHigh, c.hi] };
}

function execute(
  core: VmxCore,
  op: Op,
  denied: VmxOutcome | null,
  operation: (operands: Operands) => VmxOutcome,
): number {
  if (denied !== null) return finish(core, op, denied);
  const operands = readOperands(core, op);
  if (operands === null) return STATUS_ABORTED;
  return finish(core, op, operation(operands), u64(operands.typeLow, operands.typeHigh));
}

/** INVEPT r, m128. */
export function executeInvept(core: VmxCore, op: Op): number {
  const denied = checkInvept(core.environment) ?? checkPermission(core.environment);
  return execute(core, op, denied, ({ typeLow, typeHigh, lows, highs }) =>
    invept(core.environment, { typeLow, typeHigh, eptpLow: lows[0], eptpHigh: highs[0] }),
  );
}

/** INVVPID r, m128. */
export function executeInvvpid(core: VmxCore, op: Op): number {
  const denied = checkInvvpid(core.environment) ?? checkPermission(core.environment);
  return execute(core, op, denied, ({ typeLow, typeHigh, lows, highs }) =>
    invvpid(core.environment, {
      typeLow,
      typeHigh,
      descriptorLow: lows[0],
      descriptorHigh: highs[0],
      linearLow: lows[1],
      linearHigh: highs[1],
    }),
  );
}
