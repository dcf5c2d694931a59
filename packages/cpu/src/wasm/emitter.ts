import { pushSigned, pushSigned64, pushUnsigned } from "./module-bytes.ts";
import { ALIAS, CONSTANT, HELD, type Node, REGISTER, STATE_FIELD } from "./node.ts";
import { EMPTY_BLOCK, I32, I64, OP, type WasmType } from "./opcodes.ts";

/** Locals of a region: its parameters first. */
export const ENTRY = 0;
/** Instructions that may still be retired when the running block starts. */
export const LEFT = 1;
export const STATE_BASE = 2;
export const TLB_BASE = 3;
/** The TLB part where fetches look. */
export const FETCH_BASE = 4;
/** RAX ... R15. */
export const FIRST_REGISTER = 5;
/** The lazy flags (see `flags.ts`) where a block starts. */
export const RESULT = 21;
export const AUX = 22;
/** Which way out was taken. */
export const SITE = 23;
export const FIXED_LOCALS: readonly WasmType[] = [...new Array<WasmType>(16).fill(I64), I64, I32, I32];
const PARAMETERS = 5;

/** Stands in the code for storing the region's registers to the state, and for loading them again. */
export const SPILL = -1;
export const RELOAD = -2;

/** A state to which the emitter can go back. */
export interface EmitterMark {
  readonly code: number;
  readonly written: number;
  readonly used: number;
}

/** Writes WebAssembly code and hands out locals. Nodes that are needed more than once are kept in locals. */
export class Emitter {
  readonly code: number[] = [];
  readonly locals: WasmType[] = [...FIXED_LOCALS];
  /** Registers that the region has read or written, and those it has written: bit masks. */
  used = 0;
  written = 0;
  /** Labels around the code that is being written. */
  depth = 0;
  private readonly free: Record<number, number[]> = { [I32]: [], [I64]: [] };
  /** Nodes that sit in temporary locals. */
  private kept: Node[] = [];

  mark(): EmitterMark {
    return { code: this.code.length, written: this.written, used: this.used };
  }

  /** Forgets what was written since the mark. */
  rollback(mark: EmitterMark, keptBefore: number): void {
    this.code.length = mark.code;
    this.written = mark.written;
    this.used = mark.used;
    this.releaseFrom(keptBefore);
  }

  get keptCount(): number {
    return this.kept.length;
  }

  // --- Raw code. ---

  op(...bytes: number[]): void {
    for (const byte of bytes) this.code.push(byte);
  }

  index(op: number, value: number): void {
    this.code.push(op);
    pushUnsigned(this.code, value);
  }

  i32(value: number): void {
    this.code.push(OP.i32Const);
    pushSigned(this.code, value);
  }

  private i64(low: number, high: number): void {
    this.code.push(OP.i64Const);
    pushSigned64(this.code, low, high);
  }

  /** A load or store whose address is on the stack; the alignment is a hint, and none is given. */
  memory(op: number, offset = 0): void {
    this.code.push(op, 0);
    pushUnsigned(this.code, offset);
  }

  /** Opens a block or loop and returns its label. */
  open(op: typeof OP.block | typeof OP.loop): number {
    this.op(op, EMPTY_BLOCK);
    return this.depth++;
  }

  close(): void {
    this.depth--;
    this.op(OP.end);
  }

  /** Jumps by the number on the stack; the last target is for all others. */
  table(targets: readonly number[]): void {
    this.index(OP.brTable, targets.length - 1);
    for (const target of targets) pushUnsigned(this.code, target);
  }

  branch(label: number): void {
    this.index(OP.br, this.depth - 1 - label);
  }

  /** Runs `body` with nothing kept, and keeps what was kept before. */
  isolated(body: () => void): void {
    const outer = this.kept;
    this.kept = [];
    body();
    this.releaseFrom(0);
    this.kept = outer;
  }

  /** `if` on the stack's top; the body is a scope: what it keeps in locals is forgotten behind it. */
  when(body: () => void, otherwise?: () => void): void {
    this.op(OP.if, EMPTY_BLOCK);
    this.depth++;
    this.scope(body);
    if (otherwise !== undefined) {
      this.op(OP.else);
      this.scope(otherwise);
    }
    this.depth--;
    this.op(OP.end);
  }

  /** Runs `body`; nodes that it wrote out must be written out again behind it. */
  scope(body: () => void): void {
    const before = this.kept.length;
    body();
    this.releaseFrom(before);
  }

  private releaseFrom(before: number): void {
    for (let at = this.kept.length - 1; at >= before; at--) this.release(this.kept[at]!);
    this.kept.length = before;
  }

  private release(node: Node): void {
    this.free[node.type]!.push(node.local);
    node.local = -1;
  }

  // --- Locals. ---

  /** A local of its own until `scope` or `releaseExcept` ends it. */
  temporary(type: typeof I32 | typeof I64): number {
    const known = this.free[type]!.pop();
    if (known !== undefined) return known;
    this.locals.push(type);
    return PARAMETERS + this.locals.length - 1;
  }

  /** Sets a fresh local from the stack and returns a node for it. */
  hold(width: Node["width"], type: Node["type"]): Node {
    const local = this.temporary(type);
    this.index(OP.localSet, local);
    const node: Node = { width, type, op: HELD, args: [], low: 0, high: 0, uses: 0, local, origin: null };
    this.kept.push(node);
    return node;
  }

  /** Frees the locals of all nodes that are not reachable from the given ones. */
  releaseExcept(roots: readonly Node[]): void {
    const alive = new Set<Node>();
    const pending = [...roots];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (alive.has(node)) continue;
      alive.add(node);
      // What a local holds needs its arguments no more.
      if (node.local < 0) pending.push(...node.args);
    }
    const still: Node[] = [];
    for (const node of this.kept) {
      if (alive.has(node)) still.push(node);
      else this.release(node);
    }
    this.kept = still;
  }

  // --- Values. ---

  registerLocal(register: number): number {
    this.used |= 1 << register;
    return FIRST_REGISTER + register;
  }

  setRegister(register: number): void {
    this.written |= 1 << register;
    this.index(OP.localSet, this.registerLocal(register));
  }

  /** Puts a value on the stack. */
  push(node: Node): void {
    if (node.local >= 0) this.index(OP.localGet, node.local);
    else if (node.op === CONSTANT) this.pushConstant(node);
    else if (node.op === REGISTER) this.index(OP.localGet, this.registerLocal(node.low));
    else if (node.op === STATE_FIELD) this.pushState(node);
    else this.pushExpression(node);
  }

  private pushConstant(node: Node): void {
    if (node.type === I64) this.i64(node.low, node.high);
    else this.i32(node.low);
  }

  private pushState(node: Node): void {
    this.index(OP.localGet, STATE_BASE);
    this.memory(node.type === I64 ? OP.i64Load : OP.i32Load, node.low);
  }

  private pushExpression(node: Node): void {
    for (const arg of node.args) this.push(arg);
    if (node.op === ALIAS) return;
    this.op(node.op);
    if (node.uses > 1) this.tee(node);
  }

  private tee(node: Node): void {
    node.local = this.temporary(node.type);
    this.index(OP.localTee, node.local);
    this.kept.push(node);
  }

  /** Makes a node independent of what its registers become: keeps it in a local. */
  settle(node: Node): void {
    if (node.local >= 0 || node.op === CONSTANT) return;
    this.push(node);
    if (node.local >= 0) this.op(OP.drop);
    else {
      node.local = this.temporary(node.type);
      this.index(OP.localSet, node.local);
      this.kept.push(node);
    }
  }
}
