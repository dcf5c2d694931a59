#include "workbench.h"

/* A stack machine with 32-bit cells and calls; its programs are assembled from text, a word for each instruction. */

enum op { PUSH, LOAD, STORE, ADD, SUB, MUL, DIV, LESS, EQUAL, JUMP, JUMP_ZERO, CALL, RETURN, DUP, DROP, AT, PUT, PRINT, STOP };

static const char *const NAMES[] = {
    "push", "load", "store", "add", "sub", "mul", "div", "less", "equal", "jump", "jz", "call", "ret", "dup", "drop",
    "at", "put", "print", "stop",
};

struct program {
    s32 code[400];
    u32 size;
    u32 labels[26];
};

static const char *next_word(const char *text, char *word)
{
    size_t length = 0;

    while (*text == ' ' || *text == '\n')
        text++;
    while (*text && *text != ' ' && *text != '\n')
        word[length++] = *text++;
    word[length] = 0;
    return text;
}

static void add_word(struct program *p, const char *word)
{
    if (word[0] == ':') {
        p->labels[word[1] - 'A'] = p->size;
        return;
    }
    if (word[0] >= 'A' && word[0] <= 'Z') {
        p->code[p->size++] = (s32)p->labels[word[0] - 'A'];
        return;
    }
    if (word[0] >= '0' && word[0] <= '9') {
        s32 value = 0;
        for (; *word; word++)
            value = value * 10 + *word - '0';
        p->code[p->size++] = value;
        return;
    }
    for (u32 i = 0; i < COUNT(NAMES); i++)
        if (strlen(NAMES[i]) == strlen(word) && memcmp(NAMES[i], word, strlen(word)) == 0)
            p->code[p->size++] = (s32)i;
}

static void assemble(struct program *p, const char *text)
{
    char word[16];

    /* The first pass finds the labels. */
    for (int pass = 0; pass < 2; pass++) {
        p->size = 0;
        for (const char *at = next_word(text, word); word[0]; at = next_word(at, word))
            add_word(p, word);
    }
}

static u64 execute(const struct program *p)
{
    static s32 stack[256], cells[1024];
    u32 returns[128], depth = 0;
    const s32 *code = p->code, *at = code;
    s32 *top = stack;
    u64 sum = 0, count = 0;

    memset(cells, 0, sizeof(cells));
    for (;; count++) {
        switch ((enum op)*at++) {
        case PUSH: *++top = *at++; break;
        case LOAD: *++top = cells[*at++]; break;
        case STORE: cells[*at++] = *top--; break;
        case ADD: top--; *top += top[1]; break;
        case SUB: top--; *top -= top[1]; break;
        case MUL: top--; *top = (s32)((u32)*top * (u32)top[1]); break;
        case DIV: top--; *top /= top[1]; break;
        case LESS: top--; *top = *top < top[1]; break;
        case EQUAL: top--; *top = *top == top[1]; break;
        case JUMP: at = code + *at; break;
        case JUMP_ZERO: at = *top-- ? at + 1 : code + *at; break;
        case CALL: returns[depth++] = (u32)(at + 1 - code); at = code + *at; break;
        case RETURN: at = code + returns[--depth]; break;
        case DUP: top++; *top = top[-1]; break;
        case DROP: top--; break;
        case AT: *top = cells[*top & 1023]; break;
        case PUT: cells[*top & 1023] = top[-1]; top -= 2; break;
        case PRINT: sum = mix(sum, (u64)(s64)*top--); break;
        case STOP: return mix(sum, count);
        }
    }
}

/* Primes by a sieve over cells 100 to 999, then Fibonacci's numbers by recursion, then Collatz' longest way. */
static const char SOURCE[] =
    "push 2 store 1 \n"
    ":A load 1 dup mul push 900 less jz D load 1 push 100 add at jz B jump C \n"
    ":B load 1 dup add store 2 \n"
    ":E load 2 push 900 less jz C push 1 load 2 push 100 add put load 2 load 1 add store 2 jump E \n"
    ":C load 1 push 1 add store 1 jump A \n"
    ":D push 2 store 1 \n"
    ":F load 1 push 900 less jz G load 1 push 100 add at push 0 equal jz H load 1 print \n"
    ":H load 1 push 1 add store 1 jump F \n"
    ":G push 15 call I print push 1 store 3 \n"
    ":J load 3 push 150 less jz K load 3 store 4 push 0 store 5 \n"
    ":L load 4 push 1 equal jz M load 5 print load 3 push 1 add store 3 jump J \n"
    ":M load 5 push 1 add store 5 load 4 push 2 div push 2 mul load 4 equal jz N load 4 push 2 div store 4 jump L \n"
    ":N load 4 push 3 mul push 1 add store 4 jump L \n"
    ":I dup push 2 less jz O ret \n"
    ":O dup push 1 sub call I store 6 load 6 call P ret \n"
    ":P store 7 dup push 2 sub store 8 drop load 8 load 7 add ret \n"
    ":K stop \n";

u64 run_bytecode(void)
{
    static struct program program;

    assemble(&program, SOURCE);
    return mix_bytes(execute(&program), program.code, program.size * sizeof(s32));
}
