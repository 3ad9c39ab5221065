#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "descriptors.h"

/* Where a limit may not be raised, it is lowered to what is allowed: the run starts all the same. */
static void apply_limits(const struct spec *spec) {
  for (unsigned i = 0; i < spec->limit_count; i++) {
    struct rlimit want = spec->limits[i].value, have;
    if (setrlimit(spec->limits[i].resource, &want) == 0 || getrlimit(spec->limits[i].resource, &have)) continue;
    if (want.rlim_max > have.rlim_max) want.rlim_max = have.rlim_max;
    if (want.rlim_cur > want.rlim_max) want.rlim_cur = want.rlim_max;
    setrlimit(spec->limits[i].resource, &want);
  }
}

/* Under memory pressure the run goes before its shim and the daemon. Raising this is always allowed. */
static void prefer_for_oom(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "500", 3) < 0) errno = 0;
  close(fd);
}

static void reset_signals(void) {
  sigset_t none;
  for (int s = 1; s <= 64; s++) signal(s, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static const char *path_of(char *const *env) {
  for (; *env; env++)
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  return "/usr/local/bin:/usr/bin:/bin";
}

/* execvp(3) by the run's own PATH, and without its fallback to a shell for files that are no programs: that is
 * refused and said. Returns the errno. */
static int exec_by_path(char *const *args, char *const *env) {
  const char *name = args[0];
  if (*name == 0) return ENOENT;
  if (strchr(name, '/')) {
    execve(name, args, env);
    return errno;
  }
  int seen = ENOENT;
  for (const char *dir = path_of(env), *end; dir; dir = *end ? end + 1 : NULL) {
    end = strchrnul(dir, ':');
    char full[PATH_MAX];
    int n = snprintf(full, sizeof full, "%.*s%s%s", (int)(end - dir), dir, end > dir ? "/" : "", name);
    if (n < 0 || n >= (int)sizeof full) continue;
    execve(full, args, env);
    if (errno == EACCES) seen = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV && errno != ETIMEDOUT)
      return errno;
  }
  return seen;
}

union fd_message {
  struct cmsghdr head;
  char room[CMSG_SPACE(sizeof(int))];
};

/* One byte, with the claim: whoever finds the claim dropped finds the program's environment in this process. */
void gate_open(struct gate *gate, int claim) {
  union fd_message control = {0};
  struct iovec byte = {(void *)(size_t) "g", 1};
  struct msghdr message = {
      .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &claim, sizeof claim);
  while (sendmsg(gate->key, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) continue; /* else it died: reaped later */
  close(gate->key);
  gate->key = -1;
}

/* Waits until the gate opens; false when the shim died before, and then this must never run. */
static bool pass_gate(int gate) {
  union fd_message control;
  char go;
  struct iovec byte = {&go, 1};
  struct msghdr message = {
      .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
  ssize_t n;
  do n = recvmsg(gate, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  return n == 1;
}

static _Noreturn void become_main(const struct spec *spec, int null, int log, int errlog, int gate, int refusal) {
  setpgid(0, 0);
  dup2(null, 0);
  dup2(log, 1);
  dup2(errlog, 2);
  descriptors_seal();
  prefer_for_oom();
  if (spec->has_nice) setpriority(PRIO_PROCESS, 0, spec->nice);
  umask(spec->umask);
  if (!pass_gate(gate)) _exit(125);
  apply_limits(spec);
  reset_signals();
  int e = exec_by_path(spec->args, spec->env);
  if (write(refusal, &e, sizeof e) < 0) _exit(125);
  _exit(e == ENOENT ? 127 : 126);
}

/* The run's output is the run's: appended to, never through a link, with its own umask. O_NONBLOCK so that a
 * FIFO without a reader is refused instead of waited for. */
static int open_log(const char *path, mode_t mask) {
  mode_t ours = umask(mask);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
  int e = errno;
  umask(ours);
  if (fd >= 0) fcntl(fd, F_SETFL, O_APPEND);
  errno = e;
  return fd;
}

static void close_keeping_errno(int fd) {
  int e = errno;
  if (fd >= 0) close(fd);
  errno = e;
}

static int fork_main(const struct spec *spec, int null, int log, int errlog, struct gate *gate) {
  int let[2], say[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, let)) return -1;
  if (pipe2(say, O_CLOEXEC | O_NONBLOCK)) {
    close_keeping_errno(let[0]);
    close_keeping_errno(let[1]);
    return -1;
  }
  pid_t pid = spec->cgroup ? cgroup_fork(spec->cgroup) : -1;
  bool in_cgroup = pid >= 0;
  if (!in_cgroup) pid = fork();
  if (pid == 0) {
    close(let[1]); /* else it would wait for itself after the shim's death */
    become_main(spec, null, log, errlog, let[0], say[1]);
  }
  close_keeping_errno(let[0]);
  close_keeping_errno(say[1]);
  if (pid < 0) {
    close_keeping_errno(let[1]);
    close_keeping_errno(say[0]);
    return -1;
  }
  setpgid(pid, pid);
  if (spec->cgroup && !in_cgroup) in_cgroup = cgroup_enter(spec->cgroup, pid) == 0;
  *gate = (struct gate){.main = pid, .in_cgroup = in_cgroup, .key = let[1], .refusal = say[0]};
  return 0;
}

int start_main(const struct spec *spec, struct gate *gate, const char **step) {
  int null = -1, log = -1, errlog = -1, result = -1;
  *step = "chdir";
  if (chdir(spec->cwd)) return -1;
  *step = "log";
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  log = open_log(spec->log, spec->umask);
  errlog = log >= 0 && spec->errlog ? open_log(spec->errlog, spec->umask) : log;
  if (null >= 0 && log >= 0 && errlog >= 0) {
    *step = "fork";
    result = fork_main(spec, null, log, errlog, gate);
  }
  if (errlog != log) close_keeping_errno(errlog);
  close_keeping_errno(log);
  close_keeping_errno(null);
  int e = errno;
  if (chdir("/")) e = errno; /* hold no mount of the user's */
  errno = e;
  return result;
}
