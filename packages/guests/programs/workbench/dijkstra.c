#include "workbench.h"

/* Shortest ways through a random graph: a heap of places with positions, then all pairs of a small part. */

#define PLACES 500
#define WAYS 6
#define FAR 0xffffffffu

struct way {
    u32 to, length;
};

static struct way ways[PLACES][WAYS];
static u32 distance[PLACES], heap[PLACES], position[PLACES], heap_size;

static void place(u32 at, u32 node)
{
    heap[at] = node;
    position[node] = at;
}

static void rise(u32 at)
{
    u32 node = heap[at];

    for (; at > 0 && distance[heap[(at - 1) / 2]] > distance[node]; at = (at - 1) / 2)
        place(at, heap[(at - 1) / 2]);
    place(at, node);
}

static u32 take_nearest(void)
{
    u32 nearest = heap[0], last = heap[--heap_size], at = 0;

    for (u32 child; (child = 2 * at + 1) < heap_size; at = child) {
        if (child + 1 < heap_size && distance[heap[child + 1]] < distance[heap[child]])
            child++;
        if (distance[heap[child]] >= distance[last])
            break;
        place(at, heap[child]);
    }
    place(at, last);
    position[nearest] = FAR;
    return nearest;
}

static u64 from(u32 start)
{
    u64 sum = 0;

    heap_size = PLACES;
    for (u32 i = 0; i < PLACES; i++) {
        distance[i] = FAR;
        place(i, i);
    }
    distance[start] = 0;
    rise(position[start]);
    while (heap_size > 0) {
        u32 here = take_nearest();
        if (distance[here] == FAR)
            break;
        for (u32 i = 0; i < WAYS; i++) {
            u32 to = ways[here][i].to, length = distance[here] + ways[here][i].length;
            if (length < distance[to]) {
                distance[to] = length;
                rise(position[to]);
            }
        }
    }
    for (u32 i = 0; i < PLACES; i++)
        sum = mix(sum, distance[i]);
    return sum;
}

static u64 all_pairs(void)
{
    static u32 table[40][40];
    u64 sum = 0;

    for (u32 i = 0; i < 40; i++)
        for (u32 j = 0; j < 40; j++)
            table[i][j] = i == j ? 0 : ways[i][j % WAYS].length + (i ^ j) * 37;
    for (u32 k = 0; k < 40; k++)
        for (u32 i = 0; i < 40; i++)
            for (u32 j = 0; j < 40; j++)
                if (table[i][k] + table[k][j] < table[i][j])
                    table[i][j] = table[i][k] + table[k][j];
    for (u32 i = 0; i < 40; i++)
        sum = mix(sum, table[i][39 - i]);
    return sum;
}

u64 run_dijkstra(void)
{
    u64 state = 4711, sum = 0;

    for (u32 i = 0; i < PLACES; i++)
        for (u32 j = 0; j < WAYS; j++)
            ways[i][j] = (struct way){ next_random(&state) % PLACES, 1 + next_random(&state) % 1000 };
    for (u32 start = 0; start < 4; start++)
        sum = mix(sum, from(start * 77));
    return mix(sum, all_pairs());
}
