#include "workbench.h"

typedef int (*order)(const void *a, const void *b);

static int by_number(const void *a, const void *b)
{
    u32 left = *(const u32 *)a, right = *(const u32 *)b;

    return left < right ? -1 : left > right;
}

static int by_low_digit(const void *a, const void *b)
{
    return (int)(*(const u32 *)a % 10) - (int)(*(const u32 *)b % 10);
}

static void swap(u32 *a, u32 *b)
{
    u32 kept = *a;

    *a = *b;
    *b = kept;
}

static void quick(u32 *data, size_t count, order compare)
{
    while (count > 8) {
        u32 pivot = data[count / 2];
        size_t low = 0, high = count - 1;
        for (;; low++, high--) {
            while (compare(&data[low], &pivot) < 0)
                low++;
            while (compare(&data[high], &pivot) > 0)
                high--;
            if (low >= high)
                break;
            swap(&data[low], &data[high]);
        }
        quick(data, low, compare);
        data += low;
        count -= low;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && compare(&data[j - 1], &data[j]) > 0; j--)
            swap(&data[j - 1], &data[j]);
}

static void merge(u32 *data, u32 *spare, size_t count, order compare)
{
    if (count < 2)
        return;
    size_t half = count / 2, left = 0, right = half;
    merge(data, spare, half, compare);
    merge(data + half, spare, count - half, compare);
    for (size_t i = 0; i < count; i++)
        spare[i] = right >= count || (left < half && compare(&data[left], &data[right]) <= 0) ? data[left++] : data[right++];
    memcpy(data, spare, count * sizeof(u32));
}

static void sift(u32 *data, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && data[child] < data[child + 1])
            child++;
        if (data[at] >= data[child])
            return;
        swap(&data[at], &data[child]);
    }
}

static void heap(u32 *data, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(data, i, count);
    while (count-- > 1) {
        swap(&data[0], &data[count]);
        sift(data, 0, count);
    }
}

static void radix(u32 *data, u32 *spare, size_t count)
{
    for (int shift = 0; shift < 32; shift += 8) {
        size_t places[257] = { 0 };
        for (size_t i = 0; i < count; i++)
            places[(data[i] >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++)
            places[i + 1] += places[i];
        for (size_t i = 0; i < count; i++)
            spare[places[data[i] >> shift & 255]++] = data[i];
        memcpy(data, spare, count * sizeof(u32));
    }
}

static void fill(u32 *data, size_t count, u64 state)
{
    for (size_t i = 0; i < count; i++)
        data[i] = next_random(&state) >> (i & 7);
}

u64 run_sorting(void)
{
    static u32 data[1600], spare[1600];
    u64 sum = 0;

    for (u32 way = 0; way < 5; way++) {
        fill(data, COUNT(data), way < 4 ? 55 : 56);
        if (way == 0)
            quick(data, COUNT(data), by_number);
        else if (way == 1)
            merge(data, spare, COUNT(data), by_number);
        else if (way == 2)
            heap(data, COUNT(data));
        else if (way == 3)
            radix(data, spare, COUNT(data));
        else
            merge(data, spare, COUNT(data), by_low_digit);
        sum = mix_bytes(sum, data, sizeof(data));
    }
    return sum;
}
