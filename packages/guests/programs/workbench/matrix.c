#include "workbench.h"

#define ORDER 32

typedef float lanes __attribute__((vector_size(16)));

static float left[ORDER][ORDER] __attribute__((aligned(16)));
static float right[ORDER][ORDER] __attribute__((aligned(16)));
static float product[ORDER][ORDER] __attribute__((aligned(16)));

static void multiply(void)
{
    for (int row = 0; row < ORDER; row++)
        for (int column = 0; column < ORDER; column += 4) {
            lanes total = { 0, 0, 0, 0 };
            for (int k = 0; k < ORDER; k++) {
                float factor = left[row][k];
                lanes four = { factor, factor, factor, factor };
                total += four * *(lanes *)&right[k][column];
            }
            *(lanes *)&product[row][column] = total;
        }
}

/* Gauss' elimination with the largest pivot; gives the determinant. */
static double determinant(u32 order)
{
    static double work[ORDER][ORDER];
    double result = 1;

    for (u32 i = 0; i < order; i++)
        for (u32 j = 0; j < order; j++)
            work[i][j] = (double)product[i][j];
    for (u32 column = 0; column < order; column++) {
        u32 best = column;
        for (u32 row = column + 1; row < order; row++)
            if (__builtin_fabs(work[row][column]) > __builtin_fabs(work[best][column]))
                best = row;
        if (work[best][column] == 0)
            return 0;
        if (best != column) {
            result = -result;
            for (u32 j = 0; j < order; j++) {
                double swapped = work[best][j];
                work[best][j] = work[column][j];
                work[column][j] = swapped;
            }
        }
        result *= work[column][column];
        for (u32 row = column + 1; row < order; row++) {
            double factor = work[row][column] / work[column][column];
            for (u32 j = column; j < order; j++)
                work[row][j] -= factor * work[column][j];
        }
    }
    return result;
}

u64 run_matrix(void)
{
    u64 state = 17, sum = 0;

    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            left[i][j] = (float)(s32)(next_random(&state) % 2001 - 1000) / 64;
            right[i][j] = (float)(i * j % 13) - 6.25f;
        }
    for (int turn = 0; turn < 3; turn++) {
        multiply();
        sum = mix_bytes(sum, product, sizeof(product));
        for (int i = 0; i < ORDER; i++)
            for (int j = 0; j < ORDER; j++)
                left[i][j] = product[j][i] / 512 + (i == j ? 1.0f : 0.0f);
    }
    for (u32 order = 2; order <= ORDER; order += 10)
        sum = mix_double(sum, determinant(order));
    return sum;
}
