import { runCli } from "./cli.ts";
import { EXIT } from "./command.ts";
import { processEnvironment } from "./environment.ts";

// A reader that stops early (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  process.exitCode = await runCli(process.argv.slice(2), processEnvironment());
} catch (error) {
  // A defect of ours: the stack is what a report needs, and the code must not read as "different".
  process.stderr.write(`hvdiff: internal error, please report: ${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = EXIT.trouble;
}
