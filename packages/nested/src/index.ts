export { ARCHITECTURAL_POLICY, type NestedPolicy } from "./policy.ts";
