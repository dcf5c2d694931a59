/*
 * Executes instructions on the real processor, one trap flag at a time: a batch of cases comes in on stdin, their results go out on
 * stdout. A signal handler loads each case into the interrupted context and takes the result out of the next one, so that no
 * instruction of our own runs between the two. The layouts are those of `native-case.ts`.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
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
/* The same pages once more where addresses of 16 bits reach. */
#define LOW_PAGE 0x8000ul
#define WINDOW 0x20000fc0ul
#define WINDOW_BYTES 128
#define CODE_BYTES 64
#define TRAP_FLAG 0x100
#define CODE_SEGMENT_32 0x23
/* The first descriptor of the LDT: 16-bit code from CODE_PAGE on. */
#define CODE_SEGMENT_16 0x07
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

/* DS ES FS GS */
struct segments {
  uint16_t selectors[4];
};

#define MODE_64 0
/* Compatibility mode with 32-bit and with 16-bit code. */
#define MODE_32 1
#define MODE_16 2

struct request {
  uint32_t steps;
  /* Index among the extended states, or -1. */
  int32_t extended;
  uint16_t repeats;
  /* Load and store segment registers; the bases of FS and GS are DATA_PAGE at first. */
  uint16_t uses_segments;
  /* One of MODE_*. */
  uint32_t mode;
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
  /* ES CS SS DS FS GS, and the bases of FS and GS. */
  uint16_t segments[8];
  uint64_t bases[2];
  uint8_t window[WINDOW_BYTES];
};

/* RAX RCX RDX RBX RSP RBP RSI RDI R8 ... R15 */
static const int REGISTERS[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static struct request *requests;
static struct result *results;
static struct extended *extended;
static const struct segments *next_segments;
static struct extended no_extended;
static size_t count;
static long current = -1;
static uint32_t steps_left;
static long traps;
static ucontext_t home;
static uint64_t home_fs_base;
static int has_16_bits;

/* Without the C library, which may need the FS base that is about to be restored. */
static long arch_prctl(long code, uint64_t argument) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(SYS_arch_prctl), "D"(code), "S"(argument) : "rcx", "r11", "memory");
  return result;
}

static void load_segments(const struct segments *from, uint64_t fs_base) {
  const uint16_t *segments = from->selectors;
  __asm__ volatile("mov %0, %%ds\n\tmov %1, %%es\n\tmov %2, %%fs\n\tmov %3, %%gs"
                   :
                   : "r"(segments[0]), "r"(segments[1]), "r"(segments[2]), "r"(segments[3]));
  if (segments[2] < 4) arch_prctl(ARCH_SET_FS, fs_base);
  if (segments[3] < 4) arch_prctl(ARCH_SET_GS, DATA_PAGE);
}

static void store_segments(const ucontext_t *context) {
  struct result *result = &results[current];
  uint16_t *to = result->segments;
  uint64_t bases[2];
  __asm__ volatile("mov %%es, %0\n\tmov %%ds, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
                   : "=m"(to[0]), "=m"(to[3]), "=m"(to[4]), "=m"(to[5]));
  arch_prctl(ARCH_GET_FS, (uint64_t)&bases[0]);
  arch_prctl(ARCH_GET_GS, (uint64_t)&bases[1]);
  result->bases[0] = bases[0];
  result->bases[1] = bases[1];
  uint64_t selectors = (uint64_t)context->uc_mcontext.gregs[REG_CSGSFS];
  to[1] = (uint16_t)selectors;
  to[2] = (uint16_t)(selectors >> 48);
}

static const struct segments HOME_SEGMENTS = {{DATA_SEGMENT, DATA_SEGMENT, 0, 0}};

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
  context->uc_mcontext.gregs[REG_RIP] = request->mode == MODE_16 ? CODE - CODE_PAGE : CODE;
  context->uc_mcontext.gregs[REG_EFL] = (long long)(request->rflags | TRAP_FLAG);
  long long selectors = home.uc_mcontext.gregs[REG_CSGSFS];
  if (request->mode == MODE_32) selectors = (selectors & ~0xffffll) | CODE_SEGMENT_32;
  if (request->mode == MODE_16) selectors = (selectors & ~0xffffll) | CODE_SEGMENT_16;
  context->uc_mcontext.gregs[REG_CSGSFS] = selectors;
  load_extended(context, request->extended < 0 ? &no_extended : &extended[request->extended]);
  steps_left = request->steps;
  traps = 0;
  if (request->uses_segments) load_segments(next_segments++, DATA_PAGE);
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
  if (current >= 0 && requests[current].uses_segments) {
    store_segments(context);
    load_segments(&HOME_SEGMENTS, home_fs_base);
  }
  if (current < 0) {
    home = *context;
    store_extended(context, &no_extended);
  } else {
    /* A repeated string instruction traps after each iteration. */
    long long start = requests[current].mode == MODE_16 ? CODE - CODE_PAGE : CODE;
    int again = requests[current].repeats && context->uc_mcontext.gregs[REG_RIP] == start;
    if (signal == SIGTRAP && ++traps < STEP_LIMIT && (again || --steps_left > 0)) return;
    store(context, signal);
  }
  do {
    current++;
    /* An instruction set that is not there. */
    if ((size_t)current < count && requests[current].mode == MODE_16 && !has_16_bits) results[current].vector = 6;
  } while ((size_t)current < count && results[current].vector != 0);
  if ((size_t)current < count) {
    load(context);
    return;
  }
  memcpy(context->uc_mcontext.gregs, home.uc_mcontext.gregs, sizeof home.uc_mcontext.gregs);
  load_extended(context, &no_extended);
}

static void *map(unsigned long at, size_t bytes, int protection, int file, off_t offset) {
  void *page = mmap((void *)at, bytes, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, file, offset);
  if (page == MAP_FAILED) {
    perror("mmap");
    exit(2);
  }
  return page;
}

/* The data pages and behind them a page that can only be read, all of it touched, so that faults find pages present. */
static void map_data(unsigned long at, int file) {
  const size_t bytes = DATA_PAGES * 4096;
  memset(map(at, bytes, PROT_READ | PROT_WRITE, file, 4096), 0, bytes);
  volatile uint8_t *read_only = map(at + bytes, 4096, PROT_READ, file, 4096 + bytes);
  (void)*read_only;
}

/* 16-bit code needs pages that many systems do not give to programs, and an LDT. */
static int prepare_16_bits(int file) {
  struct user_desc code = {.base_addr = CODE_PAGE, .limit = 0xffff, .contents = 2};
  if (syscall(SYS_modify_ldt, 1, &code, sizeof code) != 0) return 0;
  void *probe = mmap((void *)LOW_PAGE, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (probe == MAP_FAILED) return 0;
  munmap(probe, 4096);
  map_data(LOW_PAGE, file);
  return 1;
}

static void prepare(void) {
  int file = memfd_create("pages", 0);
  if (file < 0 || ftruncate(file, (DATA_PAGES + 2) * 4096) != 0) exit(2);
  map(CODE_PAGE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, file, 0);
  map_data(DATA_PAGE, file);
  has_16_bits = prepare_16_bits(file);
  arch_prctl(ARCH_GET_FS, (uint64_t)&home_fs_base);
  /* 64-bit programs have null selectors in DS and ES, which compatibility mode cannot use. */
  load_segments(&HOME_SEGMENTS, home_fs_base);
  stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

/* Those of the requests that use them, in their order. */
static int read_segments(void) {
  size_t used = 0;
  for (size_t i = 0; i < count; i++) used += requests[i].uses_segments;
  struct segments *segments = malloc((used + 1) * sizeof *segments);
  next_segments = segments;
  return fread(segments, sizeof *segments, used, stdin) == used;
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
  if (!read_segments()) return 2;
  prepare();
  if (!__builtin_cpu_supports("avx")) return 3;
  if (count > 0) raise(SIGTRAP);
  if (fwrite(results, sizeof *results, count, stdout) != count) return 2;
  return fwrite(extended, sizeof *extended, extended_count, stdout) == extended_count ? 0 : 2;
}
