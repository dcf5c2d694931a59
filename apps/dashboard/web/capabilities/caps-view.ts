import type { CapabilityGroup, CapsResult, Cause } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { causePanel, type Explained } from "../parts/cause-panel.ts";
import { columnPicker } from "../parts/column-picker.ts";
import { cpuField, toggleField } from "../parts/controls.ts";
import type { CapsRoute } from "../route.ts";
import type { View, ViewContext } from "../view.ts";
import { capabilitySection } from "./capability-section.ts";
import { dumpBox } from "./dump-box.ts";
import { stateLegend } from "./state-mark.ts";

/** What each column says it can do, bit by bit, in vmxcap's groups. */
export function capsView(route: CapsRoute, context: ViewContext): View {
  return { title: "Capabilities", controls: controls(route, context), load: load(route, context) };
}

function controls(route: CapsRoute, context: ViewContext): HTMLElement {
  const change = (part: Partial<CapsRoute>) => context.go({ ...route, ...part });
  return h(
    "section",
    { class: "controls" },
    h(
      "div",
      { class: "title-row" },
      h("h1", {}, "Capabilities"),
      h("p", { class: "lead" }, "What each column offers to its guest's hypervisor, grouped and named as vmxcap does."),
    ),
    columnPicker({
      columns: route.on ?? context.choices.defaults,
      known: context.offeredColumns,
      isCustom: route.on !== null,
      onchange: (on) => change({ on }),
    }),
    h(
      "div",
      { class: "fields" },
      cpuField(context.choices, route.cpu, (cpu) => change({ cpu })),
      toggleField({
        label: "Only differences",
        key: "only-differences",
        on: !route.all,
        onchange: (on) => change({ all: !on }),
      }),
      stateLegend(),
    ),
    dumpBox({
      api: context.api,
      onchoose: (column, cpu) => change({ on: [...new Set([...(route.on ?? context.choices.defaults), column])], cpu }),
    }),
  );
}

async function load(route: CapsRoute, { api }: ViewContext): Promise<HTMLElement> {
  const caps = await api.caps(route);
  const shown = route.all ? caps.groups : caps.groups.filter((group) => group.differs);
  return h(
    "section",
    { class: "capabilities", "aria-label": "Results" },
    h("p", { class: "summary", role: "status" }, summaryOf(caps, shown.length)),
    ...caps.columns.filter((column) => !column.vmx && !column.svm).map(({ column }) => noVmx(column)),
    h(
      "div",
      { class: "over-causes" },
      h(
        "div",
        { class: "findings" },
        shown.length === 0 &&
          h("div", { class: "state" }, h("h2", {}, "No differences"), h("p", {}, "These columns offer the same.")),
        ...shown.map((group) =>
          capabilitySection(group, { columns: caps.columns.map(({ column }) => column), all: route.all }),
        ),
      ),
      causePanel(caps.groups.flatMap(explainedIn)),
    ),
  );
}

function summaryOf(caps: CapsResult, shown: number): string {
  const differing = caps.groups.flatMap((group) => group.bits).filter((bit) => bit.differs).length;
  const fields = caps.groups.flatMap((group) => group.fields).filter((field) => field.differs).length;
  const hidden = caps.groups.length - shown;
  return [
    `${count(differing, "bit")} and ${count(fields, "field")} differ`,
    hidden === 0 ? null : `${count(hidden, "register")} without differences hidden`,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

function noVmx(column: string): HTMLElement {
  return h("p", { class: "notice" }, h("span", { class: "mono" }, column), " does not offer VMX to its guest.");
}

function explainedIn(group: CapabilityGroup): Explained[] {
  const explain = (subject: string, causes: readonly (Cause | null)[]) =>
    causes.flatMap((cause) => (cause === null ? [] : [{ subject, cause }]));
  return [
    ...group.bits.flatMap((bit) => explain(`${group.source} bit ${bit.bit}: ${bit.label}`, bit.causes)),
    ...group.fields.flatMap((field) => explain(`${group.source}: ${field.label}`, field.causes)),
  ];
}
