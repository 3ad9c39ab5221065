/* What the daemon asks of an attempt: the file `spec`, NUL-terminated `key=value` strings. */
#ifndef EXPSHIM_SPEC_H
#define EXPSHIM_SPEC_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct limit {
  int resource;
  struct rlimit value;
};

struct spec {
  const char *attempt, *cwd, *log, *errlog, *cgroup; /* errlog, cgroup: NULL when absent */
  char **args, **env;                                /* NULL-terminated */
  struct limit *limits;
  unsigned limit_count;
  mode_t umask;
  int nice;
  int has_nice;
  int warn_signal; /* 0: none */
  int64_t warn_ms, grace_ms, limit_ms, linger_ms;
  char *bytes; /* all strings point into it */
};

/* Reads `spec` in the directory. 0; -1 when it cannot be read or is not one of ours (errno; EPROTO: its content). */
int spec_read(int dir, struct spec *out);
/* Gives the memory back once the run has its own copy of everything. `attempt` and `cgroup` are kept apart. */
void spec_free(struct spec *spec);

#endif
