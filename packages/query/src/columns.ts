import { fits } from "./glob.ts";

/** A column as its cells name it, and whose product it is. */
export interface QueryColumn {
  readonly column: string;
  readonly product: string;
}

/** Product and release of a spelled column: `kvm`, `6.1`. */
function nameOf(column: string): { product: string; version: string } {
  const [head = ""] = column.split(/[+/]/);
  const [product = "", version = ""] = head.split("@");
  return { product, version };
}

/** The product that a spelled column begins with. */
export function productOf(column: string): string {
  return nameOf(column).product;
}

/** Whether a selector names the column: `kvm` every release, `kvm@6.1` every spelling of that one, `kvm@6.*`, or the full spelling. */
export function selects(selector: string, column: string): boolean {
  const [head = ""] = column.split(/[+/]/);
  return fits(selector, productOf(column)) || fits(selector, head) || fits(selector, column);
}

/** Orders releases by their numbers: 4.9 before 4.20. */
export function compareVersions(left: string, right: string): number {
  const [one, other] = [left, right].map((text) => (text.match(/\d+/g) ?? []).map(Number)) as [number[], number[]];
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** For each product with several columns: their positions, oldest release first. */
export function releasesOf(columns: readonly QueryColumn[]): { product: string; positions: number[] }[] {
  const byProduct = new Map<string, number[]>();
  columns.forEach(({ product }, position) => {
    byProduct.set(product, [...(byProduct.get(product) ?? []), position]);
  });
  const version = (position: number) => nameOf(columns[position]?.column ?? "").version;
  return [...byProduct]
    .filter(([, positions]) => positions.length > 1)
    .map(([product, positions]) => ({
      product,
      positions: positions.sort((one, other) => compareVersions(version(one), version(other)) || one - other),
    }));
}
