import { type Draft, littleEndian, RAX, type Width } from "../draft.ts";
import { encode } from "../encode.ts";
import { AF, CF, type Drafted, type Form, OF, PF, SF, ZF } from "../form.ts";
import { WINDOW } from "../native-case.ts";

/** Forms whose bytes need REX.W or mean something else outside 64-bit mode. */
const ONLY_LONG_MODE = / 64$| a32$|^movsxd|^cmpxchg16b|^chain/;
/** Here 64 is the default width of the stack, which becomes 32. */
const STACK = /^(push|pop|leave) /;

/** The same forms in compatibility mode. */
export function inMode32(forms: readonly Form[]): Form[] {
  return forms
    .filter((form) => STACK.test(form.name) || !ONLY_LONG_MODE.test(form.name))
    .map((form) => ({ ...form, name: `${form.name} (32-bit mode)`, mode32: true }));
}

/** What does not carry over to 16-bit code: a prefix 66 that would change the instruction, a SIB byte that is none there. */
const NOT_IN_CODE_16 = /^(adcx|adox|movnti|pop m relative to rsp)/;

/** Forms of compatibility mode with a 16-bit code segment, where prefixes 66 and 67 ask for 32 bits. */
export function inMode16(forms: readonly Form[]): Form[] {
  return forms
    .filter((form) => !NOT_IN_CODE_16.test(form.name))
    .map((form) => ({ ...form, name: `${form.name.replace(" (32-bit mode)", "")} (16-bit mode)`, mode16: true }));
}

function legacy(name: string, make: (draft: Draft) => number[], undefinedFlags = 0): Form {
  const drafted = (draft: Draft): Drafted => ({ bytes: make(draft), undefinedFlags });
  return { name: `${name} (32-bit mode)`, mode32: true, make: drafted };
}

function sized(draft: Draft, width: Width, ...bytes: number[]): number[] {
  return [...draft.sizePrefix(width), ...bytes];
}

const ADJUSTMENTS: readonly Form[] = [
  legacy("daa", () => [0x27], OF),
  legacy("das", () => [0x2f], OF),
  legacy("aaa", () => [0x37], OF | SF | ZF | PF),
  legacy("aas", () => [0x3f], OF | SF | ZF | PF),
  legacy("aam", (draft) => [0xd4, draft.random.chance(50) ? 10 : draft.random.below(256)], OF | AF | CF),
  legacy("aad", (draft) => [0xd5, draft.random.chance(50) ? 10 : draft.random.below(256)], OF | AF | CF),
  legacy("salc", () => [0xd6]),
];

/** LEA with 16-bit addressing: any ModRM byte of memory. */
function leaOf16(width: Width): Form {
  return legacy(`lea r,m a16 ${width}`, (draft) => {
    const modrm = draft.random.below(0xc0);
    return [0x67, ...sized(draft, width, 0x8d, modrm, ...littleEndian(draft.random.word(), 2))];
  });
}

function bound(width: Width): Form {
  return legacy(`bound ${width}`, (draft) => {
    const size = width / 8;
    const at = draft.random.below(100);
    const reg = draft.random.pick([0, 1, 2]);
    const index = BigInt(draft.random.below(6) - 3);
    draft.fix(reg, index);
    draft.window.set(littleEndian(BigInt(draft.random.below(4) - 3), size), at);
    draft.window.set(littleEndian(BigInt(draft.random.below(4)), size), at + size);
    return encode(draft, { width, opcode: [0x62], reg, rm: draft.memory(2 * size, BigInt(WINDOW + at)) });
  });
}

const ARPL: Form = legacy("arpl rm,r", (draft) => {
  const reg = draft.register();
  return encode(draft, { width: 32, opcode: [0x63], reg, rm: draft.registerOrMemory(2) });
});

function ofWidth(width: Width): Form[] {
  return [
    legacy(`inc short ${width}`, (draft) => sized(draft, width, 0x40 | draft.random.below(8))),
    legacy(`dec short ${width}`, (draft) => sized(draft, width, 0x48 | draft.random.below(8))),
    legacy(`pusha ${width}`, (draft) => {
      draft.stack();
      return sized(draft, width, 0x60);
    }),
    legacy(`popa ${width}`, (draft) => {
      draft.stack();
      return sized(draft, width, 0x61);
    }),
    leaOf16(width),
    bound(width),
  ];
}

/** Opcode 82 is an alias of 80. */
const ALIAS: Form = legacy(
  "alias 82",
  (draft) => {
    const immediate = [draft.random.below(256)];
    draft.gpr[RAX] = draft.random.operand();
    return encode(draft, {
      width: 8,
      opcode: [0x82],
      reg: draft.random.below(8),
      rm: draft.registerOrMemory(1),
      immediate,
    });
  },
  AF,
);

/** What exists only outside 64-bit mode. */
export const LEGACY_FORMS: readonly Form[] = [...ADJUSTMENTS, ...([16, 32] as const).flatMap(ofWidth), ARPL, ALIAS];
