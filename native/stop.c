#include "stop.h"

#include <stddef.h>
#include <string.h>

#include "clock.h"

static const char bytes[] = "ctmsdpr";
static const char *const names[] = {"cancel", "timeout", "overMemory", "stall", "deviceLost", "preempt", "drain", NULL};

enum stop stop_of(char byte) {
  const char *at = byte ? strchr(bytes, byte) : NULL;
  return at ? (enum stop)(at - bytes) : STOP_NONE;
}

const char *stop_name(enum stop stop) { return names[stop]; }

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }

void course_begin(struct course *c, const struct spec *spec, int64_t now) {
  *c = (struct course){.spec = spec, .stop = STOP_NONE, .began = now, .term_at = NEVER, .kill_at = NEVER};
  c->limit_at = spec->limit_ms > 0 ? now + spec->limit_ms : NEVER;
}

unsigned course_stop(struct course *c, enum stop stop, int64_t now) {
  if (c->main_over) { /* its end stands; only what lingers is hurried */
    c->kill_at = min(c->kill_at, now + c->spec->grace_ms);
    return 0;
  }
  bool first = c->stop == STOP_NONE;
  if (stop < c->stop) c->stop = stop;
  if (!first) return 0; /* a second stop never moves the deadline */
  unsigned todo = course_continue(c, now);
  bool warn = c->spec->warn_signal != 0 && c->spec->warn_ms > 0;
  c->limit_at = NEVER;
  c->term_at = warn ? now + c->spec->warn_ms : NEVER;
  c->kill_at = min(c->kill_at, (warn ? c->term_at : now) + c->spec->grace_ms);
  return todo | (warn ? DO_WARN : DO_TERM);
}

unsigned course_kill(struct course *c, int64_t now) {
  c->kill_at = min(c->kill_at, now);
  return 0;
}

/* A tree that is being stopped is not paused: it could not act on SIGTERM. */
unsigned course_pause(struct course *c, int64_t now) {
  if (c->paused || c->main_over || c->stop != STOP_NONE) return 0;
  c->paused = true;
  c->paused_at = now;
  return DO_PAUSE;
}

unsigned course_continue(struct course *c, int64_t now) {
  if (!c->paused) return 0;
  c->paused = false;
  c->paused_ms += now - c->paused_at;
  if (c->limit_at != NEVER) c->limit_at += now - c->paused_at;
  return DO_CONTINUE;
}

unsigned course_main_over(struct course *c, int64_t now) {
  unsigned todo = course_continue(c, now); /* descendants have their linger, also where it died paused */
  c->main_over = true;
  c->limit_at = c->term_at = NEVER;
  c->kill_at = min(c->kill_at, now + c->spec->linger_ms);
  return todo;
}

unsigned course_due(struct course *c, int64_t now) {
  unsigned todo = 0;
  if (!c->paused && now >= c->limit_at) todo |= course_stop(c, STOP_TIMEOUT, now);
  if (now >= c->term_at) {
    c->term_at = NEVER;
    todo |= DO_TERM;
  }
  if (now >= c->kill_at) todo |= DO_KILL;
  return todo;
}

int64_t course_next(const struct course *c) {
  int64_t limit = c->paused ? NEVER : c->limit_at;
  return min(limit, min(c->term_at, c->kill_at));
}

int64_t course_ran(const struct course *c, int64_t now) {
  return (c->paused ? c->paused_at : now) - c->began - c->paused_ms;
}
