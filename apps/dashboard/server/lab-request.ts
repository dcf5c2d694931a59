import type { Lab, RunOptions } from "@hvdiff/lab";

/** A question to the lab as plain data: it is posted to a worker thread and is the key of the cache. `columns: null` means the default ones. */
export type LabRequest =
  | { readonly method: "scenarios" }
  | { readonly method: "columns" }
  | { readonly method: "matrix"; readonly columns: readonly string[] | null; readonly options: RunOptions }
  | {
      readonly method: "matrixRow";
      readonly scenario: string;
      readonly columns: readonly string[] | null;
      readonly options: RunOptions;
    }
  | { readonly method: "caps"; readonly columns: readonly string[] | null; readonly options: RunOptions }
  | { readonly method: "quirks"; readonly column: string | null }
  | {
      readonly method: "diff";
      readonly scenario: string;
      readonly columns: readonly string[] | null;
      readonly options: RunOptions;
    }
  | {
      readonly method: "compare";
      readonly scenario: string;
      readonly left: string;
      readonly right: string;
      readonly options: RunOptions;
    };

/** Asks the lab; the answer is JSON data. */
export function answer(lab: Lab, request: LabRequest): unknown {
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
    case "diff":
      return lab.diff({ scenario: request.scenario }, request.columns ?? lab.defaultColumns(), request.options);
    case "compare":
      return lab.compare({ scenario: request.scenario }, request.left, request.right, request.options);
  }
}
