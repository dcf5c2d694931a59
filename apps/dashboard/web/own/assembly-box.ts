import { count } from "../count.ts";
import { h } from "../element.ts";
import { EXAMPLE } from "./assembler/runtime.ts";

/** What was written last, so that it is still there after a run. */
let written = EXAMPLE;

/** A place to paste assembly. It is assembled here, by a library that is loaded when it is asked for; what is wrong is said line by line. */
export function assemblyBox(onimage: (file: File) => Promise<void>): HTMLElement {
  const errors = h("ul", { class: "assembly-errors", role: "status" });
  const show = (...lines: readonly string[]) => errors.replaceChildren(...lines.map((line) => h("li", {}, line)));
  const source = h(
    "textarea",
    {
      rows: 16,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      wrap: "off",
      "aria-label": "Assembly, Intel's syntax",
      "data-key": "assembly",
      oninput: () => {
        written = source.value;
      },
    },
    written,
  );

  async function take(): Promise<void> {
    show();
    const { assemble } = await import("./assembler/assemble.ts");
    const assembled = assemble(source.value);
    if ("image" in assembled) {
      show(`${count(assembled.bytes, "byte")} of code`);
      await onimage(new File([assembled.image], "pasted.elf"));
    } else show(...assembled.errors.map(({ line, message }) => `line ${line}: ${message}`));
    errors.classList.toggle("wrong", "errors" in assembled);
  }

  const fail = (error: unknown) => {
    errors.classList.add("wrong");
    show(error instanceof Error ? error.message : String(error));
  };
  return h(
    "details",
    { class: "assembly-box" },
    h("summary", { "data-key": "assembly-open" }, "Or paste assembly"),
    source,
    h(
      "div",
      { class: "assembly-actions" },
      h(
        "button",
        { type: "button", class: "primary", "data-key": "assemble", onclick: () => void take().catch(fail) },
        "Assemble and run",
      ),
      h(
        "p",
        { class: "quiet" },
        "There are print (text at RSI), print_hex (RAX), verdict, and done, with which all ends.",
      ),
    ),
    errors,
  );
}
