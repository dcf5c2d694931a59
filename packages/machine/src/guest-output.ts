import type { Pc } from "./pc.ts";

/** What a guest left behind on its PC. */
export interface GuestOutput {
  readonly serial: string;
  readonly debug: string;
  /** -1: it did not leave through the exit port. */
  readonly exitCode: number;
  /** There was more serial output than is kept. */
  readonly truncated: boolean;
  /** What has come since the last time; the first time, all. */
  takeNew(): { readonly serial: string; readonly debug: string };
}

export function guestOutput({ output, exit }: Pc): GuestOutput {
  const { serial, debug, truncated } = output.state;
  return { serial, debug, exitCode: exit.state.code, truncated, takeNew: () => output.takeNew() };
}
