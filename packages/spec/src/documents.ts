/** One manual at the revision that every citation in this repository means. */
export type ManualDocument = {
  readonly vendor: "intel" | "amd";
  readonly title: string;
  readonly volume: string;
  readonly orderNumber: string;
  readonly revision: string;
  readonly date: string;
};

const SDM = { vendor: "intel", title: "Intel 64 and IA-32 Architectures Software Developer's Manual" } as const;
const APM = { vendor: "amd", title: "AMD64 Architecture Programmer's Manual" } as const;
// All volumes of one SDM release share its number, also where a volume did not change.
const SDM_RELEASE = { revision: "090US", date: "2026-02" } as const;

/** Intel's volumes by the volume word of a citation. */
export const SDM_DOCUMENTS = {
  "1": { ...SDM, volume: "1", orderNumber: "253665", ...SDM_RELEASE },
  "2A": { ...SDM, volume: "2A", orderNumber: "253666", ...SDM_RELEASE },
  "2B": { ...SDM, volume: "2B", orderNumber: "253667", ...SDM_RELEASE },
  "2C": { ...SDM, volume: "2C", orderNumber: "326018", ...SDM_RELEASE },
  "2D": { ...SDM, volume: "2D", orderNumber: "334569", ...SDM_RELEASE },
  "3A": { ...SDM, volume: "3A", orderNumber: "253668", ...SDM_RELEASE },
  "3B": { ...SDM, volume: "3B", orderNumber: "253669", ...SDM_RELEASE },
  "3C": { ...SDM, volume: "3C", orderNumber: "326019", ...SDM_RELEASE },
  "3D": { ...SDM, volume: "3D", orderNumber: "332831", ...SDM_RELEASE },
  "4": { ...SDM, volume: "4", orderNumber: "335592", ...SDM_RELEASE },
} as const satisfies Record<string, ManualDocument>;

/** AMD's volumes by the volume word of a citation. */
export const APM_DOCUMENTS = {
  "2": { ...APM, volume: "2", orderNumber: "24593", revision: "3.42", date: "2024-03" },
  "3": { ...APM, volume: "3", orderNumber: "24594", revision: "3.36", date: "2024-03" },
} as const satisfies Record<string, ManualDocument>;

/** Which manual a citation means; the property that carries the citation has this name. */
export type ManualKey = "sdm" | "apm";

/** The pinned manuals by citation property and volume. */
export const DOCUMENTS: Readonly<Record<ManualKey, Readonly<Record<string, ManualDocument>>>> = {
  sdm: SDM_DOCUMENTS,
  apm: APM_DOCUMENTS,
};
