import type { LabClient } from "./lab-client.ts";

/** How much is kept; what was asked for longest ago goes first. */
export interface CacheLimits {
  readonly entries: number;
  readonly bytes: number;
}

const LIMITS: CacheLimits = { entries: 200, bytes: 100_000_000 };

/** Remembers answers by their request. Results are deterministic, so an answer never goes stale; errors are not kept. */
export function withCache(client: LabClient, limits: CacheLimits = LIMITS): LabClient {
  const answers = new Map<string, Promise<Buffer>>();
  const sizes = new Map<string, number>();

  function forget(key: string): void {
    answers.delete(key);
    sizes.delete(key);
  }

  function keep(key: string, answer: Buffer): void {
    sizes.set(key, answer.length);
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const oldest of answers.keys()) {
      if (answers.size <= limits.entries && bytes <= limits.bytes) return;
      bytes -= sizes.get(oldest) ?? 0;
      forget(oldest);
    }
  }

  return {
    call(request, image) {
      // Long, and hardly asked twice.
      if (request.method === "dump") return client.call(request);
      const key = JSON.stringify(request);
      const known = answers.get(key);
      const result = known ?? client.call(request, image);
      answers.delete(key);
      answers.set(key, result);
      if (known === undefined) {
        result.then(
          (answer) => keep(key, answer),
          () => forget(key),
        );
      }
      return result;
    },
    close: () => client.close(),
  };
}
