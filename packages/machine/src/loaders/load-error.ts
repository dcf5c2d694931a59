/** The image cannot be loaded. The message says what and where, in one line. */
export class LoadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LoadError";
  }
}
