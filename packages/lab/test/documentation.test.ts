import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const HEADINGS = ["Purpose", "Owns / does not own", "Example", "Extending", "API"];

function pagesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join(folder, path));
}

const packages = ["packages", "apps"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(root, path, "package.json"))),
);
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...pagesUnder("docs"),
  ...packages.map((path) => join(path, "README.md")),
];

/** Text without code, where brackets mean something else. */
function proseOf(page: string): string {
  return readFileSync(join(root, page), "utf8").replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "");
}

/** The anchor that a heading gets on the usual hosts. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsOf(path: string): string[] {
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!));
}

test.each(packages)("%s has a README with the five headings", (path) => {
  const readme = readFileSync(join(root, path, "README.md"), "utf8");
  expect([...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(HEADINGS);
});

test.each(pages)("every link inside the repository in %s leads somewhere", (page) => {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  for (const target of targets.filter((link) => !/^[a-z]+:/.test(link))) {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? join(root, page) : join(root, dirname(page), path);
    expect(existsSync(file), `${page}: ${target}`).toBe(true);
    if (anchor !== undefined && statSync(file).isFile())
      expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor);
  }
});

test("every package has a row in the README's and the architecture's tables", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const architecture = readFileSync(join(root, "docs/architecture.md"), "utf8");
  for (const path of packages) {
    const name = path.replace(/^packages\//, "");
    expect(readme).toContain(`(${path}/README.md)`);
    const ending = name.replace("personality-", "-");
    expect(architecture.includes(`\`${name}\``) || architecture.includes(`\`${ending}\``), name).toBe(true);
  }
});
