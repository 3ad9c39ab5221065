/* What /proc says about a process, and signals that reach that process and no other. */
#ifndef EXPSHIM_PROC_H
#define EXPSHIM_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc {
  pid_t pid, ppid;
  uint64_t start; /* clock ticks since boot; (boot id, pid, start) names one process for ever */
  bool forked_only; /* forked, and has not exec'd since */
  bool stopped;
  bool zombie; /* nothing of it runs any more; a dead leader with living threads is no zombie */
  bool uninterruptible;
};

/* 0, or -1 when there is no such process. */
int proc_read(pid_t pid, struct proc *out);
/* Reads a small file into buf and terminates it. Its length, or -1 with errno. */
ssize_t proc_file(const char *path, char *buf, size_t size);
/* Where the kernel holds the process; "?" where that cannot be read. */
void proc_wchan(pid_t pid, char *buf, size_t size);
void proc_boot_id(char *buf, size_t size);

/* The pidfd, or -1 with errno; ESRCH: gone. Anything else: this kernel or its seccomp filter has no pidfds. */
int pidfd_open_of(pid_t pid);
/* Signals the process behind pidfd, or, where pidfd < 0, the pid. 0, or -1 with errno. */
int pidfd_signal(int pidfd, pid_t pid, int sig);

/* "SIGKILL", "SIGRTMIN+3"; written to buf. */
const char *signal_name(int sig, char *buf, size_t size);
/* The number of "KILL", "SIGKILL" or "9"; 0 when it is none. */
int signal_number(const char *name);

#endif
