/* From the opened gate until no descendant is left. */
#ifndef EXPSHIM_SUPERVISE_H
#define EXPSHIM_SUPERVISE_H

#include <stdint.h>

#include "ending.h"
#include "spec.h"

struct attempt {
  int dir, ctl;
  int signals; /* signalfd of all signals, which are blocked */
  int refusal; /* see struct gate */
  int report;  /* where the line goes that the attempt has started; -1: it is out, or nowhere */
  struct identity id;
  const struct spec *spec;
  const char *cgroup; /* NULL: it has none */
  pid_t main;
  uint64_t main_start;
  int64_t oom_before;
};

/* Fills in how it ended and what was left; writes the records `main` and `stuck` on the way. */
void supervise(struct attempt *a, struct ending *end, struct aftermath *after);

/* Writes the line, if it has not been and there is room. A daemon that does not read must not hold up the run,
 * and one that is gone learns it from the records. */
void report_start(struct attempt *a);

#endif
