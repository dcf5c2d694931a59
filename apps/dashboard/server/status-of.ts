import { UsageError } from "@hvdiff/lab";

/** The status that an error is answered with. */
export function statusOf(error: unknown): number {
  if (error instanceof UsageError) return 400;
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}
