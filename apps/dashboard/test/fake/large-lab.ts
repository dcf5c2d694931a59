import type { Lab } from "@hvdiff/lab";
import { createFakeLab } from "./fake-lab.ts";
import { fakeRows } from "./traces.ts";

export const LARGE = { scenarios: 250, columns: 20, events: 100_000 } as const;

/** The made-up lab, larger: each scenario many times, many columns, and a long trace in every comparison. */
export function createLargeLab(size: { readonly scenarios: number; readonly events: number } = LARGE): Lab {
  const fake = createFakeLab();
  const known = fake.scenarios();
  const original = (id: string) => id.replace(/-\d+$/, "");
  const columns = Array.from({ length: LARGE.columns }, (_, index) =>
    index === 0 ? "metal" : `${["kvm", "virtualbox", "vmware"][index % 3]}@${4 + Math.floor(index / 3)}.${index}`,
  );
  const scenarios = Array.from({ length: size.scenarios }, (_, index) => {
    const scenario = known[index % known.length]!;
    return { ...scenario, id: `${scenario.id}-${index}` };
  });
  return {
    ...fake,
    scenarios: () => scenarios,
    defaultColumns: () => columns,
    matrixRow(id, on, options) {
      const row = fake.matrixRow(original(id), on, options);
      return { ...row, rows: row.rows.map((cells) => ({ ...cells, scenario: { ...cells.scenario, id } })) };
    },
    compare: (_guest, left, right, options) => ({
      ...fake.compare({ scenario: "xsaves-control" }, left, right, options),
      rows: fakeRows(size.events, 83),
    }),
  };
}
