/** A column that cannot be understood or run. The message is one line that says what and where. */
export class ColumnError extends Error {
  override readonly name = "ColumnError";
}
