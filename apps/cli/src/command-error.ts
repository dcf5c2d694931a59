/** What the user got wrong, in one line; printed as `hvdiff: …`, exit code 2. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandError";
  }
}

/** Ours or the lab's bad-input error. By name, so that the lab need not be loaded to ask. */
export function isUserError(error: unknown): error is Error {
  return error instanceof Error && (error.name === "CommandError" || error.name === "UsageError");
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a directory",
  ENOTDIR: "part of the path is not a directory",
  ENAMETOOLONG: "name too long",
  ENOSPC: "no space left on the device",
  EROFS: "read-only file system",
  ELOOP: "too many symbolic links",
};

/** A system error's reason in plain words; null when it is not a system error. */
export function systemReason(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  return REASONS[error.code] ?? error.code;
}
