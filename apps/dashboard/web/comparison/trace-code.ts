import type { CodePlace, CodeResult, EventResult } from "@hvdiff/lab";
import type { Api } from "../api.ts";
import type { Compared } from "./comparison-controls.ts";

/** The instructions behind the events of the two traces. */
export interface TraceCode {
  left(event: EventResult): CodePlace | null;
  right(event: EventResult): CodePlace | null;
}

type Lookup = TraceCode["left"];

const NOTHING: Lookup = () => null;

function lookupIn({ places, events }: CodeResult): Lookup {
  return ({ index }) => places[events[index] ?? -1] ?? null;
}

/** Asks for the instructions of both columns. A column that cannot show them, such as a stack, has none, and says so. */
export async function loadCode(
  api: Api,
  compared: Compared,
): Promise<{ code: TraceCode; refusals: readonly string[] }> {
  const { scenario, cpu, quirks, schedule } = compared;
  const refusals: string[] = [];
  const of = (column: string): Promise<Lookup> =>
    api.code({ scenario, column, cpu, quirks, schedule }).then(lookupIn, (error: unknown) => {
      refusals.push(error instanceof Error ? error.message : String(error));
      return NOTHING;
    });
  const [left, right] = await Promise.all([of(compared.left), of(compared.right)]);
  return { code: { left, right }, refusals };
}
