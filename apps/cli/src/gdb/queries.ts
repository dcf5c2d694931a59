import type { DebugTarget } from "@hvdiff/lab";
import { bytesOfHex, hexNumber, hexOfText } from "./hex.ts";
import { PACKET_SIZE } from "./memory-packets.ts";
import { monitor } from "./monitor.ts";
import { targetDescription } from "./target-description.ts";
import { threadName, threadOf, threadsDocument, vcpuOf } from "./threads.ts";

/** What queries need of a session. */
export interface Queries {
  readonly target: DebugTarget;
  readonly vcpu: number;
  swbreak: boolean;
}

const FEATURES = [
  `PacketSize=${PACKET_SIZE.toString(16)}`,
  "QStartNoAckMode+",
  "qXfer:features:read+",
  "qXfer:threads:read+",
  "vContSupported+",
  "swbreak+",
  "hwbreak+",
].join(";");

const NO_SUCH_OBJECT = "E00";
const MALFORMED = "E01";

/** Answers to queries by name; what stands behind the name's first `:` or `,` is the argument. */
const QUERIES: Readonly<Record<string, (session: Queries, argument: string) => string>> = {
  Supported: (session, argument) => {
    session.swbreak = argument.split(";").includes("swbreak+");
    return FEATURES;
  },
  C: ({ vcpu }) => `QC${threadOf(vcpu)}`,
  Attached: () => "1",
  fThreadInfo: ({ target }) => `m${target.processors.map((_, vcpu) => threadOf(vcpu)).join(",")}`,
  sThreadInfo: () => "l",
  ThreadExtraInfo: ({ target }, argument) => {
    const vcpu = vcpuOf(target, argument);
    return typeof vcpu === "number" ? hexOfText(threadName(target, vcpu)) : MALFORMED;
  },
  Symbol: () => "OK",
  Rcmd: ({ target }, argument) => {
    const command = bytesOfHex(argument);
    return command === null ? MALFORMED : hexOfText(monitor(target, Buffer.from(command).toString("utf8")));
  },
  Xfer: ({ target }, argument) => transfer(target, argument),
};

/** Part of a document: `m` and more follows, or `l` and it ends there. */
function part(document: string, range: string): string {
  const [offset, length] = range.split(",").map(hexNumber);
  if (typeof offset !== "number" || typeof length !== "number") return MALFORMED;
  const text = document.slice(offset, offset + length);
  return `${offset + length < document.length ? "m" : "l"}${text}`;
}

function transfer(target: DebugTarget, argument: string): string {
  const [object, operation, annex, range] = argument.split(":");
  if (operation !== "read" || range === undefined) return "";
  if (object === "threads") return part(threadsDocument(target), range);
  if (object !== "features") return "";
  return annex === "target.xml" ? part(targetDescription(target.registers), range) : NO_SUCH_OBJECT;
}

/** Answers a `q` packet; nothing to one that is not known. */
export function query(session: Queries, text: string): string {
  const name = /^[A-Za-z]+/.exec(text)?.[0] ?? "";
  return QUERIES[name]?.(session, text.slice(name.length + 1)) ?? "";
}
