#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc.h"

static int put(const char *path, const char *file, const char *value) {
  char full[PATH_MAX];
  if (snprintf(full, sizeof full, "%s/%s", path, file) >= (int)sizeof full) return errno = ENAMETOOLONG, -1;
  int fd = open(full, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = write(fd, value, strlen(value));
  int e = errno;
  close(fd);
  errno = e;
  return n < 0 ? -1 : 0;
}

int cgroup_enter(const char *path, pid_t pid) {
  char text[16];
  snprintf(text, sizeof text, "%d", (int)pid);
  int made = mkdir(path, 0755) == 0;
  if (!made && errno != EEXIST) return -1;
  if (put(path, "cgroup.procs", text) == 0) return 0;
  int e = errno;
  if (made) rmdir(path);
  errno = e;
  return -1;
}

/* A move waits until no processor is in the middle of a fork or an exit; a birth there (Linux 5.7) does not. */
pid_t cgroup_fork(const char *path) {
  struct clone_args how = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
  bool made = mkdir(path, 0755) == 0;
  if (!made && errno != EEXIST) return -1;
  int group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  how.cgroup = (__u64)group;
  pid_t pid = group < 0 ? -1 : (pid_t)syscall(SYS_clone3, &how, sizeof how);
  int e = errno;
  if (group >= 0) close(group);
  if (pid < 0 && made) rmdir(path);
  errno = e;
  return pid;
}

int cgroup_kill(const char *path) { return put(path, "cgroup.kill", "1"); }

void cgroup_remove(const char *path) {
  DIR *d = opendir(path);
  if (!d) return;
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_type != DT_DIR || e->d_name[0] == '.') continue;
    char inner[PATH_MAX];
    if (snprintf(inner, sizeof inner, "%s/%s", path, e->d_name) < (int)sizeof inner) cgroup_remove(inner);
  }
  closedir(d);
  rmdir(path);
}

/* The number after `key` in a file of "key number" lines; -1 where there is none. */
static int64_t counter(const char *path, const char *key) {
  char text[16384];
  if (proc_file(path, text, sizeof text) <= 0) return -1;
  size_t n = strlen(key);
  for (char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, key, n) == 0 && line[n] == ' ') return strtoll(line + n, NULL, 10);
  }
  return -1;
}

int64_t oom_kills(const char *cgroup) {
  char path[PATH_MAX];
  int64_t n = -1;
  if (cgroup && snprintf(path, sizeof path, "%s/memory.events", cgroup) < (int)sizeof path)
    n = counter(path, "oom_kill");
  if (n < 0) n = counter("/proc/vmstat", "oom_kill");
  return n < 0 ? 0 : n;
}
