/* The attempt's own cgroup (v2), where the daemon gave it one, and the kernel's count of out-of-memory kills. */
#ifndef EXPSHIM_CGROUP_H
#define EXPSHIM_CGROUP_H

#include <stdint.h>
#include <sys/types.h>

/* Makes the directory (it may exist already, with limits) and moves the process into it. 0, or -1 with errno. */
int cgroup_enter(const char *path, pid_t pid);
/* fork(2) into it, which is faster than to move there. -1 with errno: this kernel or its filters cannot. */
pid_t cgroup_fork(const char *path);
/* Kills everything in it at once, forks under way included (Linux 5.14). 0, or -1 with errno. */
int cgroup_kill(const char *path);
/* Removes it, with the groups that the run made inside it. */
void cgroup_remove(const char *path);
/* Out-of-memory kills so far: of that cgroup where it counts them, else of the machine. */
int64_t oom_kills(const char *cgroup);

#endif
