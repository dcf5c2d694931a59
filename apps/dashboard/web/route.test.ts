import { expect, test } from "vitest";
import { formatRoute, HOME, parseRoute, type Route } from "./route.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

const ROUTES: [string, Route][] = [
  ["#/matrix", HOME],
  [
    `#/matrix?on=metal,${KVM}&cpu=nehalem&show=chart&all=1`,
    { ...HOME, on: ["metal", KVM], cpu: "nehalem", all: true, chart: true },
  ],
  [
    "#/matrix?q=kvm:!metal%20seq(is:different,%20is:same)&group=seed&sort=differences",
    { ...HOME, q: "kvm:!metal seq(is:different, is:same)", group: "seed", sort: "differences" },
  ],
  [
    `#/compare/xsaves-control?left=metal&right=${KVM}&quirks=-qemu/vmx/a&row=12`,
    {
      view: "compare",
      scenario: "xsaves-control",
      left: "metal",
      right: KVM,
      others: [],
      code: false,
      cpu: null,
      quirks: ["-qemu/vmx/a"],
      schedule: null,
      all: false,
      row: 12,
    },
  ],
  [
    "#/structures/cr4-loop?on=ideal&schedule=signal@42.1&at=7&field=vmcs02.cr4ReadShadow",
    {
      view: "structures",
      scenario: "cr4-loop",
      column: "ideal",
      cpu: null,
      quirks: [],
      schedule: "signal@42.1",
      vcpu: 0,
      at: 7,
      find: null,
      field: "vmcs02.cr4ReadShadow",
      bit: null,
      all: false,
    },
  ],
  ["#/quirks", { view: "quirks", id: null, q: "" }],
  ["#/quirks/kvm/vmx/a?q=two%20words", { view: "quirks", id: "kvm/vmx/a", q: "two words" }],
  ["#/own", { view: "own", on: null, cpu: null, run: null }],
  ["#/own/ab12?on=metal,ideal&cpu=zen4", { view: "own", on: ["metal", "ideal"], cpu: "zen4", run: "ab12" }],
  ["#/caps?on=metal,ideal", { view: "caps", on: ["metal", "ideal"], cpu: null, all: false }],
];

test.each(ROUTES)("%s is read as it was written", (text, route) => {
  expect(formatRoute(route)).toBe(text);
  expect(parseRoute(text)).toEqual(route);
});

test.each(["", "#", "#/", "#/no-such-view", "#content"])("“%s” is the matrix", (text) => {
  expect(parseRoute(text)).toEqual(HOME);
});

test("escaped permalinks, as mail programs make them, mean the same", () => {
  const [text, route] = ROUTES[2]!;
  expect(parseRoute(text.replaceAll("@", "%40").replaceAll("+", "%2B").replaceAll("=on", "%3Don"))).toEqual(route);
});

test.each(["row=-1", "row=1.5", "row=x", "row="])("a row that is none is left out: %s", (text) => {
  expect(parseRoute(`#/compare/a?${text}`)).toMatchObject({ row: null });
});

test("broken escapes do not throw", () => {
  expect(parseRoute("#/compare/%E0%A4?left=%")).toMatchObject({ scenario: "%E0%A4", left: "%" });
});
