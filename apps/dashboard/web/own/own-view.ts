import type { RunState } from "../api.ts";
import { h } from "../element.ts";
import { columnPicker } from "../parts/column-picker.ts";
import { cpuField } from "../parts/controls.ts";
import type { OwnRoute } from "../route.ts";
import type { View, ViewContext } from "../view.ts";
import { assemblyBox } from "./assembly-box.ts";
import { dropZone } from "./drop-zone.ts";
import { runList } from "./run-list.ts";
import { runProgress } from "./run-progress.ts";
import { runResult } from "./run-result.ts";

/** An image of one's own on the columns: dropped, run, compared. */
export function ownView(route: OwnRoute, context: ViewContext): View {
  const stopped = new AbortController();
  return {
    title: "Your guest",
    controls: controls(route, context),
    load: route.run === null ? drawRuns(context) : drawRun(route.run, context, stopped.signal),
    stop: () => stopped.abort(),
  };
}

function controls(route: OwnRoute, context: ViewContext): HTMLElement {
  const change = (part: Partial<OwnRoute>) => context.go({ ...route, ...part });
  const start = async (file: File) => {
    const { id } = await context.api.startRun({ file, on: route.on, cpu: route.cpu });
    change({ run: id });
  };
  return h(
    "section",
    { class: "controls" },
    h(
      "div",
      { class: "title-row" },
      h("h1", {}, "Your guest"),
      h(
        "p",
        { class: "lead" },
        "An image that metal could boot: ELF with a multiboot 1 or 2 header or a PVH note, or a Linux kernel. It runs in a simulated machine on this computer and is sent nowhere else.",
      ),
    ),
    columnPicker({
      columns: route.on ?? context.choices.defaults,
      known: context.offeredColumns,
      isCustom: route.on !== null,
      onchange: (on) => change({ on, run: null }),
    }),
    h(
      "div",
      { class: "fields" },
      cpuField(context.choices, route.cpu, (cpu) => change({ cpu, run: null })),
    ),
    dropZone(start),
    assemblyBox(start),
  );
}

async function drawRuns({ api }: ViewContext): Promise<HTMLElement> {
  return runList(await api.runs());
}

async function drawRun(id: string, context: ViewContext, stopped: AbortSignal): Promise<HTMLElement> {
  const state = await context.api.run(id);
  if (state.status === "done") return drawResult(state, context);
  const element = h("div", {});
  const progress = runProgress(state);
  element.append(progress.element);
  if (state.status === "failed") return element;
  const stop = context.api.watchRun(id, (now) => {
    progress.show(now);
    if (now?.status !== "done") return;
    drawResult(now, context).then(
      (result) => element.replaceChildren(result),
      (error: unknown) => {
        if (!stopped.aborted) context.fail(error);
      },
    );
  });
  stopped.addEventListener("abort", stop);
  return element;
}

async function drawResult(state: RunState, context: ViewContext): Promise<HTMLElement> {
  return runResult(state, await context.api.runResult(state.id));
}
