#include "workbench.h"

/* A hypervisor in small: a register machine runs until something needs its host, which handles it through a table. */

enum reason { EXIT_NONE, EXIT_HALT, EXIT_PORT, EXIT_FEATURE, EXIT_FAULT, EXIT_CALL, EXIT_TIMER, REASONS };

struct machine {
    u32 registers[16], pc, memory[1024];
    s32 timer;
    enum reason reason;
    u32 qualification;
    u32 counts[REASONS];
    u64 log;
    int is_over;
};

typedef void (*handler)(struct machine *);

/* Instructions: operation in bits 31:24, registers in 23:20 and 19:16, a constant in 15:0. */
static enum reason step(struct machine *m)
{
    u32 word = m->memory[m->pc++ & 1023], a = word >> 20 & 15, b = word >> 16 & 15;
    u32 *left = &m->registers[a], right = m->registers[b];
    s32 constant = (int16_t)word;

    switch (word >> 24) {
    case 0: *left = (u32)constant; break;
    case 1: *left += right + (u32)constant; break;
    case 2: *left -= right; break;
    case 3: *left *= right; break;
    case 4: *left = *left >> (right & 31) | *left << (-right & 31); break;
    case 5: *left ^= right; break;
    case 6:
    case 7:
        m->qualification = right + (u32)constant;
        if (m->qualification >= 1024)
            return EXIT_FAULT;
        if (word >> 24 == 6)
            *left = m->memory[m->qualification];
        else
            m->memory[m->qualification] = *left;
        break;
    case 8:
        if (*left != right)
            m->pc += (u32)constant;
        break;
    case 9: m->qualification = (u32)constant; return EXIT_PORT;
    case 10: m->qualification = *left; return EXIT_FEATURE;
    case 11: m->qualification = right; return EXIT_CALL;
    default: return EXIT_HALT;
    }
    return --m->timer <= 0 ? EXIT_TIMER : EXIT_NONE;
}

static void run(struct machine *m)
{
    do
        m->reason = step(m);
    while (m->reason == EXIT_NONE);
    m->counts[m->reason]++;
}

static void on_halt(struct machine *m)
{
    m->is_over = 1;
}

static void on_port(struct machine *m)
{
    m->log = mix(m->log, (u64)m->qualification << 32 | m->registers[1]);
}

static void on_feature(struct machine *m)
{
    static const u32 LEAVES[][2] = { { 0x16, 0x756e6547 }, { 0x306c3, 0x7ffafbbf }, { 7, 0x2fbb } };
    u32 leaf = m->qualification % COUNT(LEAVES);

    m->registers[2] = LEAVES[leaf][0];
    m->registers[3] = LEAVES[leaf][1];
}

static void on_fault(struct machine *m)
{
    m->log = mix(m->log, m->qualification);
    m->registers[15] = m->qualification & 1023;
}

static void on_call(struct machine *m)
{
    m->registers[1] = m->registers[1] * 31 + m->qualification;
}

static void on_timer(struct machine *m)
{
    m->timer = 100 + (s32)(m->registers[4] & 63);
    m->registers[5]++;
}

static const handler HANDLERS[REASONS] = { NULL, on_halt, on_port, on_feature, on_fault, on_call, on_timer };

#define OP(operation, a, b, constant) ((u32)(operation) << 24 | (u32)(a) << 20 | (u32)(b) << 16 | (u16)(constant))

u64 run_exits(void)
{
    static const u32 CODE[] = {
        OP(0, 0, 0, 0),     OP(0, 4, 0, 2500),  OP(0, 6, 0, 3),   OP(0, 7, 0, -1),   OP(0, 8, 0, 500),
        OP(1, 1, 4, 13),    OP(4, 1, 6, 0),     OP(5, 9, 1, 0),   OP(3, 9, 6, 0),    OP(7, 9, 8, 0),
        OP(6, 10, 8, 0),    OP(2, 1, 10, 0),    OP(10, 4, 0, 0),  OP(5, 1, 2, 0),    OP(9, 0, 0, 0x3f8),
        OP(11, 0, 3, 0),    OP(6, 11, 1, 0),    OP(1, 8, 6, -2),  OP(6, 12, 8, 520), OP(1, 4, 7, 0),
        OP(8, 4, 0, -16),   OP(255, 0, 0, 0),
    };
    static struct machine machine;

    memset(&machine, 0, sizeof(machine));
    memcpy(machine.memory, CODE, sizeof(CODE));
    machine.timer = 100;
    while (!machine.is_over) {
        run(&machine);
        HANDLERS[machine.reason](&machine);
    }
    return mix_bytes(mix_bytes(machine.log, machine.counts, sizeof(machine.counts)), machine.memory, sizeof(machine.memory));
}
