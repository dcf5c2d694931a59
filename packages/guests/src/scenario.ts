/** A processor feature without which an image has nothing to show; it then prints `SKIP …` and says `done`. */
export type Need = "vmx" | "ept" | "svm" | "npt";

/** What there is to know about a bundled image without running it. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What it does and what it shows, in one or two sentences. */
  readonly summary: string;
  /** File name in `images/`. */
  readonly image: string;
  /** Sections of Intel's SDM by title, `3C "VM-Entry Control Fields"`. */
  readonly sdm: readonly string[];
  /** Sections of AMD's APM by title, for images about SVM. */
  readonly apm?: readonly string[];
  readonly needs: readonly Need[];
  /** Logical processors that it is about, where the processor has what it needs; 1 if absent. */
  readonly processors?: number;
  /** Seeds (`S1`) and topics. */
  readonly tags: readonly string[];
  /** The verdict ids the image prints, in order, where everything it needs is offered; not what they say. */
  readonly expect: readonly string[];
}
