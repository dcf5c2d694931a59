/* What the numeric modules need and no library gives: square roots, sines and cosines. */
#ifndef WAVES_H
#define WAVES_H

static inline double square_root(double x)
{
    __asm__("sqrtsd %1, %0" : "=x"(x) : "x"(x));
    return x;
}

/* Taylor's series after reduction to [-pi/4, pi/4]: good for checksums, not for the last bit. */
static inline void sine_cosine(double x, double *sine, double *cosine)
{
    long quarter = (long)(x * 0.63661977236758134308 + (x < 0 ? -0.5 : 0.5));
    double r = x - (double)quarter * 1.57079632679489661923, square = r * r, s = 1, c = 1;

    for (int i = 9; i > 0; i--) {
        s = 1 - square / (double)(2 * i * (2 * i + 1)) * s;
        c = 1 - square / (double)((2 * i - 1) * 2 * i) * c;
    }
    s *= r;
    *sine = quarter & 1 ? c : s;
    *cosine = quarter & 1 ? s : c;
    if (quarter & 2)
        *sine = -*sine;
    if ((quarter + 1) & 2)
        *cosine = -*cosine;
}

#endif
