import { encodingOf, type VmcsField } from "@hvdiff/spec";
import { Random } from "../../../../test/random.ts";

const HEADER_SIZE = 16;
const CASE_SIZE = 64;
const CHANGE_SIZE = 16;
const CHANGES = 4;
const MAGIC = 0x0053_4143_7363_6d76n;
const [SET, OR, XOR, NONE] = [0, 1, 2, 3] as const;

/** A change of one field of a VMCS. */
export interface Change {
  readonly field: VmcsField;
  readonly operation: number;
  readonly value: bigint;
}

type Generator = (random: Random) => readonly Change[];

/** Flips one bit of a field, of those in the mask. */
function bitOf(field: VmcsField, mask: bigint): Generator {
  const bits = Array.from({ length: 64 }, (_, bit) => BigInt(bit)).filter((bit) => ((mask >> bit) & 1n) !== 0n);
  return (random) => [{ field, operation: XOR, value: 1n << random.pick(bits) }];
}

function oneOf(field: VmcsField, values: readonly bigint[]): Generator {
  return (random) => [{ field, operation: SET, value: random.pick(values) }];
}

/** An MSR list that lies nowhere: one that is read would end the machine. */
function wrongList(field: VmcsField): Generator {
  return (random) => bitOf(field, 0xffff_0000_0000_000fn)(random).map((change) => ({ ...change, operation: OR }));
}

/** A control, and what it takes or looks at. */
function withControl(field: VmcsField, bit: number, rest: Generator): Generator {
  return (random) => [{ field, operation: OR, value: 1n << BigInt(bit) }, ...rest(random)];
}

const ALL_32 = 0xffff_ffffn;
const ALL_64 = 0xffff_ffff_ffff_ffffn;
/** Bits 63 to 47: one of them alone is no canonical address. */
const UPPER = 0xffff_8000_0000_0000n;
/** Beyond the physical-address width, and within a page. */
const NO_PAGE = 0xffff_0000_0000_0fffn;
/** Neither 5-level paging nor control-flow enforcement, which not every model here has. */
const CR4 = ALL_64 & ~(1n << 12n) & ~(1n << 23n);
const SEGMENTS = ["Es", "Cs", "Ss", "Ds", "Fs", "Gs", "Ldtr", "Tr"] as const;
const VALID = 1n << 31n;

/** An event to inject: of any type, with or without error code, now and then with a reserved bit. */
const event: Generator = (random) => {
  const type = BigInt(random.below(8));
  const vector = BigInt(type === 3n ? random.below(34) : random.below(256));
  const errorCode = BigInt(random.below(2)) << 11n;
  const reserved = random.oneIn(8) ? 1n << BigInt(12 + random.below(19)) : 0n;
  return [
    {
      field: "vmEntryInterruptionInformation",
      operation: SET,
      value: VALID | reserved | errorCode | (type << 8n) | vector,
    },
    { field: "vmEntryInstructionLength", operation: SET, value: BigInt(random.below(17)) },
    ...(random.oneIn(2) ? bitOf("vmEntryExceptionErrorCode", ALL_32)(random) : []),
  ];
};

const GUEST_SEGMENTS: readonly Generator[] = SEGMENTS.flatMap((name) => [
  bitOf(`guest${name}Selector`, 0xffffn),
  bitOf(`guest${name}AccessRights`, 0x1_ffffn),
  bitOf(`guest${name}AccessRights`, 0x1_ffffn),
  bitOf(`guest${name}Limit`, ALL_32),
  bitOf(`guest${name}Base`, ALL_64),
]);

const CONTROLS: readonly Generator[] = [
  bitOf("pinBasedControls", ALL_32),
  bitOf("primaryProcessorBasedControls", ALL_32),
  bitOf("secondaryProcessorBasedControls", 0x07ff_ffffn),
  bitOf("vmExitControls", ALL_32),
  bitOf("vmEntryControls", ALL_32),
  oneOf("cr3TargetCount", [0n, 1n, 4n, 5n, 256n]),
  withControl("primaryProcessorBasedControls", 25, bitOf("ioBitmapA", NO_PAGE)),
  withControl("primaryProcessorBasedControls", 28, bitOf("msrBitmap", NO_PAGE)),
  withControl("primaryProcessorBasedControls", 21, bitOf("virtualApicAddress", NO_PAGE)),
  withControl("primaryProcessorBasedControls", 21, bitOf("tprThreshold", ALL_32)),
  withControl("secondaryProcessorBasedControls", 0, bitOf("apicAccessAddress", NO_PAGE)),
  withControl("secondaryProcessorBasedControls", 5, oneOf("virtualProcessorIdentifier", [0n, 1n])),
  withControl("secondaryProcessorBasedControls", 1, oneOf("eptPointer", [0n, 0x1en, 0x5en, 0x9en, 0x26n])),
  withControl("vmExitMsrStoreCount", 0, wrongList("vmExitMsrStoreAddress")),
  withControl("vmExitMsrLoadCount", 0, wrongList("vmExitMsrLoadAddress")),
  withControl("vmEntryMsrLoadCount", 0, wrongList("vmEntryMsrLoadAddress")),
  event,
  event,
  event,
];

/** What L1 goes on with where it is legal: nothing here that L1 could not live with. */
const HOST: readonly Generator[] = [
  bitOf("hostCr0", ALL_64),
  bitOf("hostCr4", CR4 & ~(1n << 20n) & ~(1n << 21n)),
  bitOf("hostCr3", 0xffff_0000_0000_0000n),
  ...(["Es", "Cs", "Ss", "Ds", "Fs", "Gs", "Tr"] as const).map((name) => bitOf(`host${name}Selector`, 7n)),
  oneOf("hostTrSelector", [0n]),
  oneOf("hostCsSelector", [0n]),
  ...(
    [
      "hostFsBase",
      "hostGsBase",
      "hostTrBase",
      "hostGdtrBase",
      "hostIdtrBase",
      "hostRip",
      "hostIa32SysenterEsp",
    ] as const
  ).map((field) => bitOf(field, UPPER)),
  withControl("vmExitControls", 19, bitOf("hostIa32Pat", 0xf8f8_f8f8_f8f8_f8f8n)),
  withControl("vmExitControls", 21, bitOf("hostIa32Efer", ALL_64)),
];

const GUEST: readonly Generator[] = [
  bitOf("guestCr0", ALL_64),
  bitOf("guestCr0", 0xe005_003fn),
  bitOf("guestCr4", CR4),
  bitOf("guestCr3", 0xffff_0000_0000_0000n),
  bitOf("guestRflags", 0xffff_ffff_ffff_feffn),
  bitOf("guestRip", UPPER),
  bitOf("guestDr7", 0xffff_ffff_0000_f400n),
  withControl("vmEntryControls", 2, bitOf("guestIa32Debugctl", 0xffffn)),
  bitOf("guestIa32SysenterEsp", UPPER),
  bitOf("guestIa32SysenterEip", UPPER),
  bitOf("guestGdtrBase", UPPER),
  bitOf("guestIdtrBase", UPPER),
  bitOf("guestGdtrLimit", ALL_32),
  bitOf("guestIdtrLimit", 0xffff_0000n),
  withControl("vmEntryControls", 14, bitOf("guestIa32Pat", ALL_64)),
  withControl("vmEntryControls", 15, bitOf("guestIa32Efer", ALL_64)),
  oneOf("guestActivityState", [0n, 1n, 4n, 5n, 0x100n]),
  bitOf("guestInterruptibilityState", ALL_32),
  bitOf("guestInterruptibilityState", 0xfn),
  bitOf("guestPendingDebugExceptions", ALL_64),
  oneOf("vmcsLinkPointer", [0n, 1n, 0x1000n, 1n << 60n]),
];

const GROUPS = [CONTROLS, CONTROLS, HOST, GUEST, GUEST, GUEST_SEGMENTS, GUEST_SEGMENTS] as const;

function changesOf(random: Random): Change[] {
  const changes: Change[] = [];
  const wanted = 1 + random.below(CHANGES);
  while (changes.length < wanted) {
    const more = random.pick(random.pick(GROUPS))(random);
    if (changes.length + more.length <= CHANGES) changes.push(...more);
  }
  return changes;
}

/** The cases with consecutive seeds: each the changes that it makes to a VMCS that is valid. */
export function vmcsCases(first: number, count: number): readonly (readonly Change[])[] {
  return Array.from({ length: count }, (_, n) => changesOf(Random.ofCase(first + n)));
}

/** The multiboot module that brings cases to the guest. */
export function caseModule(cases: readonly (readonly Change[])[]): Uint8Array {
  const data = new Uint8Array(HEADER_SIZE + CASE_SIZE * cases.length);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, MAGIC, true);
  view.setBigUint64(8, BigInt(cases.length), true);
  for (const [n, changes] of cases.entries())
    for (let at = 0; at < CHANGES; at++) {
      const change = changes[at];
      const place = HEADER_SIZE + CASE_SIZE * n + CHANGE_SIZE * at;
      view.setUint32(place, change === undefined ? 0 : encodingOf(change.field), true);
      view.setUint32(place + 4, change?.operation ?? NONE, true);
      view.setBigUint64(place + 8, change?.value ?? 0n, true);
    }
  return data;
}
