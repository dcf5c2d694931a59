import type { DebugTarget } from "@hvdiff/lab";
import { hexAddress, hexNumber } from "./hex.ts";

const ACCESS = { "2": "write", "3": "read", "4": "any" } as const;

/** `Z` and `z`: `type,address,kind`. Software and hardware breakpoints are the same here: neither is in the guest. */
export function breakpointPacket(target: DebugTarget, text: string, insert: boolean): string {
  const [type, first, kind] = text.split(";")[0]!.split(",");
  const address = hexAddress(first);
  const length = hexNumber(kind);
  if (address === null || length === null) return "E01";
  const { breakpoints } = target;
  if (type === "0" || type === "1") {
    if (insert) breakpoints.add(address);
    else breakpoints.remove(address);
    return "OK";
  }
  if (type !== "2" && type !== "3" && type !== "4") return "";
  const watchpoint = { address, length, access: ACCESS[type] };
  if (insert) breakpoints.addWatchpoint(watchpoint);
  else breakpoints.removeWatchpoint(watchpoint);
  return "OK";
}
