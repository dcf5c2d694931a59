import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CLI = new URL("../../../apps/cli/", import.meta.url);
const COLUMNS = ["metal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "virtualbox@7.0", "vmware@17"];
const TEN_COLUMNS = [
  ...["metal", "ideal", "kvm@4.20+qemu@3.1", "kvm@5.15", "kvm@6.1", "kvm@6.1+qemu@8.2", "kvm@6.6"],
  ...["virtualbox@6.1", "virtualbox@7.0", "vmware@17"],
];

/** What the built command did. */
interface Ran {
  readonly seconds: number;
  readonly residentMib: number;
}

/** Told by the process itself when it ends. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the process that is measured fills it in
const TELL = 'process.on("exit",()=>process.stderr.write(`resident ${process.resourceUsage().maxRSS}`))';

function node(arguments_: readonly string[]): Ran {
  const start = performance.now();
  const preload = `data:text/javascript,${encodeURIComponent(TELL)}`;
  const { status, stderr } = spawnSync(process.execPath, ["--import", preload, ...arguments_], { encoding: "utf8" });
  const seconds = (performance.now() - start) / 1000;
  const resident = /resident (\d+)$/.exec(stderr);
  // 1: the columns differ.
  if ((status !== 0 && status !== 1) || resident === null) throw new Error(`${arguments_.join(" ")}: ${stderr}`);
  return { seconds, residentMib: Number(resident[1]) / 1024 };
}

const hvdiff = (...arguments_: string[]): Ran => node([new URL("bin/hvdiff.js", CLI).pathname, ...arguments_]);

/** Whether there is a built command to measure. */
export function isBuilt(): boolean {
  return existsSync(new URL("dist/main.js", CLI));
}

/** Seconds that Node takes to do nothing: what no command can be faster than. */
export const emptySeconds = (): number => node(["--input-type=module", "--eval", ""]).seconds;

export const versionSeconds = (): number => hvdiff("--version").seconds;

/** Seconds of one diff of `xsaves-control` on four columns, causes and all. */
export const diffSeconds = (): number => hvdiff("diff", "xsaves-control", "--on", COLUMNS.join(",")).seconds;

/** mov edi, 32 MiB; mov ecx, 16384; again: mov [edi], ecx; add edi, 4096; dec ecx; jnz again; xor eax, eax; out 0f4h, eax; hlt */
const TOUCH_64_MIB = "bf00000002b900400000890f81c7001000004975f531c0e7f4f4";

/** Most MiB that the process had resident while a guest of 1 GiB touched 64 MiB on one column, and on ten. */
export function residentMib(): { readonly one: number; readonly ten: number } {
  const folder = mkdtempSync(join(tmpdir(), "hvdiff-resident-"));
  try {
    const image = join(folder, "touch.bin");
    writeFileSync(image, Buffer.from(TOUCH_64_MIB, "hex"));
    const guest = [image, "--entry", "0x100000", "-m", "1024"];
    const one = hvdiff("run", ...guest, "--on", "kvm@6.1").residentMib;
    return { one, ten: hvdiff("diff", ...guest, "--on", TEN_COLUMNS.join(",")).residentMib };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
