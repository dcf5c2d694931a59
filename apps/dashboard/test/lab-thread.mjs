// Node 20 starts no thread from TypeScript.
import { register } from "tsx/esm/api";

register();
await import("../server/lab-worker.ts");
