#include "workbench.h"
#include "waves.h"

#define BODIES 6

struct body {
    double place[3], speed[3], mass;
};

static double energy(const struct body *bodies)
{
    double total = 0;

    for (int i = 0; i < BODIES; i++) {
        const struct body *b = &bodies[i];
        total += b->mass / 2 * (b->speed[0] * b->speed[0] + b->speed[1] * b->speed[1] + b->speed[2] * b->speed[2]);
        for (int j = i + 1; j < BODIES; j++) {
            double square = 0;
            for (int axis = 0; axis < 3; axis++) {
                double apart = b->place[axis] - bodies[j].place[axis];
                square += apart * apart;
            }
            total -= b->mass * bodies[j].mass / square_root(square);
        }
    }
    return total;
}

static void advance(struct body *bodies, double time)
{
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            double apart[3], square = 0.01;
            for (int axis = 0; axis < 3; axis++) {
                apart[axis] = bodies[i].place[axis] - bodies[j].place[axis];
                square += apart[axis] * apart[axis];
            }
            double pull = time / (square * square_root(square));
            for (int axis = 0; axis < 3; axis++) {
                bodies[i].speed[axis] -= apart[axis] * bodies[j].mass * pull;
                bodies[j].speed[axis] += apart[axis] * bodies[i].mass * pull;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int axis = 0; axis < 3; axis++)
            bodies[i].place[axis] += time * bodies[i].speed[axis];
}

u64 run_nbody(void)
{
    struct body bodies[BODIES];
    u64 state = 1234, sum = 0;

    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].place[axis] = (double)(s32)next_random(&state) / 1e8;
            bodies[i].speed[axis] = (double)(s32)next_random(&state) / 4e10;
        }
        bodies[i].mass = 1.0 / (i + 1);
    }
    sum = mix_double(sum, energy(bodies));
    for (int step = 0; step < 600; step++) {
        advance(bodies, 0.01);
        if (step % 50 == 0)
            sum = mix_double(sum, bodies[step / 50 % BODIES].place[step % 3]);
    }
    return mix_double(sum, energy(bodies));
}
