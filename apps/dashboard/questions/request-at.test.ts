import { expect, test } from "vitest";
import { requestAt } from "./request-at.ts";

test.each([
  ["api/v1/scenarios", { method: "scenarios" }],
  [
    "api/v1/matrix/ept-walk?on=metal,ideal",
    { method: "matrixRow", scenario: "ept-walk", columns: ["metal", "ideal"], options: {} },
  ],
  [
    "api/v1/compare/cr4-loop?left=metal&right=kvm%406.6%2Bqemu%408.2&schedule=signal%4042.1",
    {
      method: "compare",
      guest: { scenario: "cr4-loop" },
      left: "metal",
      right: "kvm@6.6+qemu@8.2",
      options: { schedule: "signal@42.1" },
    },
  ],
])("%s asks what the server would be asked", (address, request) => {
  expect(requestAt(address)).toEqual(request);
});

test.each(["api/v1/runs", "api/v1/nothing", "api/v1/matrix/a/b"])("%s is unknown without a server", (address) => {
  expect(() => requestAt(address)).toThrow("a saved page does not know");
});
