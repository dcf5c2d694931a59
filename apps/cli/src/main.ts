import { runCli } from "./cli.ts";
import { EXIT } from "./command.ts";
import { runMain } from "./run-main.ts";

await runMain(runCli, { name: "hvdiff", trouble: EXIT.trouble });
