export { type AlignmentRun, alignmentRuns } from "./alignment-runs.ts";
export { type CapabilityGridOptions, capabilityGrid } from "./capability-grid.ts";
export { columnLines } from "./column-lines.ts";
export { type LevelsTimelineOptions, lanesOf, levelsTimeline } from "./levels-timeline.ts";
export { type MatrixChartOptions, matrixChart } from "./matrix-chart.ts";
export { type ReleasePoint, releaseSparkline } from "./release-sparkline.ts";
export { signatureLetters } from "./signature-letters.ts";
export { type TraceStripOptions, traceStrip } from "./trace-strip.ts";
export { verdictTotal } from "./verdict-total.ts";
