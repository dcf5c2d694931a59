import { type ExploreOptions, type Guest, type Lab, type RunOptions, UsageError, type WalkOptions } from "@hvdiff/lab";

/** A bundled scenario, or an uploaded image by the SHA-256 of its bytes and the name it was given. */
export type GuestRef = { readonly scenario: string } | { readonly artefact: string; readonly name: string };

type Columns = readonly string[] | null;

/** A question to the lab as plain data: it is posted to a worker thread and is the key of what is kept. `columns: null` means the default ones. */
export type LabRequest =
  | { readonly method: "scenarios" }
  | { readonly method: "columns" }
  | { readonly method: "matrix"; readonly columns: Columns; readonly options: RunOptions }
  | { readonly method: "matrixRow"; readonly scenario: string; readonly columns: Columns; readonly options: RunOptions }
  | { readonly method: "caps"; readonly columns: Columns; readonly options: RunOptions }
  | { readonly method: "quirks"; readonly column: string | null }
  | { readonly method: "dump"; readonly text: string; readonly column: string | null; readonly options: RunOptions }
  | { readonly method: "diff"; readonly guest: GuestRef; readonly columns: Columns; readonly options: RunOptions }
  | { readonly method: "structures"; readonly guest: GuestRef; readonly column: string; readonly options: RunOptions }
  | { readonly method: "code"; readonly guest: GuestRef; readonly column: string; readonly options: RunOptions }
  | { readonly method: "explore"; readonly guest: GuestRef; readonly column: string; readonly options: ExploreOptions }
  | {
      readonly method: "pageWalk";
      readonly guest: GuestRef;
      readonly column: string;
      readonly options: RunOptions;
      readonly asked: WalkOptions;
    }
  | {
      readonly method: "compare";
      readonly guest: GuestRef;
      readonly left: string;
      readonly right: string;
      readonly options: RunOptions;
    };

/** Asks the lab; the answer is JSON data. */
export function answer(lab: Lab, request: LabRequest, image?: Uint8Array): unknown {
  switch (request.method) {
    case "scenarios":
      return lab.scenarios();
    case "columns":
      return { defaults: lab.defaultColumns(), cpus: lab.cpus() };
    case "matrix":
      return lab.matrix(request.columns ?? lab.defaultColumns(), request.options);
    case "matrixRow":
      return lab.matrixRow(request.scenario, request.columns ?? lab.defaultColumns(), request.options);
    case "caps":
      return lab.caps(request.columns ?? lab.defaultColumns(), request.options);
    case "quirks":
      return request.column === null ? lab.quirks() : lab.quirks(request.column);
    case "dump":
      return lab.readDump(request.text, request.column ?? undefined, request.options);
    case "diff":
      return lab.diff(guestOf(request.guest, image), request.columns ?? lab.defaultColumns(), request.options);
    case "structures":
      return lab.structures(guestOf(request.guest, image), request.column, request.options);
    case "code":
      return lab.code(guestOf(request.guest, image), request.column, request.options);
    case "explore":
      return lab.explore(guestOf(request.guest, image), request.column, request.options);
    case "pageWalk":
      return lab.pageWalk(guestOf(request.guest, image), request.column, request.options, request.asked);
    case "compare":
      return lab.compare(guestOf(request.guest, image), request.left, request.right, request.options);
  }
}

function guestOf(guest: GuestRef, image: Uint8Array | undefined): Guest {
  if ("scenario" in guest) return guest;
  if (image === undefined) throw new UsageError(`there is no artefact ${guest.artefact}`);
  return { name: guest.name, image };
}
