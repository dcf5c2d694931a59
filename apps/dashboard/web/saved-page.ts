/*
 * A page that `hvdiff serve --export` has written works from any file server: common answers are files beside it, and the lab itself answers the
 * others in a worker of the browser.
 */

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Whether this page was saved. */
export function isSavedPage(): boolean {
  return document.querySelector('meta[name="hvdiff-saved"]') !== null;
}

let known: Promise<Readonly<Record<string, string>>> | null = null;
let lab: { worker: Worker; waiting: Map<number, Waiting> } | null = null;
let last = 0;

/** Asks the files beside the page, and the lab for what is not there. */
export async function askSaved(address: string, request?: RequestInit): Promise<unknown> {
  if (address === "api/v1/runs" && request === undefined) return [];
  const isDump = address.startsWith("api/v1/dumps");
  if (address.startsWith("api/v1/runs") || (request !== undefined && !isDump))
    throw new Error("This page was saved: it runs the bundled guests, but takes no images. “hvdiff serve” does.");
  known ??= fetchJson("answers/index.json") as Promise<Readonly<Record<string, string>>>;
  const file = (await known)[address];
  if (file !== undefined) return fetchJson(`answers/${file}`);
  return askLab(address, isDump ? String(request?.body ?? "") : undefined);
}

async function fetchJson(address: string): Promise<unknown> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The file ${address} of this saved page is missing.`);
  return response.json();
}

function askLab(address: string, text: string | undefined): Promise<unknown> {
  lab ??= startLab();
  const { worker, waiting } = lab;
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage(text === undefined ? { id, address } : { id, address, text });
  });
}

function startLab(): { worker: Worker; waiting: Map<number, Waiting> } {
  const worker = new Worker(new URL("lab-worker.js", document.baseURI));
  const waiting = new Map<number, Waiting>();
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) asked?.resolve(data.answer);
    else asked?.reject(new Error(data.error));
  });
  worker.addEventListener("error", ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  });
  return { worker, waiting };
}
