// The arrows of docs/architecture.md. Each rule is one sentence of it.
const core = "^packages/(spec|cpu|vmx|svm|machine|nested)/";
const product = "^packages/(personality-[a-z]+|vmm-[a-z-]+)/";

/** What each package may import of the others, lowest first. */
const layers = {
  spec: [],
  cpu: ["spec"],
  vmx: ["spec", "cpu"],
  svm: ["spec", "cpu"],
  machine: ["spec", "cpu", "vmx", "svm"],
  nested: ["spec", "cpu", "vmx", "svm", "machine"],
  personality: ["spec", "cpu", "vmx", "nested"],
};

const layerRules = Object.entries(layers).map(([name, allowed]) => ({
  name: `layer-${name}`,
  comment: `${name} imports only ${allowed.join(", ") || "nothing of ours"}`,
  severity: "error",
  from: { path: `^packages/${name}/src/`, pathNot: "\\.test\\.ts$" },
  to: { path: "^packages/", pathNot: `^packages/(${[name, ...allowed].join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: "core-knows-no-product",
      severity: "error",
      from: { path: core },
      to: { path: `${product}|^packages/(personality|lab|charts)/|^apps/` },
    },
    {
      name: "packages-run-in-a-browser",
      comment: "files, processes and the rest of Node are for apps; tests may use them",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "products-do-not-know-each-other",
      severity: "error",
      from: { path: "^packages/(personality-[a-z]+|vmm-[a-z-]+)/" },
      to: { path: product, pathNot: "^packages/$1/" },
    },
    {
      name: "charts-and-query-use-result-types-only",
      severity: "error",
      from: { path: "^packages/(charts|query)/src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "web-does-not-know-server",
      severity: "error",
      from: { path: "^apps/dashboard/web/", pathNot: "\\.test\\.ts$" },
      to: { path: "^apps/dashboard/server/" },
    },
    {
      name: "no-deep-imports",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^packages/([^/]+)/src/(?!index\\.ts$)", pathNot: "^$1/$2/" },
    },
    {
      name: "no-cycles-between-packages",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { circular: true, path: "^packages/", pathNot: "^packages/$1/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|node_modules)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@hvdiff/source", "types", "import", "default"],
    },
  },
};
