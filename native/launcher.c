#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim.h"

/* A shim that we have not reaped yet. */
struct shim {
  struct shim *next;
  pid_t pid;
  char attempt[];
};

static struct shim *shims;

/* The shims share this description and must not block on a daemon that does not read, so it is non-blocking.
 * Lines are far below PIPE_BUF: whole or not at all. A reader that is gone is no news. False: no room now. */
static bool say(const char *attempt, int status) {
  char line[NAME_MAX + 64];
  int n = snprintf(line, sizeof line, "gone %s %d\n", attempt, status);
  while (write(1, line, (size_t)n) < 0) {
    if (errno == EAGAIN) return false;
    if (errno != EINTR) return true;
  }
  return true;
}

static const char *last_component(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* In the shim: nothing of the launcher's reaches the run, and its own line goes out by a private descriptor. */
static _Noreturn void become_shim(const char *path, int signals) {
  int report = fcntl(1, F_DUPFD_CLOEXEC, 3);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  close(null);
  close(signals);
  _exit(shim_run(path, report));
}

static void launch(const char *path, int signals) {
  const char *attempt = last_component(path);
  size_t n = strlen(attempt) + 1;
  struct shim *s = malloc(sizeof *s + n);
  pid_t pid = s ? fork() : -1;
  if (pid == 0) become_shim(path, signals);
  if (pid < 0) {
    free(s);
    struct pollfd room = {1, POLLOUT, 0};
    while (!say(attempt, SHIM_NO_RESOURCES)) poll(&room, 1, -1);
    return;
  }
  s->pid = pid;
  memcpy(s->attempt, attempt, n);
  s->next = shims;
  shims = s;
}

/* A shim stays a zombie until its line is out: the kernel keeps the queue. False: no room for the next line. */
static bool reap(void) {
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == 0) return true;
    struct shim **at = &shims;
    while (*at && (*at)->pid != info.si_pid) at = &(*at)->next;
    struct shim *s = *at;
    if (s && !say(s->attempt, info.si_code == CLD_EXITED ? info.si_status : -info.si_status)) return false;
    waitpid(info.si_pid, NULL, 0);
    if (!s) continue;
    *at = s->next;
    free(s);
  }
}

/* Requests are NUL-terminated paths. False at the end of input, or when a request is longer than any path. */
static bool serve(int signals) {
  static char buffer[2 * PATH_MAX];
  static size_t have;
  ssize_t n = read(0, buffer + have, sizeof buffer - have);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return 0;
  have += (size_t)n;
  char *from = buffer, *end;
  while ((end = memchr(from, 0, have - (size_t)(from - buffer)))) {
    launch(from, signals);
    from = end + 1;
  }
  have -= (size_t)(from - buffer);
  memmove(buffer, from, have);
  return have < PATH_MAX;
}

int launcher_run(void) {
  sigset_t all;
  prctl(PR_SET_NAME, "expshim-launch");
  signal(SIGPIPE, SIG_IGN);
  sigfillset(&all); /* blocked from birth in every shim, too: none is lost between fork and its signalfd */
  sigprocmask(SIG_BLOCK, &all, NULL);
  int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return SHIM_NO_RESOURCES;
  fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
  for (bool room = true;;) {
    struct pollfd events[] = {{0, POLLIN, 0}, {signals, POLLIN, 0}, {room ? -1 : 1, POLLOUT, 0}};
    poll(events, 3, -1);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
      if (info.ssi_signo == SIGTERM) return 0; /* the terminal's signals are not for us */
    room = reap();
    if (events[0].revents && !serve(signals)) return 0;
  }
}
