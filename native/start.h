/* The run's main process: forked, made ready, and held at a gate until its `started` record is in place. */
#ifndef EXPSHIM_START_H
#define EXPSHIM_START_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec.h"

struct gate {
  pid_t main;
  bool in_cgroup; /* of the spec */
  int key;        /* closing it unused makes the process exit */
  int refusal;    /* non-blocking: the errno of a refused exec, or end of file once that is decided */
};

/* Forks it. 0; -1 with errno and *step = "chdir", "log" or "fork". Leaves the working directory at `/`. */
int start_main(const struct spec *spec, struct gate *gate, const char **step);
/* Lets it exec, and closes the key. Until it has, it holds the claim too. */
void gate_open(struct gate *gate, int claim);

#endif
