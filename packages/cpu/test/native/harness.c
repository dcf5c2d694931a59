/*
 * Executes instructions on the real processor, one trap flag at a time: a batch of cases comes in on stdin, their results go out on
 * stdout. A signal handler loads each case into the interrupted context and takes the result out of the next one, so that no
 * instruction of our own runs between the two. The layouts are those of `native-case.ts`.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE 0x10000800ul
#define CODE_PAGE 0x10000000ul
#define DATA_PAGE 0x20000000ul
#define DATA_PAGES 3
#define WINDOW 0x20000fc0ul
#define WINDOW_BYTES 128
#define CODE_BYTES 64
#define TRAP_FLAG 0x100
#define CODE_SEGMENT_32 0x23
#define DATA_SEGMENT 0x2b
#define STEP_LIMIT 10000
/* Extended state in a signal frame: the standard XSAVE format behind `fpregs`. */
#define LEGACY_BYTES 416
#define HIGH_BYTES 256
#define XSTATE_BV 512
#define AVX_OFFSET 576
#define X87_SSE_AVX 7

/* x87, MXCSR and XMM registers as FXSAVE has them, then the upper halves of the YMM registers. */
struct extended {
  uint8_t legacy[LEGACY_BYTES];
  uint8_t high[HIGH_BYTES];
};

struct request {
  uint32_t steps;
  /* Index among the extended states, or -1. */
  int32_t extended;
  uint32_t repeats;
  /* Run in compatibility mode. */
  uint32_t mode32;
  uint8_t code[CODE_BYTES];
  uint64_t gpr[16];
  uint64_t rflags;
  uint8_t window[WINDOW_BYTES];
};

struct result {
  uint64_t gpr[16];
  uint64_t rip;
  uint64_t rflags;
  uint32_t vector;
  uint32_t error_code;
  uint64_t cr2;
  uint8_t window[WINDOW_BYTES];
};

/* RAX RCX RDX RBX RSP RBP RSI RDI R8 ... R15 */
static const int REGISTERS[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static struct request *requests;
static struct result *results;
static struct extended *extended;
static struct extended no_extended;
static size_t count;
static long current = -1;
static uint32_t steps_left;
static long traps;
static ucontext_t home;

static void load_extended(ucontext_t *context, const struct extended *from) {
  uint8_t *area = (uint8_t *)context->uc_mcontext.fpregs;
  const uint64_t components = X87_SSE_AVX;
  memcpy(area, from->legacy, LEGACY_BYTES);
  memcpy(area + XSTATE_BV, &components, sizeof components);
  memcpy(area + AVX_OFFSET, from->high, HIGH_BYTES);
}

static void store_extended(const ucontext_t *context, struct extended *to) {
  const uint8_t *area = (const uint8_t *)context->uc_mcontext.fpregs;
  memcpy(to->legacy, area, LEGACY_BYTES);
  memcpy(to->high, area + AVX_OFFSET, HIGH_BYTES);
}

static void load(ucontext_t *context) {
  const struct request *request = &requests[current];
  memcpy((void *)CODE, request->code, CODE_BYTES);
  memcpy((void *)WINDOW, request->window, WINDOW_BYTES);
  for (int i = 0; i < 16; i++) context->uc_mcontext.gregs[REGISTERS[i]] = (long long)request->gpr[i];
  context->uc_mcontext.gregs[REG_RIP] = CODE;
  context->uc_mcontext.gregs[REG_EFL] = (long long)(request->rflags | TRAP_FLAG);
  long long selectors = home.uc_mcontext.gregs[REG_CSGSFS];
  context->uc_mcontext.gregs[REG_CSGSFS] = request->mode32 ? (selectors & ~0xffffll) | CODE_SEGMENT_32 : selectors;
  load_extended(context, request->extended < 0 ? &no_extended : &extended[request->extended]);
  steps_left = request->steps;
  traps = 0;
}

static void store(const ucontext_t *context, int signal) {
  struct result *result = &results[current];
  for (int i = 0; i < 16; i++) result->gpr[i] = (uint64_t)context->uc_mcontext.gregs[REGISTERS[i]];
  result->rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
  result->rflags = (uint64_t)context->uc_mcontext.gregs[REG_EFL];
  result->vector = signal == SIGTRAP ? 255 : (uint32_t)context->uc_mcontext.gregs[REG_TRAPNO];
  result->error_code = (uint32_t)context->uc_mcontext.gregs[REG_ERR];
  result->cr2 = (uint64_t)context->uc_mcontext.gregs[REG_CR2];
  memcpy(result->window, (void *)WINDOW, WINDOW_BYTES);
  if (requests[current].extended >= 0) store_extended(context, &extended[requests[current].extended]);
}

static void handle(int signal, siginfo_t *info, void *opaque) {
  ucontext_t *context = opaque;
  (void)info;
  if (current < 0) {
    home = *context;
    store_extended(context, &no_extended);
  } else {
    /* A repeated string instruction traps after each iteration. */
    int again = requests[current].repeats && context->uc_mcontext.gregs[REG_RIP] == (long long)CODE;
    if (signal == SIGTRAP && ++traps < STEP_LIMIT && (again || --steps_left > 0)) return;
    store(context, signal);
  }
  current++;
  if ((size_t)current < count) {
    load(context);
    return;
  }
  memcpy(context->uc_mcontext.gregs, home.uc_mcontext.gregs, sizeof home.uc_mcontext.gregs);
  load_extended(context, &no_extended);
}

static void *map(unsigned long at, size_t bytes, int protection) {
  void *page = mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (page == MAP_FAILED) {
    perror("mmap");
    exit(2);
  }
  return page;
}

static void prepare(void) {
  map(CODE_PAGE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  map(DATA_PAGE, DATA_PAGES * 4096, PROT_READ | PROT_WRITE);
  /* A page that can only be read, then nothing. Touched, so that faults find pages present. */
  volatile uint8_t *read_only = map(DATA_PAGE + DATA_PAGES * 4096, 4096, PROT_READ);
  (void)*read_only;
  memset((void *)DATA_PAGE, 0, DATA_PAGES * 4096);
  syscall(SYS_arch_prctl, ARCH_SET_GS, DATA_PAGE);
  /* 64-bit programs have null selectors here, which compatibility mode cannot use. */
  __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(DATA_SEGMENT));
  stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

int main(void) {
  uint32_t header[2];
  if (fread(header, sizeof header, 1, stdin) != 1) return 2;
  count = header[0];
  size_t extended_count = header[1];
  requests = malloc(count * sizeof *requests);
  results = calloc(count, sizeof *results);
  extended = malloc((extended_count + 1) * sizeof *extended);
  if (fread(requests, sizeof *requests, count, stdin) != count) return 2;
  if (fread(extended, sizeof *extended, extended_count, stdin) != extended_count) return 2;
  prepare();
  if (!__builtin_cpu_supports("avx")) return 3;
  if (count > 0) raise(SIGTRAP);
  if (fwrite(results, sizeof *results, count, stdout) != count) return 2;
  return fwrite(extended, sizeof *extended, extended_count, stdout) == extended_count ? 0 : 2;
}
