export { type Guest, type Lab, type RunOptions, UsageError } from "./api.ts";
export * from "./results.ts";
