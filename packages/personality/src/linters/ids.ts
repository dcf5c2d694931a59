import type { Linter } from "./finding.ts";

const SHAPE = /^[a-z0-9-]+\/[a-z0-9-]+\/[a-z0-9-]+$/;

/** Ids are unique and of the form `product/area/name`, under their own product. */
export const lintIds: Linter = (personality, all) => {
  const count = new Map<string, number>();
  for (const { quirks } of all) for (const { id } of quirks) count.set(id, (count.get(id) ?? 0) + 1);
  return personality.quirks.flatMap(({ id }) => {
    const messages: string[] = [];
    if (!SHAPE.test(id)) messages.push("is not of the form product/area/name");
    if (!id.startsWith(`${personality.product}/`)) messages.push(`does not begin with ${personality.product}/`);
    if ((count.get(id) ?? 0) > 1) messages.push("is used more than once");
    return messages.map((message) => ({ linter: "ids", subject: id, message }));
  });
};
