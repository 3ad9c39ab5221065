/* The run's main process: forked, made ready, and held at a gate until its `started` record is in place. */
#ifndef EXPSHIM_START_H
#define EXPSHIM_START_H

#include <sys/types.h>

#include "spec.h"

struct gate {
  pid_t main;
  int open;    /* one byte here lets it exec; closing it without one makes it exit */
  int refusal; /* non-blocking: the errno of a refused exec, or end of file once that is decided */
};

/* Forks it. 0; -1 with errno and *step = "chdir", "log" or "fork". Leaves the working directory at `/`. */
int start_main(const struct spec *spec, struct gate *gate, const char **step);

#endif
