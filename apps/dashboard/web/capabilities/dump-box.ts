import type { DumpResult } from "@hvdiff/lab";
import type { Api } from "../api.ts";
import { count } from "../count.ts";
import { h } from "../element.ts";

const MOST_CHARACTERS = 4_000_000;

export interface DumpBoxOptions {
  readonly api: Api;
  /** Also compare with this column and silicon. */
  onchoose(column: string, cpu: string): void;
}

/** A box that takes what a real machine says of itself, and tells which columns are most like it. */
export function dumpBox({ api, onchoose }: DumpBoxOptions): HTMLElement {
  const text = h("textarea", {
    rows: 5,
    spellcheck: "false",
    "aria-label": "Dump of a real machine",
    placeholder: "0x480: 0x00da040000000004 …",
    "data-key": "dump",
  });
  const answer = h("div", { class: "dump-answer", "aria-live": "polite" });
  let asked = 0;
  const read = () => {
    const turn = ++asked;
    const show = (...parts: HTMLElement[]) => turn === asked && answer.replaceChildren(...parts);
    api.readDump(text.value.slice(0, MOST_CHARACTERS), null).then(
      (result) => show(...answerOf(result, onchoose)),
      (error: unknown) => show(h("p", { class: "dump-error" }, error instanceof Error ? error.message : String(error))),
    );
  };
  const box = h(
    "details",
    { class: "dump-box" },
    h("summary", {}, "Compare a real machine"),
    h(
      "p",
      { class: "quiet" },
      "Paste or drop the output of vmxcap or cpuid -r, a list of MSRs as rdmsr prints it, a VBox.log, or QEMU's -cpu with its features.",
    ),
    text,
    h("p", {}, h("button", { type: "button", "data-key": "dump-read", onclick: read }, "Find the nearest")),
    answer,
  );
  // Also on the closed box: what is dropped beside its field would replace the page.
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    void file.text().then((content) => {
      box.open = true;
      text.value = content;
      read();
    });
  });
  return box;
}

function answerOf(result: DumpResult, onchoose: (column: string, cpu: string) => void): HTMLElement[] {
  const { against, claims, differences } = result;
  return [
    h("p", { class: "summary" }, `Read as ${result.format}: ${count(claims, "bit or field", "bits and fields")}.`),
    h("h3", {}, "Most like it"),
    h(
      "ol",
      { class: "nearest" },
      ...result.nearest.map(({ column, cpu, full, differing }) =>
        h(
          "li",
          { title: full },
          h("span", { class: "mono" }, `${column} on ${cpu}`),
          h("span", { class: "quiet" }, differing === 0 ? "no difference" : count(differing, "difference")),
          h("button", { type: "button", class: "plain", onclick: () => onchoose(column, cpu) }, "Show this column"),
        ),
      ),
    ),
    h("h3", {}, `Different from ${against.column} on ${against.cpu}`),
    differences.length === 0 ? h("p", { class: "quiet" }, "Nothing.") : differenceTable(result),
  ];
}

function differenceTable({ differences, against }: DumpResult): HTMLElement {
  return h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Differences of the dump" },
    h(
      "table",
      { class: "run-table cards" },
      h(
        "thead",
        {},
        h("tr", {}, ...["Bit or field", "Dump", against.column].map((text) => h("th", { scope: "col" }, text))),
      ),
      h(
        "tbody",
        {},
        ...differences.map(({ label, source, dump, column }) =>
          h(
            "tr",
            { class: "differs" },
            h("th", { scope: "row" }, label, " ", h("span", { class: "mono quiet" }, source)),
            h("td", { "data-label": "Dump" }, dump),
            h("td", { "data-label": against.column }, column),
          ),
        ),
      ),
    ),
  );
}
