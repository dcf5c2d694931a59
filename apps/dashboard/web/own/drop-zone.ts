import { h } from "../element.ts";

const MIB = 0x100000;
const MOST_BYTES = 16 * MIB;

/** A place to drop a file on, or to choose one. What goes wrong is said in it. */
export function dropZone(onfile: (file: File) => Promise<void>): HTMLElement {
  const status = h("p", { class: "drop-status", role: "status" });
  const input = h("input", {
    type: "file",
    class: "sr-only",
    "data-key": "file",
    onchange: () => take(input.files?.[0]),
  });
  const zone = h(
    "label",
    { class: "drop-zone" },
    input,
    h("strong", {}, "Drop an image here"),
    h("span", { class: "quiet" }, "or choose a file, at most 16 MiB"),
    status,
  );

  function take(file: File | undefined): void {
    if (file === undefined) return;
    const wrong = wrongWith(file);
    status.classList.toggle("wrong", wrong !== null);
    status.textContent = wrong ?? `Sending ${file.name} …`;
    if (wrong !== null) return;
    onfile(file).catch((error: unknown) => {
      status.classList.add("wrong");
      status.textContent = error instanceof Error ? error.message : String(error);
    });
    input.value = "";
  }

  const mark = (isOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    zone.classList.toggle("over", isOver);
  };
  zone.addEventListener("dragover", mark(true));
  zone.addEventListener("dragleave", mark(false));
  zone.addEventListener("drop", (event) => {
    mark(false)(event);
    take(event.dataTransfer?.files[0]);
  });
  return zone;
}

function wrongWith({ name, size }: File): string | null {
  if (size === 0) return `${name} is empty.`;
  return size > MOST_BYTES ? `${name} has ${(size / MIB).toFixed(1)} MiB; 16 MiB is the most.` : null;
}
