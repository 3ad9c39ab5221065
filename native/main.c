#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "launcher.h"
#include "notify.h"
#include "orphans.h"
#include "proc.h"
#include "scribe.h"
#include "shim.h"
#include "watch.h"

#define PROTOCOL "1"
#ifndef SOURCE_HASH
#define SOURCE_HASH "unknown"
#endif
#define USAGE 64

static int run_here(const char *path) {
  int report = fcntl(1, F_DUPFD_CLOEXEC, 3);
  int status = shim_run(path, report, -1);
  if (status != SHIM_DONE) fprintf(stderr, "expshim: %s: not run (%d)\n", path, status);
  return status;
}

static int kill_word(const char *attempt, const char *name) {
  int sig = signal_number(name);
  if (sig == 0 || *attempt == 0 || strlen(attempt) > 64) return USAGE;
  printf("%d\n", orphans_signal(attempt, sig));
  return 0;
}

static int watch_word(const char *pid, const char *start) {
  char *pid_end, *start_end;
  long p = strtol(pid, &pid_end, 10);
  unsigned long long s = strtoull(start, &start_end, 10);
  if (*pid_end || *start_end || p <= 0 || p > 1 << 30) return USAGE;
  return watch_process((pid_t)p, s);
}

static int scribe_word(const char *parent) {
  char *end;
  long pid = strtol(parent, &end, 10);
  if (*end || pid <= 0 || pid > 1 << 30) return USAGE;
  return scribe_run((pid_t)pid);
}

static int notify_word(const char *text) {
  if (notify_send(text) == 0) return 0;
  perror("expshim: notify");
  return 1;
}

static int version_word(void) {
  puts("expshim " PROTOCOL " " SOURCE_HASH);
  return 0;
}

int main(int argc, char **argv) {
  descriptors_guard();
  const char *word = argc > 1 ? argv[1] : "";
  if (argc == 2 && strcmp(word, "launcher") == 0) return launcher_run();
  if (argc == 3 && strcmp(word, "scribe") == 0) return scribe_word(argv[2]);
  if (argc == 3 && strcmp(word, "run") == 0) return run_here(argv[2]);
  if (argc == 4 && strcmp(word, "kill") == 0) return kill_word(argv[2], argv[3]);
  if (argc == 4 && strcmp(word, "watch") == 0) return watch_word(argv[2], argv[3]);
  if (argc == 3 && strcmp(word, "notify") == 0) return notify_word(argv[2]);
  if (argc == 2 && strcmp(word, "version") == 0) return version_word();
  fputs("usage: expshim launcher | scribe PARENT | run DIR | kill ATTEMPT SIGNAL | watch PID START | notify TEXT | version\n",
        stderr);
  return USAGE;
}
