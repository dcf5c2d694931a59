#include "workbench.h"

const char program_name[] = "workbench";

static void report(const char *name, u64 checksum)
{
    char line[80];

    format_text(line, sizeof(line), "%-12s: %016x\n", name, checksum);
    put_zero_terminated(line);
}

#define RUN_MODULE(name) report(#name, run_##name());

void program_main(void)
{
    MODULES(RUN_MODULE)
}
