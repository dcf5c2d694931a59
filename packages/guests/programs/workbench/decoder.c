#include "workbench.h"

/* How long an x86-64 instruction is: prefixes, opcode maps, ModRM, SIB, displacement and immediate. */

enum shape { NONE = 0, MODRM = 1, IMM8 = 2, IMM32 = 4, IMM16 = 8, IMM64 = 16, BAD = 32, GROUP3 = 64 };

struct range {
    u8 first, last, shape;
};

static const struct range ONE_BYTE[] = {
    { 0x63, 0x63, MODRM }, { 0x68, 0x68, IMM32 }, { 0x69, 0x69, MODRM | IMM32 }, { 0x6a, 0x6a, IMM8 },
    { 0x6b, 0x6b, MODRM | IMM8 }, { 0x70, 0x7f, IMM8 }, { 0x80, 0x80, MODRM | IMM8 }, { 0x81, 0x81, MODRM | IMM32 },
    { 0x82, 0x82, BAD }, { 0x83, 0x83, MODRM | IMM8 }, { 0x84, 0x8f, MODRM }, { 0x9a, 0x9a, BAD }, { 0xa0, 0xa3, IMM64 },
    { 0xa8, 0xa8, IMM8 }, { 0xa9, 0xa9, IMM32 }, { 0xb0, 0xb7, IMM8 }, { 0xb8, 0xbf, IMM32 }, { 0xc0, 0xc1, MODRM | IMM8 },
    { 0xc2, 0xc2, IMM16 }, { 0xc4, 0xc5, BAD }, { 0xc6, 0xc6, MODRM | IMM8 }, { 0xc7, 0xc7, MODRM | IMM32 },
    { 0xc8, 0xc8, IMM16 | IMM8 }, { 0xca, 0xca, IMM16 }, { 0xcd, 0xcd, IMM8 }, { 0xce, 0xce, BAD }, { 0xd0, 0xd3, MODRM },
    { 0xd4, 0xd6, BAD }, { 0xd8, 0xdf, MODRM }, { 0xe0, 0xe7, IMM8 }, { 0xe8, 0xe9, IMM32 }, { 0xea, 0xea, BAD },
    { 0xeb, 0xeb, IMM8 }, { 0xf6, 0xf7, MODRM | GROUP3 }, { 0xfe, 0xff, MODRM },
};

static const struct range TWO_BYTES[] = {
    { 0x00, 0x03, MODRM }, { 0x0d, 0x0d, MODRM }, { 0x10, 0x1f, MODRM }, { 0x20, 0x23, MODRM }, { 0x28, 0x2f, MODRM },
    { 0x40, 0x6f, MODRM }, { 0x70, 0x73, MODRM | IMM8 }, { 0x74, 0x76, MODRM }, { 0x7c, 0x7f, MODRM }, { 0x80, 0x8f, IMM32 },
    { 0x90, 0x9f, MODRM }, { 0xa3, 0xa3, MODRM }, { 0xa4, 0xa4, MODRM | IMM8 }, { 0xa5, 0xa5, MODRM }, { 0xab, 0xab, MODRM },
    { 0xac, 0xac, MODRM | IMM8 }, { 0xad, 0xb9, MODRM }, { 0xba, 0xba, MODRM | IMM8 }, { 0xbb, 0xc1, MODRM },
    { 0xc2, 0xc2, MODRM | IMM8 }, { 0xc3, 0xc3, MODRM }, { 0xc4, 0xc6, MODRM | IMM8 }, { 0xc7, 0xc7, MODRM }, { 0xd0, 0xff, MODRM },
};

static u8 one_byte[256], two_bytes[256];

static void spread(u8 *shapes, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (u32 opcode = ranges[i].first; opcode <= ranges[i].last; opcode++)
            shapes[opcode] = ranges[i].shape;
}

static void make_shapes(void)
{
    static const u8 ARITHMETIC[8] = { MODRM, MODRM, MODRM, MODRM, IMM8, IMM32, BAD, BAD };

    for (u32 opcode = 0; opcode < 0x40; opcode++)
        one_byte[opcode] = ARITHMETIC[opcode & 7];
    spread(one_byte, ONE_BYTE, COUNT(ONE_BYTE));
    spread(two_bytes, TWO_BYTES, COUNT(TWO_BYTES));
}

static u32 address_length(const u8 *modrm)
{
    u32 mode = *modrm >> 6, base = *modrm & 7, length = 1;

    if (mode == 3)
        return length;
    if (base == 4) {
        base = modrm[1] & 7;
        length++;
        if (mode == 0 && base == 5)
            return length + 4;
    } else if (mode == 0 && base == 5)
        return length + 4;
    return length + (mode == 1 ? 1 : mode == 2 ? 4 : 0);
}

/* Zero: not an instruction. */
static u32 instruction_length(const u8 *code)
{
    const u8 *at = code;
    u32 small = 0, wide = 0, short_address = 0, shape;

    for (;; at++) {
        if (*at == 0x66)
            small = 1;
        else if (*at == 0x67)
            short_address = 1;
        else if (*at != 0xf2 && *at != 0xf3 && *at != 0xf0 && *at != 0x2e && *at != 0x36 && *at != 0x64 && *at != 0x65)
            break;
        if (at - code >= 14)
            return 0;
    }
    if ((*at & 0xf0) == 0x40)
        wide = *at++ >> 3 & 1;
    u8 opcode = *at++;
    if (opcode == 0x0f) {
        opcode = *at++;
        if (opcode == 0x38 || opcode == 0x3a) {
            shape = opcode == 0x38 ? MODRM : MODRM | IMM8;
            at++;
        } else
            shape = two_bytes[opcode];
    } else {
        shape = one_byte[opcode];
        if (opcode >= 0xb8 && opcode <= 0xbf && wide)
            shape = IMM64;
        if ((shape & GROUP3) && (*at >> 3 & 7) < 2)
            shape |= opcode & 1 ? IMM32 : IMM8;
    }
    if (shape & BAD)
        return 0;
    if (shape & MODRM)
        at += address_length(at);
    at += (shape & IMM8 ? 1 : 0) + (shape & IMM16 ? 2 : 0) + (shape & IMM32 ? (small && !wide ? 2 : 4) : 0);
    at += shape & IMM64 ? (short_address && opcode < 0xb0 ? 4 : 8) : 0;
    return at - code <= 15 ? (u32)(at - code) : 0;
}

u64 run_decoder(void)
{
    static const u8 KNOWN[] = {
        0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20, 0xe8, 1, 2, 3, 4, 0x0f, 0x84, 0, 0, 0, 0, 0x66, 0x81, 0xc1, 1, 2,
        0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xf3, 0x0f, 0x10, 0x04, 0x25, 0, 0, 0, 0, 0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8,
        0xf7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8, 0x67, 0x8b, 0x44, 0x24, 8, 0xc9, 0xc3,
    };
    static u8 noise[6000];
    u64 state = 12, sum = 0;

    make_shapes();
    for (size_t at = 0; at < sizeof(KNOWN);) {
        u32 length = instruction_length(KNOWN + at);
        sum = mix(sum, length);
        at += length ? length : 1;
    }
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (u8)next_random(&state);
    for (size_t at = 0; at < sizeof(noise) - 16; at++)
        sum = mix(sum, instruction_length(noise + at));
    return sum;
}
