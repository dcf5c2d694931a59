/**
 * Opcodes that some processor defines under an EVEX prefix, by map and by prefix none, 66, F3, F2 (SDM 2D "Opcode Map" and
 * the AVX-512 instruction pages). The decoder knows no more about them.
 */
export const EVEX_OPCODES: Readonly<Record<number, readonly string[]>> = {
  1: [
    "10-17 28-29 2b 2e-2f 51 54-5f 78-79 c2 c6",
    "10-17 28-29 2b 2e-2f 51 54-76 78-7b 7e-7f c2 c4-c6 d1-d6 d8-ef f1-f6 f8-fe",
    "10-12 16 2a 2c-2d 51 58-5f 6f-70 78-7b 7e-7f c2 e6",
    "10-12 2a 2c-2d 51 58-5a 5c-5f 6f-70 78-7b 7f c2 e6",
  ],
  2: [
    "",
    "00 04 0b-0d 10-16 18-2d 30-40 42-47 4c-55 58-5b 62-66 70-73 75-7f 83 88-8b 8d 8f-93 96-a3 a6-af b4-bf c4 c6-c8 ca-cd cf dc-df",
    "10-15 20-2a 30-35 38-3a 52 72",
    "52-53 68 72 9a-9b aa-ab",
  ],
  3: [
    "08 0a 26-27 56-57 66-67 c2",
    "00-01 03-05 08-0b 0f 14-1b 1d-23 25-27 38-3b 3e-3f 42-44 50-51 54-57 66-67 70-73 ce-cf",
    "c2",
    "",
  ],
  5: ["1d 2e-2f 51 58-5f 78-79 7c-7d", "1d 5a-5b 6e 78-7e", "10-11 2a 2c-2d 51 58-5f 78-79 7b 7d", "5a 7a 7d"],
  6: ["13", "13 2c-2d 42-43 4c-4f 96-9f a6-af b6-bf", "56-57 d6-d7", "56-57 d6-d7"],
};

/** The same for XOP, which takes no prefix: APM 6 "XOP Opcode Maps". */
export const XOP_OPCODES: Readonly<Record<number, readonly string[]>> = {
  8: ["85-87 8e-8f 95-97 9e-9f a2-a3 a6 b6 c0-c3 cc-cf ec-ef"],
  9: ["01-02 12 80-83 90-9b c1-c3 c6-c7 cb d1-d3 d6-d7 db e1-e3"],
  10: ["10 12"],
};
