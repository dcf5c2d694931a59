import { controlsOf, encodingOf, exitReasonName, fieldOfEncoding, hex } from "@hvdiff/spec";

const dump = new Map([
  [0x4402, 0x8000_0021],
  [0x401e, 0x0010_00a2],
]);

for (const [encoding, value] of dump) {
  console.log(hex(encoding, 4), fieldOfEncoding(encoding)?.name, hex(value, 8));
}
console.log(exitReasonName(dump.get(encodingOf("exitReason")) ?? 0));
console.log(controlsOf("secondary", dump.get(encodingOf("secondaryProcessorBasedControls")) ?? 0).join(" "));
