/* How the main process ended, and the records `main` and `exit` that say it. */
#ifndef EXPSHIM_ENDING_H
#define EXPSHIM_ENDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record.h"

struct identity {
  const char *attempt;
  char boot[40];
};

struct ending {
  pid_t pid; /* 0: it was never made */
  uint64_t start;
  int status;        /* as of wait(2) */
  bool exec;         /* the program was entered */
  int exec_errno;    /* why not, or why the step named by `error` failed */
  const char *error; /* NULL, or the step of ours that failed before exec: chdir, log, fork, record */
  const char *stop;
  int outside; /* the signal by which we were told from outside to terminate, before it ended; 0: none */
  int64_t oom_kills, at, ran_ms, utime_ms, stime_ms, maxrss_kb;
};

/* What happened to the descendants. */
struct aftermath {
  int orphans_reaped, leftover_kills, unkillable;
  pid_t stuck_pid; /* 0: none */
  char stuck_wchan[64];
};

/* `after` is NULL for the record `main`, which is written while descendants may live. */
void ending_text(struct text *t, const struct identity *id, const struct ending *end, const struct aftermath *after);

#endif
