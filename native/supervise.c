#include "supervise.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"
#include "stop.h"
#include "tree.h"

#define SWEEP_EVERY_MS 10   /* while processes die as they should */
#define STUCK_AFTER_MS 2000 /* after the first SIGKILL; then one of them hangs in the kernel */
#define STUCK_EVERY_MS 1000

struct watch {
  struct attempt *a;
  struct course course;
  struct ending *end;
  struct aftermath *after;
  int64_t sweeping_since, next_sweep; /* NEVER before the first sweep */
  bool stuck_written, given_up;
};

static bool main_is_alive(const struct watch *w) {
  siginfo_t info = {0};
  return !w->course.main_over && waitid(P_PID, (id_t)w->a->main, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

/* ---- killing the tree ---- */

static void write_stuck(struct watch *w, const struct proc *p, bool refused) {
  struct text t = {0};
  w->after->stuck_pid = p->pid;
  proc_wchan(p->pid, w->after->stuck_wchan, sizeof w->after->stuck_wchan);
  text_add(&t, "{\"v\":1,\"attempt\":\"%s\",\"pid\":%d,\"start\":%" PRIu64 ",\"wchan\":", w->a->id.attempt,
           (int)p->pid, p->start);
  text_quote(&t, w->after->stuck_wchan);
  text_add(&t, ",\"refused\":%s,\"at\":%" PRId64 "}\n", refused ? "true" : "false", wall_ms());
  int fd = record_put(w->a->dir, "stuck", &t);
  if (fd >= 0) close(fd);
  w->stuck_written = true;
}

static void sweep(struct watch *w, int64_t now) {
  if (now < w->next_sweep) return;
  if (w->sweeping_since == NEVER) w->sweeping_since = now;
  if (w->a->cgroup) cgroup_kill(w->a->cgroup);
  struct pass pass = tree_signal(SIGKILL);
  bool long_ago = now - w->sweeping_since >= STUCK_AFTER_MS;
  w->next_sweep = now + (long_ago ? STUCK_EVERY_MS : SWEEP_EVERY_MS);
  if (!long_ago || pass.living == 0) return;
  write_stuck(w, &pass.first, pass.refused == pass.living);
  if (w->course.main_over && pass.refused == pass.living) { /* not ours to end any more: say so, and let go */
    w->after->unkillable = pass.refused;
    w->given_up = true;
  }
}

static void act(struct watch *w, unsigned todo, int64_t now) {
  pid_t main = w->a->main; /* unreaped while !main_over, so the pid is still its own */
  if (todo & DO_CONTINUE) tree_signal(SIGCONT);
  if (todo & DO_WARN && !w->course.main_over) kill(main, w->a->spec->warn_signal);
  if (todo & DO_TERM && !w->course.main_over) kill(main, SIGTERM);
  if (todo & DO_PAUSE) tree_pause();
  if (todo & DO_KILL) sweep(w, now);
}

/* ---- what comes in ---- */

/* Somebody else wants us to end: a shutdown, a logout, `docker stop`. The run is told the same; that it was
 * told is noted, or its end would look like its own. */
static void told_from_outside(struct watch *w, int sig, int64_t now) {
  if (main_is_alive(w)) {
    w->end->outside = sig;
    act(w, course_continue(&w->course, now), now);
    kill(w->a->main, sig);
  } else if (!w->course.main_over) {
    /* A shutdown tells run and shim at once, and a run that has little to save is gone before we look: it was
     * told, however it ended. One that ended by itself in this very moment is executed again; the other way
     * round a run that was cut short would pass for one that was through. */
    w->end->outside = sig;
  } else {
    if (WIFSIGNALED(w->end->status) && WTERMSIG(w->end->status) == sig) w->end->outside = sig;
    act(w, course_kill(&w->course, now), now);
  }
}

static void read_signals(struct watch *w, int64_t now) {
  struct signalfd_siginfo info;
  while (read(w->a->signals, &info, sizeof info) == (ssize_t)sizeof info) {
    int sig = (int)info.ssi_signo;
    if (sig == SIGTERM || sig == SIGHUP || sig == SIGINT) told_from_outside(w, sig, now);
    else if ((sig == SIGUSR1 || sig == SIGUSR2) && main_is_alive(w)) kill(w->a->main, sig);
  }
}

static void obey(struct watch *w, char command, int64_t now) {
  enum stop stop = stop_of(command);
  struct course *c = &w->course;
  if (command == 'K') act(w, course_kill(c, now), now);
  /* What was told to terminate from outside must be able to act on it. */
  else if (command == 'S') act(w, w->end->outside ? 0 : course_pause(c, now), now);
  else if (command == 'R') act(w, course_continue(c, now), now);
  /* A run that has just ended by itself was not stopped, even where we have not reaped it yet; one that we have
   * told to end has got a further reason. */
  else if (stop != STOP_NONE && (c->main_over || c->stop != STOP_NONE || main_is_alive(w)))
    act(w, course_stop(c, stop, now), now);
}

static void read_commands(struct watch *w, int64_t now) {
  char bytes[64];
  for (ssize_t n; (n = read(w->a->ctl, bytes, sizeof bytes)) > 0;)
    for (ssize_t i = 0; i < n; i++) obey(w, bytes[i], now);
}

static void read_refusal(struct watch *w) {
  int e;
  ssize_t n = w->a->refusal < 0 ? 0 : read(w->a->refusal, &e, sizeof e);
  if (n < 0) return; /* not decided yet */
  if (n == (ssize_t)sizeof e) w->end->exec_errno = e;
  if (w->a->refusal >= 0) close(w->a->refusal);
  w->a->refusal = -1;
}

void report_start(struct attempt *a) {
  char line[96];
  int n = snprintf(line, sizeof line, "started %s\n", a->id.attempt);
  if (a->report < 0 || (write(a->report, line, (size_t)n) < 0 && (errno == EAGAIN || errno == EINTR))) return;
  close(a->report);
  a->report = -1;
}

/* ---- what ends ---- */

static int64_t ms_of(struct timeval t) { return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000; }

/* The main process is dead and still holds its pid: all that needs the pid is read before it is reaped. */
static void main_ended(struct watch *w, int64_t now) {
  struct ending *end = w->end;
  struct proc p;
  struct rusage used;
  bool seen = proc_read(w->a->main, &p) == 0;
  read_refusal(w);
  end->exec = end->exec_errno == 0 && !(seen && p.forked_only);
  end->stop = stop_name(w->course.stop);
  end->oom_kills = oom_kills(w->a->cgroup) - w->a->oom_before;
  end->at = wall_ms();
  end->ran_ms = course_ran(&w->course, now);
  act(w, course_main_over(&w->course, now), now);
  while (wait4(w->a->main, &end->status, 0, &used) < 0 && errno == EINTR) continue;
  end->utime_ms = ms_of(used.ru_utime);
  end->stime_ms = ms_of(used.ru_stime);
  end->maxrss_kb = used.ru_maxrss;
}

static void write_main(struct watch *w) {
  struct text t = {0};
  ending_text(&t, &w->a->id, w->end, NULL);
  int fd = record_put(w->a->dir, "main", &t);
  if (fd >= 0) close(fd);
}

static void orphan_ended(struct watch *w, pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid) return;
  w->after->orphans_reaped++;
  if (w->sweeping_since != NEVER && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) w->after->leftover_kills++;
}

/* True when no descendant is left. */
static bool reap(struct watch *w, int64_t now) {
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT)) return errno == ECHILD;
    if (info.si_pid == 0) return false;
    if (info.si_pid != w->a->main) orphan_ended(w, info.si_pid);
    else main_ended(w, now);
  }
}

static int wait_ms(const struct watch *w, int64_t now) {
  int64_t next = course_next(&w->course);
  if (next == NEVER) return -1;
  if (next <= now) next = w->next_sweep;
  int64_t left = next - now;
  return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

void supervise(struct attempt *a, struct ending *end, struct aftermath *after) {
  struct watch w = {.a = a, .end = end, .after = after, .sweeping_since = NEVER};
  int64_t now = mono_ms();
  bool main_written = false;
  course_begin(&w.course, a->spec, now);
  end->pid = a->main;
  end->start = a->main_start;
  report_start(a);
  for (;;) {
    struct pollfd events[] = {
        {a->signals, POLLIN, 0}, {a->ctl, POLLIN, 0}, {a->refusal, POLLIN, 0}, {a->report, POLLOUT, 0}};
    poll(events, 4, wait_ms(&w, now));
    now = mono_ms();
    if (events[3].revents) report_start(a);
    if (events[2].revents) read_refusal(&w);
    read_signals(&w, now); /* before reaping: a shutdown reaches run and shim at once */
    read_commands(&w, now);
    if (reap(&w, now)) break;
    if (w.course.main_over && !main_written) { /* someone lives on: its end is known, should we die before theirs */
      write_main(&w);
      main_written = true;
    }
    act(&w, course_due(&w.course, now), now);
    if (w.given_up) break;
  }
  if (w.stuck_written) unlinkat(a->dir, "stuck", 0);
}
