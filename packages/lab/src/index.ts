export { type Guest, type Lab, type RunOptions, UsageError } from "./api.ts";
export { createLab } from "./lab.ts";
export * from "./results.ts";
export { VERSION } from "./version.ts";
