import { type Evidence, productOfQuirk, type Quirk } from "@hvdiff/personality";
import type { EvidenceResult, QuirkResult } from "./results.ts";

function evidenceResult(evidence: Evidence): EvidenceResult {
  switch (evidence.kind) {
    case "source":
      return {
        kind: "source",
        text: `${evidence.repo} ${evidence.path}${evidence.symbol === undefined ? "" : ` (${evidence.symbol})`} at ${evidence.commit}`,
        url: `https://github.com/${evidence.repo}/blob/${evidence.commit}/${evidence.path}`,
      };
    case "commit":
      return {
        kind: "commit",
        text: `${evidence.repo} ${evidence.commit}: ${evidence.title}`,
        url: `https://github.com/${evidence.repo}/commit/${evidence.commit}`,
      };
    case "document":
      return {
        kind: "document",
        text: `${evidence.title}${evidence.date === undefined ? "" : `, ${evidence.date}`}`,
        ...(evidence.url === undefined ? {} : { url: evidence.url }),
      };
    case "report":
      return {
        kind: "report",
        text: `${evidence.where}: ${evidence.title}${evidence.date === undefined ? "" : `, ${evidence.date}`}`,
      };
    default:
      return {
        kind: "manual",
        text: evidence.sdm === undefined ? `AMD APM ${evidence.apm}` : `Intel SDM ${evidence.sdm}`,
      };
  }
}

/** A quirk as results carry it. */
export function quirkResult(quirk: Quirk): QuirkResult {
  return {
    id: quirk.id,
    summary: quirk.summary,
    product: productOfQuirk(quirk),
    affects: quirk.affects,
    ...(quirk.since === undefined ? {} : { since: quirk.since }),
    ...(quirk.until === undefined ? {} : { until: quirk.until }),
    confidence: quirk.confidence,
    evidence: quirk.evidence.map(evidenceResult),
    optIn: quirk.optIn === true,
  };
}
