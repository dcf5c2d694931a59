import { type Node, REGISTER, registerNode } from "./node.ts";

/** Registers as the last instructions have left them. */
export class RegisterFile {
  readonly current: Node[] = Array.from({ length: 16 }, (_, register) => registerNode(register));
}

/** The register leaves that an expression is made of. */
export function registerLeaves(roots: readonly Node[]): Node[] {
  const found: Node[] = [];
  const seen = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node) || node.local >= 0) continue;
    seen.add(node);
    if (node.op === REGISTER) found.push(node);
    pending.push(...node.args);
  }
  return found;
}
