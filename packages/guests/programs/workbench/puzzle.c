#include "workbench.h"

/* Searches that call themselves: queens by bits, a sudoku by fewest choices, permutations, Ackermann's function. */

static u32 queens(u32 all, u32 columns, u32 left, u32 right)
{
    u32 found = 0;

    if (columns == all)
        return 1;
    for (u32 open = all & ~(columns | left | right); open; open &= open - 1) {
        u32 bit = open & -open;
        found += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return found;
}

static u16 choices(const u8 *grid, u32 cell)
{
    u32 row = cell / 9, column = cell % 9, corner = row / 3 * 27 + column / 3 * 3;
    u16 taken = 0;

    for (u32 i = 0; i < 9; i++)
        taken |= (u16)(1u << grid[row * 9 + i] | 1u << grid[i * 9 + column] | 1u << grid[corner + i / 3 * 9 + i % 3]);
    return (u16)(~taken & 0x3fe);
}

static int solve(u8 *grid, u32 *tries)
{
    u32 best = 81, fewest = 10;
    u16 open = 0;

    for (u32 cell = 0; cell < 81; cell++) {
        if (grid[cell])
            continue;
        u16 here = choices(grid, cell);
        u32 count = 0;
        for (u16 rest = here; rest; rest &= (u16)(rest - 1))
            count++;
        if (count < fewest) {
            best = cell;
            fewest = count;
            open = here;
        }
    }
    if (best == 81)
        return 1;
    for (u8 digit = 1; digit <= 9; digit++)
        if (open >> digit & 1) {
            (*tries)++;
            grid[best] = digit;
            if (solve(grid, tries))
                return 1;
        }
    grid[best] = 0;
    return 0;
}

static u64 permute(u8 *items, u32 from, u32 count, u64 sum)
{
    if (from == count)
        return mix_bytes(sum, items, count);
    for (u32 i = from; i < count; i++) {
        u8 kept = items[from];
        items[from] = items[i];
        items[i] = kept;
        sum = permute(items, from + 1, count, sum);
        items[i] = items[from];
        items[from] = kept;
    }
    return sum;
}

static u32 ackermann(u32 m, u32 n)
{
    return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

u64 run_puzzle(void)
{
    static const char GIVEN[] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    u8 grid[81], items[6] = { 1, 2, 3, 4, 5, 6 };
    u32 tries = 0;
    u64 sum = mix(0, queens(255, 0, 0, 0));

    for (u32 i = 0; i < 81; i++)
        grid[i] = GIVEN[i] == '.' ? 0 : (u8)(GIVEN[i] - '0');
    sum = mix(sum, (u64)solve(grid, &tries));
    sum = mix(mix_bytes(sum, grid, sizeof(grid)), tries);
    sum = permute(items, 0, 6, sum);
    return mix(sum, ackermann(2, 60));
}
