import { h } from "../element.ts";

/** A question that somebody really had, and where its answer is. */
export interface Story {
  readonly question: string;
  /** Permalink. */
  readonly address: string;
}

const CR4_WRITER = "virtualbox-kvm/registers/writes-back-unmodified-cr4";

/** Questions that took people days. Each leads to where one more click answers it. */
export const STORIES: readonly Story[] = [
  {
    question: "Why did XSAVES #UD in L2?",
    address: "#/compare/xsaves-control?left=metal&right=kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on",
  },
  {
    question: "Who set CR4.VMXE in the read shadow?",
    address: `#/structures/cr4-loop?on=kvm@6.6+virtualbox-kvm@20240502&quirks=+${CR4_WRITER}&schedule=signal@4253.1&field=vmcs02.cr4ReadShadow&bit=13`,
  },
  {
    question: "Why did the second processor not get #SX?",
    address: "#/compare/sx-init-redirect?left=metal&right=kvm@6.1&cpu=epyc-rome",
  },
  {
    question: "Which address space is this VMPTRLD operand in?",
    address: "#/structures/xsaves-control?on=kvm@6.1&find=vmptrld",
  },
];

/** The questions, as ways in. */
export function storyLinks(): HTMLElement {
  return h(
    "nav",
    { class: "stories", "aria-label": "Questions to begin with" },
    h("span", { class: "quiet" }, "Begin with a question:"),
    h("ul", {}, ...STORIES.map(({ question, address }) => h("li", {}, h("a", { href: address }, question)))),
  );
}
