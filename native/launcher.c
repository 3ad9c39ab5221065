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

/* A shim whose end we have not told yet. */
struct shim {
  struct shim *next;
  pid_t pid;  /* 0: it has ended, and nobody has asked for it yet */
  int status; /* how, then */
  int word;   /* it waits for one byte here; -1: it has been told */
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

/* In the shim: nothing of the launcher's reaches the run, and its own line goes out by a private descriptor. Were the
 * words of others still open here, these others would not learn of our end. */
static _Noreturn void become_shim(const char *path, int signals, int word) {
  int report = fcntl(1, F_DUPFD_CLOEXEC, 3);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  close(null);
  close(signals);
  for (const struct shim *s = shims; s; s = s->next)
    if (s->word >= 0) close(s->word);
  _exit(shim_run(path, report, word));
}

static void say_for_sure(const char *attempt, int status) {
  struct pollfd room = {1, POLLOUT, 0};
  while (!say(attempt, status)) poll(&room, 1, -1);
}

/* One that waits and cannot be made is not missed until it is asked for. */
static void launch(const char *path, int signals, bool waits) {
  const char *attempt = last_component(path);
  size_t n = strlen(attempt) + 1;
  int word[2] = {-1, -1};
  struct shim *s = malloc(sizeof *s + n);
  pid_t pid = s && (!waits || pipe2(word, O_CLOEXEC) == 0) ? fork() : -1;
  if (pid == 0) {
    if (waits) close(word[1]);
    become_shim(path, signals, word[0]);
  }
  if (word[0] >= 0) close(word[0]);
  if (pid > 0) {
    *s = (struct shim){.next = shims, .pid = pid, .word = word[1]};
    memcpy(s->attempt, attempt, n);
    shims = s;
    return;
  }
  if (word[1] >= 0) close(word[1]);
  free(s);
  if (!waits) say_for_sure(attempt, SHIM_NO_RESOURCES);
}

static void forget(struct shim *s) {
  struct shim **at = &shims;
  while (*at != s) at = &(*at)->next;
  *at = s->next;
  free(s);
}

/* One that waits goes on, or leaves. Of one that has ended meanwhile, or never was, that is said now. */
static void tell(const char *attempt, bool go) {
  struct shim *s = shims;
  while (s && (s->word < 0 || strcmp(s->attempt, attempt) != 0)) s = s->next;
  if (s && go && write(s->word, "g", 1) < 0) errno = 0; /* it died: reaped as any other end */
  if (s) {
    close(s->word);
    s->word = -1;
  }
  if (s && s->pid) return;
  say_for_sure(attempt, s ? s->status : SHIM_NO_RESOURCES);
  if (s) forget(s);
}

/* A shim stays a zombie until its line is out: the kernel keeps the queue. False: no room for the next line. */
static bool reap(void) {
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == 0) return true;
    int status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    struct shim *s = shims;
    while (s && s->pid != info.si_pid) s = s->next;
    bool waits = s && s->word >= 0;
    if (s && !waits && !say(s->attempt, status)) return false;
    waitpid(info.si_pid, NULL, 0);
    if (waits) {
      s->pid = 0;
      s->status = status;
    } else if (s) forget(s);
  }
}

static void obey(const char *request, int signals) {
  switch (*request) {
    case '+': return launch(request + 1, signals, true);
    case '!': return tell(request + 1, true);
    case '-': return tell(request + 1, false);
    default: return launch(request, signals, false);
  }
}

/* Requests are NUL-terminated. False at the end of input, or when a request is longer than any path. */
static bool serve(int signals) {
  static char buffer[2 * PATH_MAX];
  static size_t have;
  ssize_t n = read(0, buffer + have, sizeof buffer - have);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return 0;
  have += (size_t)n;
  char *from = buffer, *end;
  while ((end = memchr(from, 0, have - (size_t)(from - buffer)))) {
    obey(from, signals);
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
