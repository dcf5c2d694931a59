import type { Environment } from "./environment.ts";

/** Runs `work` with a line on stderr that says so while it lasts; only where a person is watching. `tell` puts in how far it is. */
export async function withProgress<T>(
  environment: Environment,
  text: string,
  work: (tell: (done: number, all: number) => void) => T | Promise<T>,
): Promise<T> {
  const { CI } = environment.variables;
  const watched = environment.stderrIsTerminal && (CI ?? "") === "";
  if (!watched) return await work(() => {});
  environment.stderr(`${text} …`);
  try {
    return await work((done, all) => environment.stderr(`\r\u001b[2K${text}: ${done} of ${all} …`));
  } finally {
    environment.stderr("\r\u001b[2K");
  }
}
