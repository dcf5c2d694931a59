import { type Environment, processEnvironment } from "./environment.ts";

/** Runs a command line in the real process. `trouble` is the exit code for a defect of ours. */
export async function runMain(
  run: (argv: readonly string[], environment: Environment) => Promise<number>,
  { name, trouble }: { readonly name: string; readonly trouble: number },
): Promise<void> {
  // A reader that stops early (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    throw error;
  });
  try {
    process.exitCode = await run(process.argv.slice(2), processEnvironment());
  } catch (error) {
    // The stack is what a report needs, and the code must not read as an answer.
    const stack = error instanceof Error ? error.stack : error;
    process.stderr.write(`${name}: internal error, please report: ${stack}\n`);
    process.exitCode = trouble;
  }
}
