// Runs a package script with the pinned pnpm, on a machine that may have only Node, npm and git. `npm start` and `npm test` come here.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const script = process.argv[2];
const rest = process.argv.slice(3);

/** npm puts the package's bin directory on PATH for the command, so that turbo finds a real pnpm as well. */
function run(command) {
  const args = ["exec", "--yes", `--package=${packageManager}`, "--call", command];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", COREPACK_ENABLE_STRICT: "0" };
  // npm's own settings must not leak into pnpm, which warns about each it does not know.
  for (const name of Object.keys(env))
    if (/^npm_config_/i.test(name) && !/registry|cache/i.test(name)) delete env[name];
  const result = spawnSync("npm", args, { cwd: root, stdio: "inherit", env });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

const quoted = rest.map((word) => ` ${JSON.stringify(word)}`).join("");
const installed = run("pnpm install --frozen-lockfile --reporter=append-only --loglevel=warn");
process.exitCode = installed !== 0 ? installed : run(`pnpm --silent run ${script}${quoted}`);
