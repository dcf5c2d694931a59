#include "workbench.h"

/* A simulation of devices and a processor: events in a heap, actions through pointers, rings between producer and consumer. */

#define RING 16

struct device;

struct event {
    u64 time;
    u32 order;
    struct device *device;
    void (*action)(struct device *);
};

struct device {
    u64 random;
    u32 produced, consumed, lost, period;
    u32 ring[RING], head, tail;
    u64 sum;
};

static struct event heap[256];
static u32 heap_size, next_order;
static u64 now;

static int before(const struct event *a, const struct event *b)
{
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void schedule(struct device *device, u64 delay, void (*action)(struct device *))
{
    struct event event = { now + delay, next_order++, device, action };
    u32 at = heap_size++;

    for (; at > 0 && before(&event, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = event;
}

static struct event take(void)
{
    struct event first = heap[0], last = heap[--heap_size];
    u32 at = 0;

    for (u32 child; (child = 2 * at + 1) < heap_size; at = child) {
        if (child + 1 < heap_size && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return first;
}

static void consume(struct device *d)
{
    for (u32 burst = 0; burst < 4 && d->tail != d->head; burst++) {
        d->sum = mix(d->sum, d->ring[d->tail++ % RING] ^ now << 32);
        d->consumed++;
    }
    if (d->tail != d->head)
        schedule(d, 7, consume);
}

static void produce(struct device *d)
{
    u32 value = next_random(&d->random);

    if (d->head - d->tail < RING) {
        d->ring[d->head++ % RING] = value;
        d->produced++;
    } else
        d->lost++;
    if (value % 3 == 0)
        schedule(d, 20 + value % 50, consume);
    schedule(d, 1 + value % d->period, produce);
}

u64 run_events(void)
{
    static struct device devices[5];
    u64 sum = 0;

    memset(devices, 0, sizeof(devices));
    heap_size = next_order = 0;
    now = 0;
    for (u32 i = 0; i < COUNT(devices); i++) {
        devices[i].random = 1000 + i;
        devices[i].period = 5 + 4 * i;
        schedule(&devices[i], i, produce);
    }
    while (heap_size > 0 && now < 4000 && heap_size < COUNT(heap) - 2) {
        struct event event = take();
        now = event.time;
        event.action(event.device);
    }
    for (u32 i = 0; i < COUNT(devices); i++) {
        struct device *d = &devices[i];
        sum = mix(sum ^ d->sum, (u64)d->produced << 40 ^ (u64)d->consumed << 20 ^ d->lost);
    }
    return mix(sum, next_order);
}
