/** Modules that are kept. */
const MOST_MODULES = 1024;
const MODULES = new Map<string, WebAssembly.Module>();
const LETTERS = new TextDecoder("latin1");

/**
 * The module of these bytes, compiled once in the process: machines that run the same guest one after the other make the same code. It
 * holds no state; that is in the memory it is given.
 */
export function moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const key = LETTERS.decode(bytes);
  let module = MODULES.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(bytes);
    if (MODULES.size >= MOST_MODULES) MODULES.clear();
    MODULES.set(key, module);
  }
  return module;
}
