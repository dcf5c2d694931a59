#include "workbench.h"
#include "waves.h"

#define SIZE 512

struct complex {
    double re, im;
};

static void reverse_bits(struct complex *data)
{
    for (u32 i = 1, j = 0; i < SIZE; i++) {
        u32 bit = SIZE >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            struct complex swapped = data[i];
            data[i] = data[j];
            data[j] = swapped;
        }
    }
}

static void transform(struct complex *data, double direction)
{
    reverse_bits(data);
    for (u32 length = 2; length <= SIZE; length <<= 1) {
        struct complex step;
        sine_cosine(direction * 6.28318530717958647692 / length, &step.im, &step.re);
        for (u32 block = 0; block < SIZE; block += length) {
            struct complex factor = { 1, 0 };
            for (u32 i = block; i < block + length / 2; i++) {
                struct complex *low = &data[i], *high = &data[i + length / 2];
                struct complex turned = { high->re * factor.re - high->im * factor.im,
                                          high->re * factor.im + high->im * factor.re };
                *high = (struct complex){ low->re - turned.re, low->im - turned.im };
                *low = (struct complex){ low->re + turned.re, low->im + turned.im };
                factor = (struct complex){ factor.re * step.re - factor.im * step.im,
                                           factor.re * step.im + factor.im * step.re };
            }
        }
    }
}

u64 run_fft(void)
{
    static struct complex data[SIZE];
    u64 state = 99, sum = 0;
    double error = 0;

    for (u32 i = 0; i < SIZE; i++)
        data[i] = (struct complex){ (double)(next_random(&state) % 1000) / 8, (double)(i % 17) };
    transform(data, 1);
    for (u32 i = 0; i < SIZE; i++) {
        sum = mix_double(sum, data[i].re);
        sum = mix_double(sum, data[i].im);
    }
    transform(data, -1);
    for (u32 i = 0; i < SIZE; i++) {
        double off = data[i].im / SIZE - (double)(i % 17);
        error += off < 0 ? -off : off;
    }
    return mix_double(mix(sum, error < 1e-6), error);
}
