import type { DiffResult } from "@hvdiff/lab";

/** Of lists that the lab returns without an envelope; the type keeps it equal to the lab's. */
export const SCHEMA_VERSION: DiffResult["schemaVersion"] = 1;
