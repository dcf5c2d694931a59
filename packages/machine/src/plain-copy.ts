/** A copy of plain data: what states of devices and of root-mode clients are made of. Much faster than `structuredClone` for small things. */
export function plainCopy<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plainCopy) as T;
  if (ArrayBuffer.isView(value)) return (value as unknown as Uint8Array).slice() as T;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plainCopy(item)])) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = plainCopy(value[key]);
  return copy as T;
}
