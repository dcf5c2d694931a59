#include "workbench.h"

#define WIDE 40
#define HIGH 24
#define MOST 120

static u32 steps_double(double re, double im)
{
    double x = 0, y = 0;
    u32 steps = 0;

    for (; steps < MOST && x * x + y * y <= 4; steps++) {
        double next = x * x - y * y + re;
        y = 2 * x * y + im;
        x = next;
    }
    return steps;
}

static u32 steps_float(float re, float im)
{
    float x = 0, y = 0;
    u32 steps = 0;

    for (; steps < MOST && x * x + y * y <= 4; steps++) {
        float next = x * x - y * y + re;
        y = 2 * x * y + im;
        x = next;
    }
    return steps;
}

/* The same in integers with 28 bits behind the point. */
static u32 steps_fixed(s64 re, s64 im)
{
    s64 x = 0, y = 0;
    u32 steps = 0;

    for (; steps < MOST; steps++) {
        s64 xx = x * x >> 28, yy = y * y >> 28;
        if (xx + yy > (s64)4 << 28)
            break;
        y = (x * y >> 27) + im;
        x = xx - yy + re;
    }
    return steps;
}

u64 run_mandelbrot(void)
{
    u64 sum = 0;

    for (int row = 0; row < HIGH; row++)
        for (int column = 0; column < WIDE; column++) {
            double re = -2.2 + 3.0 * column / WIDE, im = -1.2 + 2.4 * row / HIGH;
            sum = mix(sum, steps_double(re, im));
            sum = mix(sum, steps_float((float)re, (float)im));
            sum = mix(sum, steps_fixed((s64)(re * (1 << 28)), (s64)(im * (1 << 28))));
        }
    return sum;
}
