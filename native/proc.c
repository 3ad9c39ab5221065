#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Set at fork, cleared by exec; part of the flags word of /proc/PID/stat (include/linux/sched.h). */
#define PF_FORKNOEXEC 0x40u

ssize_t proc_file(const char *path, char *buf, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return -1;
  size_t len = 0;
  ssize_t n;
  do { /* the kernel hands out a page at a time */
    n = read(fd, buf + len, size - 1 - len);
    if (n > 0) len += (size_t)n;
  } while (n > 0 && len < size - 1);
  int e = errno;
  close(fd);
  errno = e;
  buf[len] = 0;
  return n < 0 ? -1 : (ssize_t)len;
}

int proc_read(pid_t pid, struct proc *out) {
  char path[40], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (proc_file(path, text, sizeof text) <= 0) return -1;
  char *tail = strrchr(text, ')'); /* the command name before it may hold anything */
  if (!tail || tail[1] == 0) return -1;
  char state;
  int ppid;
  unsigned flags;
  long threads;
  unsigned long long start;
  if (sscanf(tail + 2,
             "%c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %llu",
             &state, &ppid, &flags, &threads, &start) != 5)
    return -1;
  *out = (struct proc){
      .pid = pid,
      .ppid = (pid_t)ppid,
      .start = start,
      .forked_only = (flags & PF_FORKNOEXEC) != 0,
      .stopped = state == 'T' || state == 't',
      .zombie = (state == 'Z' || state == 'X') && threads <= 1,
      .uninterruptible = state == 'D',
  };
  return 0;
}

void proc_wchan(pid_t pid, char *buf, size_t size) {
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/wchan", (int)pid);
  if (proc_file(path, buf, size) <= 0) snprintf(buf, size, "?");
}

void proc_boot_id(char *buf, size_t size) {
  if (proc_file("/proc/sys/kernel/random/boot_id", buf, size) < 0) buf[0] = 0;
  buf[strcspn(buf, "\n")] = 0;
}

int pidfd_open_of(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int pidfd_signal(int pidfd, pid_t pid, int sig) {
  if (pidfd >= 0) {
    if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0) return 0;
    if (errno == ESRCH || errno == EPERM) return -1;
  }
  return kill(pid, sig);
}

static const char *const names[] = {
    [SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",     [SIGTRAP] = "TRAP",
    [SIGABRT] = "ABRT", [SIGBUS] = "BUS",       [SIGFPE] = "FPE",   [SIGKILL] = "KILL",   [SIGUSR1] = "USR1",
    [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",     [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",   [SIGTERM] = "TERM",
    [SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT", [SIGSTOP] = "STOP",   [SIGTSTP] = "TSTP",
    [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",   [SIGXFSZ] = "XFSZ",
    [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH", [SIGIO] = "IO",     [SIGPWR] = "PWR",
    [SIGSYS] = "SYS",
};
#define NAMED ((int)(sizeof names / sizeof names[0]))
#define FIRST_REALTIME 34 /* what libc's SIGRTMIN is for programs; the kernel's own starts at 32 */

const char *signal_name(int sig, char *buf, size_t size) {
  if (sig > 0 && sig < NAMED && names[sig]) snprintf(buf, size, "SIG%s", names[sig]);
  else if (sig == FIRST_REALTIME) snprintf(buf, size, "SIGRTMIN");
  else if (sig > FIRST_REALTIME) snprintf(buf, size, "SIGRTMIN+%d", sig - FIRST_REALTIME);
  else snprintf(buf, size, "SIG%d", sig);
  return buf;
}

int signal_number(const char *name) {
  char *end;
  long n = strtol(name, &end, 10);
  if (end != name && *end == 0) return n > 0 && n < 65 ? (int)n : 0;
  if (strncmp(name, "SIG", 3) == 0) name += 3;
  for (int i = 1; i < NAMED; i++)
    if (names[i] && strcmp(names[i], name) == 0) return i;
  return 0;
}
