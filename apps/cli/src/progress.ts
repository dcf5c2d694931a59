import type { Environment } from "./environment.ts";

/** Runs `work` with a line on stderr that says so while it lasts; only where a person is watching. */
export function withProgress<T>(environment: Environment, text: string, work: () => T): T {
  const { CI } = environment.variables;
  const watched = environment.stderrIsTerminal && (CI ?? "") === "";
  if (!watched) return work();
  environment.stderr(`${text} …`);
  try {
    return work();
  } finally {
    environment.stderr("\r\u001b[2K");
  }
}
