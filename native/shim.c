#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "claim.h"
#include "clock.h"
#include "start.h"
#include "proc.h"
#include "supervise.h"

/* Ours, and nobody else's to write in: what lies here decides what we execute. */
static int open_directory(const char *path) {
  struct stat st;
  int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (dir < 0) return -1;
  if (fstat(dir, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0) return dir;
  close(dir);
  errno = EPERM;
  return -1;
}

static int catch_all_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The kernel looks elsewhere first, where we are allowed to ask for that. */
static void spare_from_oom(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "-900", 4) < 0) errno = 0;
  close(fd);
}

static int write_started(const struct attempt *a) {
  struct text t = {0};
  struct proc self = {0};
  proc_read(getpid(), &self);
  text_add(&t, "{\"v\":1,\"attempt\":\"%s\",\"boot\":\"%s\",\"shim\":{\"pid\":%d,\"start\":%" PRIu64 "}",
           a->id.attempt, a->id.boot, (int)getpid(), self.start);
  text_add(&t, ",\"main\":{\"pid\":%d,\"start\":%" PRIu64 "},\"at\":%" PRId64 ",\"cgroup\":", (int)a->main,
           a->main_start, wall_ms());
  text_quote(&t, a->cgroup);
  text_add(&t, "}\n");
  int fd = record_put(a->dir, "started", &t);
  if (fd < 0) return -1;
  close(fd); /* no fsync: after a power loss no attempt of this boot is alive, whatever it says */
  return 0;
}

/* An exit status must not be lost to a full disk: the spec, which nobody needs any more, makes room for it, and
 * other space comes back. Only a directory that was removed does not (ENOENT, for a file that is to be created),
 * and then nobody waits for the record. The claim goes as soon as the record is in place, so that the daemon acts
 * at once; only power loss needs the rest, and the daemon's own commit is as durable meanwhile. */
static int publish_exit(int dir, int claim, const struct text *body) {
  int fd;
  for (int64_t pause = 20; (fd = record_put(dir, "exit", body)) < 0; pause = pause < 1000 ? 2 * pause : 2000) {
    if (errno == ENOENT || errno == ESTALE) return SHIM_NO_DIRECTORY;
    if ((errno == ENOSPC || errno == EDQUOT) && unlinkat(dir, "spec", 0) == 0) continue;
    nap_ms(pause);
  }
  close(claim);
  fsync(fd);
  fsync(dir);
  return SHIM_DONE;
}

/* Before the gate opened nothing of the run has happened, so this record may be lost: no `started` says it too. */
static int give_up(int dir, int claim, const struct identity *id, const char *step, int error) {
  struct ending end = {.error = step, .exec_errno = error, .at = wall_ms()};
  struct aftermath after = {0};
  struct text t = {0};
  ending_text(&t, id, &end, &after);
  int fd = record_put(dir, "exit", &t);
  close(claim);
  if (fd < 0) return SHIM_NOT_STARTED;
  fsync(fd);
  fsync(dir);
  return SHIM_DONE;
}

static void abandon(const struct gate *gate, const char *cgroup) {
  close(gate->open);
  while (waitpid(gate->main, NULL, 0) < 0 && errno == EINTR) continue;
  if (cgroup) cgroup_remove(cgroup);
}

/* The claim is ours. */
static int run_claimed(struct attempt *a, struct spec *spec, int claim) {
  struct gate gate;
  const char *step;
  a->ctl = ctl_open(a->dir);
  if (a->ctl < 0) return give_up(a->dir, claim, &a->id, "record", errno);
  if (start_main(spec, &gate, &step)) return give_up(a->dir, claim, &a->id, step, errno);
  struct proc main = {0};
  proc_read(gate.main, &main);
  a->main = gate.main;
  a->main_start = main.start;
  a->refusal = gate.refusal;
  a->cgroup = spec->cgroup && cgroup_enter(spec->cgroup, gate.main) == 0 ? spec->cgroup : NULL;
  a->oom_before = oom_kills(a->cgroup);
  if (write_started(a)) {
    int e = errno;
    abandon(&gate, a->cgroup);
    return give_up(a->dir, claim, &a->id, "record", e);
  }
  if (write(gate.open, "g", 1) < 0) errno = 0; /* it died at the gate: reaped as any other end */
  close(gate.open);
  spec_free(spec);

  struct ending end = {0};
  struct aftermath after = {0};
  struct text t = {0};
  supervise(a, &end, &after);
  if (a->cgroup) cgroup_remove(a->cgroup);
  ending_text(&t, &a->id, &end, &after);
  int status = publish_exit(a->dir, claim, &t);
  while (a->report >= 0) { /* nothing waits for us any more: `started` comes before `gone` */
    struct pollfd room = {a->report, POLLOUT, 0};
    poll(&room, 1, -1);
    report_start(a);
  }
  return status;
}

int shim_run(const char *path, int report) {
  struct spec spec;
  struct attempt a = {.report = report, .spec = &spec};
  umask(077); /* for our own files; the run has its own */
  setsid();
  prctl(PR_SET_NAME, "expshim");
  a.signals = catch_all_signals();
  a.dir = open_directory(path);
  if (a.dir < 0) return SHIM_NO_DIRECTORY;
  if (spec_read(a.dir, &spec)) return SHIM_BAD_SPEC;
  /* EINVAL: an emulator of another processor. Every kernel of ours knows it. */
  if (a.signals < 0 || (prctl(PR_SET_CHILD_SUBREAPER, 1) && errno != EINVAL)) return SHIM_NO_RESOURCES;
  spare_from_oom();
  a.id.attempt = spec.attempt;
  proc_boot_id(a.id.boot, sizeof a.id.boot);
  int claim = claim_take(a.dir);
  if (claim < 0) return errno == EEXIST ? SHIM_TAKEN : SHIM_NO_CLAIM;
  return run_claimed(&a, &spec, claim);
}
