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

#define MAKE_WAY_MS 20

/* An exit status must not be lost to a full disk: the spec, which nobody needs any more, makes room for it, and
 * other space comes back. Only a directory that was removed does not (ENOENT, for a file that is to be created),
 * and then nobody waits for the record. The claim goes as soon as the record is in place, so that the daemon acts
 * at once. Only power loss needs the rest, and meanwhile the daemon's own commit is as durable: the disk is left to
 * that and to the start of the next run. */
static int publish_exit(const struct attempt *a, int claim, const struct text *body) {
  int fd;
  for (int64_t pause = 20; (fd = record_put(a->dir, "exit", body)) < 0; pause = pause < 1000 ? 2 * pause : 2000) {
    if (errno == ENOENT || errno == ESTALE) break;
    if ((errno == ENOSPC || errno == EDQUOT) && unlinkat(a->dir, "spec", 0) == 0) continue;
    nap_ms(pause);
  }
  close(claim);
  if (a->cgroup) cgroup_remove(a->cgroup);
  if (fd < 0) return SHIM_NO_DIRECTORY;
  nap_ms(MAKE_WAY_MS);
  fsync(fd);
  fsync(a->dir);
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

/* The main process waits at the gate, and leaves. */
static void abandon(struct attempt *a, struct gate *gate) {
  close(gate->key);
  close(gate->refusal);
  while (waitpid(gate->main, NULL, 0) < 0 && errno == EINTR) continue;
  if (a->cgroup) cgroup_remove(a->cgroup);
}

/* The claim is ours, the main process waits at the gate. */
static int run_claimed(struct attempt *a, struct spec *spec, struct gate *gate, int claim) {
  a->ctl = ctl_open(a->dir);
  a->oom_before = oom_kills(a->cgroup);
  if (a->ctl < 0 || write_started(a)) {
    int e = errno;
    abandon(a, gate);
    return give_up(a->dir, claim, &a->id, "record", e);
  }
  gate_open(gate, claim);
  spec_free(spec);

  struct ending end = {0};
  struct aftermath after = {0};
  struct text t = {0};
  supervise(a, &end, &after);
  ending_text(&t, &a->id, &end, &after);
  int status = publish_exit(a, claim, &t);
  while (a->report >= 0) { /* nothing waits for us any more: `started` comes before `gone` */
    struct pollfd room = {a->report, POLLOUT, 0};
    poll(&room, 1, -1);
    report_start(a);
  }
  return status;
}

/* Everything that can be done before the claim: of what lies on disk then nothing says that we were there. */
static int make_ready(struct attempt *a, const struct spec *spec, struct gate *gate, const char **step) {
  struct proc main = {0};
  if (start_main(spec, gate, step)) return -1;
  proc_read(gate->main, &main);
  a->main = gate->main;
  a->main_start = main.start;
  a->refusal = gate->refusal;
  a->cgroup = gate->in_cgroup ? spec->cgroup : NULL;
  return 0;
}

/* True once we are told to go on; false when whoever could tell us has ended, or thought better of it. */
static bool told(int word) {
  char go;
  ssize_t n;
  if (word < 0) return true;
  do n = read(word, &go, 1);
  while (n < 0 && errno == EINTR);
  close(word);
  return n == 1;
}

int shim_run(const char *path, int report, int word) {
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
  struct gate gate;
  const char *step;
  int error = make_ready(&a, &spec, &gate, &step) ? errno : 0;
  bool go = told(word);
  int claim = go ? claim_take(a.dir) : -1;
  if (claim < 0) {
    int status = !go ? SHIM_DROPPED : errno == EEXIST ? SHIM_TAKEN : SHIM_NO_CLAIM;
    if (status == SHIM_TAKEN) a.cgroup = NULL; /* the holder's, by now */
    if (error == 0) abandon(&a, &gate);
    return status;
  }
  return error ? give_up(a.dir, claim, &a.id, step, error) : run_claimed(&a, &spec, &gate, claim);
}
