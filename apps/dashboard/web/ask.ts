import { askSaved, isSavedPage } from "./saved-page.ts";

/** Asks the server, or what a page that was saved without one has instead. Errors carry one line for people. */
export function ask(address: string, request?: RequestInit): Promise<unknown> {
  return isSavedPage() ? askSaved(address, request) : askServer(address, request);
}

async function askServer(address: string, request?: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(address, request);
  } catch {
    throw new Error("The server does not answer. Is “hvdiff serve” still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Error(typeof body.error === "string" ? body.error : `The server answered ${response.status}.`);
}
