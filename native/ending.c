#include "ending.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>

#include "proc.h"

static void add_bool(struct text *t, const char *key, bool value) {
  text_add(t, ",\"%s\":%s", key, value ? "true" : "false");
}

static void add_string(struct text *t, const char *key, const char *value) {
  text_add(t, ",\"%s\":", key);
  text_quote(t, value);
}

static void add_signal(struct text *t, const char *key, int sig) {
  char name[24];
  add_string(t, key, sig ? signal_name(sig, name, sizeof name) : NULL);
}

static void add_number(struct text *t, const char *key, int64_t value) { text_add(t, ",\"%s\":%" PRId64, key, value); }

/* Code and signal stay two fields: 137 by exit(2) is not SIGKILL. */
static void add_status(struct text *t, const struct ending *end) {
  bool made = end->pid != 0, signalled = made && WIFSIGNALED(end->status);
  if (made && WIFEXITED(end->status)) add_number(t, "code", WEXITSTATUS(end->status));
  else add_string(t, "code", NULL);
  add_signal(t, "signal", signalled ? WTERMSIG(end->status) : 0);
  add_bool(t, "core", signalled && WCOREDUMP(end->status));
}

void ending_text(struct text *t, const struct identity *id, const struct ending *end, const struct aftermath *after) {
  text_add(t, "{\"v\":1,\"attempt\":\"%s\",\"boot\":\"%s\"", id->attempt, id->boot);
  if (end->pid) text_add(t, ",\"pid\":%d,\"start\":%" PRIu64, (int)end->pid, end->start);
  else text_add(t, ",\"pid\":null,\"start\":null");
  add_status(t, end);
  add_number(t, "exec_errno", end->exec_errno);
  add_bool(t, "exec", end->exec);
  add_string(t, "error", end->error);
  add_string(t, "stop", end->stop);
  add_signal(t, "outside", end->outside);
  add_number(t, "oom_kills", end->oom_kills);
  add_number(t, "at", end->at);
  add_number(t, "ran_ms", end->ran_ms);
  add_number(t, "utime_ms", end->utime_ms);
  add_number(t, "stime_ms", end->stime_ms);
  add_number(t, "maxrss_kb", end->maxrss_kb);
  if (after) {
    add_number(t, "orphans_reaped", after->orphans_reaped);
    add_number(t, "leftover_kills", after->leftover_kills);
    add_number(t, "unkillable", after->unkillable);
    if (after->stuck_pid) {
      text_add(t, ",\"stuck\":{\"pid\":%d", (int)after->stuck_pid);
      add_string(t, "wchan", after->stuck_wchan);
      text_add(t, "}");
    } else add_string(t, "stuck", NULL);
  }
  text_add(t, "}\n");
}
