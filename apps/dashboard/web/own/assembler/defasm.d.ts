/** The part of the library that is used; it brings no types of its own. */
declare module "@defasm/core" {
  export interface Statement {
    readonly address: number;
    readonly length: number;
    readonly bytes: Uint8Array;
    readonly relocations?: readonly { readonly pcRelative: boolean }[];
    readonly error?: { readonly message: string } | null;
  }
  export class AssemblyState {
    constructor(options: { bitness: 32 | 64; syntax: { intel: boolean; prefix: boolean } });
    readonly head: { dump(): Uint8Array };
    compile(source: string, options: { haltOnError: boolean }): void;
    iterate(take: (statement: Statement, line: number) => void): void;
  }
}
