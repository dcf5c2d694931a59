import type { CapsResult, CompareResult, Lab, MatrixResult, QuirkResult, ScenarioResult } from "@hvdiff/lab";

/** What one can choose from. */
export interface Choices {
  /** Columns shown when none is named, metal first. */
  readonly defaults: ReturnType<Lab["defaultColumns"]>;
  readonly cpus: ReturnType<Lab["cpus"]>;
}

/** The server's answers; each question is asked once. */
export interface Api {
  scenarios(): Promise<readonly ScenarioResult[]>;
  choices(): Promise<Choices>;
  quirks(): Promise<readonly QuirkResult[]>;
  /** One scenario's row of the matrix. */
  matrixRow(asked: { scenario: string; on: readonly string[] | null; cpu: string | null }): Promise<MatrixResult>;
  caps(asked: { on: readonly string[] | null; cpu: string | null }): Promise<CapsResult>;
  compare(asked: ComparisonAsked): Promise<CompareResult>;
}

export interface ComparisonAsked {
  readonly scenario: string;
  readonly left: string;
  readonly right: string;
  readonly cpu: string | null;
  readonly quirks: readonly string[];
}

const MOST_KEPT = 100;

export function createApi(): Api {
  const answers = new Map<string, Promise<unknown>>();

  function get<T>(path: string, parameters: Readonly<Record<string, string | null>> = {}): Promise<T> {
    const given = Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
    const query = new URLSearchParams(given).toString();
    const address = `api/v1/${path}${query === "" ? "" : `?${query}`}`;
    const result = answers.get(address) ?? ask(address);
    answers.delete(address);
    answers.set(address, result);
    result.catch(() => answers.delete(address));
    const [oldest] = answers.keys();
    if (answers.size > MOST_KEPT && oldest !== undefined) answers.delete(oldest);
    return result as Promise<T>;
  }

  return {
    scenarios: () => get("scenarios"),
    choices: () => get("columns"),
    quirks: () => get("quirks"),
    matrixRow: ({ scenario, on, cpu }) =>
      get(`matrix/${encodeURIComponent(scenario)}`, { on: on?.join(",") ?? null, cpu }),
    caps: ({ on, cpu }) => get("caps", { on: on?.join(",") ?? null, cpu }),
    compare: ({ scenario, left, right, cpu, quirks }) =>
      get(`compare/${encodeURIComponent(scenario)}`, { left, right, cpu, quirks: quirks.join(",") || null }),
  };
}

async function ask(address: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch {
    throw new Error("The server does not answer. Is “hvdiff serve” still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Error(typeof body.error === "string" ? body.error : `The server answered ${response.status}.`);
}
