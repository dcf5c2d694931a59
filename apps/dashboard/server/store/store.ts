import { join } from "node:path";
import { sha256 } from "./files.ts";
import { type Folder, openFolder } from "./folder.ts";

const MIB = 0x100000;

/** What the server keeps between requests, and where there is a folder for it between its own lives. */
export interface Store {
  /** Answers of the lab. */
  readonly answers: Folder;
  /** Uploaded images, under the hash of their bytes. */
  readonly artefacts: Folder;
  /** Runs that were asked for, as JSON. */
  readonly runs: Folder;
}

/** What may be kept, in bytes. */
const LIMITS = { answers: 1024 * MIB, artefacts: 256 * MIB, runs: 16 * MIB };

/** A store on disk. */
export function openStore(directory: string): Store {
  return {
    answers: openFolder(join(directory, "answers"), LIMITS.answers),
    artefacts: openFolder(join(directory, "artefacts"), LIMITS.artefacts),
    runs: openFolder(join(directory, "runs"), LIMITS.runs),
  };
}

/** A store that lasts as long as the process. */
export function memoryStore(): Store {
  return {
    answers: memoryFolder(LIMITS.answers / 8),
    artefacts: memoryFolder(LIMITS.artefacts),
    runs: memoryFolder(LIMITS.runs),
  };
}

function memoryFolder(mostBytes: number): Folder {
  const files = new Map<string, Buffer>();
  const bytes = () => [...files.values()].reduce((sum, data) => sum + data.length, 0);
  return {
    read: (name) => files.get(name) ?? null,
    write(name, data) {
      files.delete(name);
      files.set(name, Buffer.from(data));
      for (let total = bytes(); total > mostBytes && files.size > 1; total = bytes())
        files.delete([...files.keys()][0]!);
    },
    remove: (name) => void files.delete(name),
    get names() {
      return [...files.keys()];
    },
    sizeOf: (name) => files.get(name)?.length ?? null,
    get bytes() {
      return bytes();
    },
  };
}

/** The name under which the answer to a question is kept. */
export function answerName(fingerprint: string, request: unknown): string {
  return sha256(`${fingerprint}\n${JSON.stringify(request)}`);
}
