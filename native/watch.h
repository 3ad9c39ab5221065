/* Waiting for a process that is not our child. */
#ifndef EXPSHIM_WATCH_H
#define EXPSHIM_WATCH_H

#include <stdint.h>
#include <sys/types.h>

/* Returns 0 once the process (pid, start) has ended, or 3 when there is none such. */
int watch_process(pid_t pid, uint64_t start);

#endif
