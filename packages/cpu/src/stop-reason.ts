/** Why the processor cannot go on. Each is an outcome of the run, not an error of the simulator. */
export type StopReason =
  | { readonly kind: "unimplemented"; readonly what: string; readonly bytes: string }
  | { readonly kind: "triple-fault" }
  /** Exceptions are delivered one behind the other and no instruction completes any more. */
  | { readonly kind: "loop"; readonly what: string }
  | { readonly kind: "shutdown"; readonly what: string }
  /** Code has come to a client in TypeScript, at this offset of the machine's buffer: not an end, the client goes on. */
  | { readonly kind: "gate"; readonly at: number };

/** The run cannot go on at an instruction that the simulator does not implement. */
export function unimplementedStop(what: string, bytes: Uint8Array): StopReason {
  return { kind: "unimplemented", what, bytes: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ") };
}
