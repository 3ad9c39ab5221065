#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum kinship { UNKNOWN, LOOKING, OURS, FOREIGN };

struct entry {
  struct proc proc;
  enum kinship kin;
};

struct table {
  struct entry *at;
  size_t len, room;
};

static int by_pid(const void *a, const void *b) {
  pid_t x = ((const struct entry *)a)->proc.pid, y = ((const struct entry *)b)->proc.pid;
  return (x > y) - (x < y);
}

static void scan(struct table *t) {
  DIR *d = opendir("/proc");
  if (!d) return;
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] < '0' || e->d_name[0] > '9') continue;
    struct proc p;
    if (proc_read((pid_t)strtol(e->d_name, NULL, 10), &p)) continue;
    if (t->len == t->room) {
      size_t room = t->room ? 2 * t->room : 256;
      struct entry *more = realloc(t->at, room * sizeof *more);
      if (!more) break; /* what we have is signalled; the next pass tries again */
      t->at = more;
      t->room = room;
    }
    t->at[t->len++] = (struct entry){.proc = p};
  }
  closedir(d);
  qsort(t->at, t->len, sizeof *t->at, by_pid);
}

static struct entry *find(const struct table *t, pid_t pid) {
  struct entry key = {.proc = {.pid = pid}};
  return t->len ? bsearch(&key, t->at, t->len, sizeof key, by_pid) : NULL;
}

/* Up the parents until one is known, then the answer for all on the way: every entry is walked over twice. */
static void settle(const struct table *t, struct entry *from, pid_t root) {
  struct entry *e = from;
  while (e && e->kin == UNKNOWN) {
    e->kin = LOOKING; /* the scan is no snapshot: reused pids could close a circle */
    if (e->proc.ppid == root) e->kin = OURS;
    else e = find(t, e->proc.ppid);
  }
  enum kinship kin = e && e->kin == OURS ? OURS : FOREIGN;
  for (e = from; e && e->kin == LOOKING; e = find(t, e->proc.ppid)) e->kin = kin;
}

/* The pidfd binds to whatever has the pid now; that it is the one we scanned is checked after. A living
 * process's ppid names a living process, so an unchanged one proves the kinship. */
static void signal_one(const struct proc *p, int sig, pid_t root, struct pass *pass) {
  int fd = pidfd_open_of(p->pid);
  if (fd < 0 && errno == ESRCH) return;
  struct proc now;
  if (proc_read(p->pid, &now) == 0 && now.start == p->start && (now.ppid == p->ppid || now.ppid == root) &&
      !now.zombie) {
    if (pass->living++ == 0) pass->first = now;
    if (!now.stopped) pass->unstopped++;
    if (pidfd_signal(fd, p->pid, sig) && errno == EPERM) pass->refused++;
  }
  if (fd >= 0) close(fd);
}

struct pass tree_signal(int sig) {
  struct table t = {0};
  struct pass pass = {0};
  pid_t root = getpid();
  scan(&t);
  for (size_t i = 0; i < t.len; i++) {
    if (t.at[i].kin == UNKNOWN) settle(&t, &t.at[i], root);
    if (t.at[i].kin == OURS && !t.at[i].proc.zombie) signal_one(&t.at[i].proc, sig, root, &pass);
  }
  free(t.at);
  return pass;
}

void tree_pause(void) {
  /* A stop takes effect within microseconds, but in uninterruptible sleep only later: do not wait for that. */
  for (int i = 0; i < 20; i++) {
    struct pass pass = tree_signal(SIGSTOP);
    if (pass.unstopped <= pass.refused) return;
  }
}
