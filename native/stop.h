/* When what is due: stops, their grace, the time limit, pauses, the linger of descendants. Pure: `now` comes in
 * (monotonic milliseconds), what to do comes out. */
#ifndef EXPSHIM_STOP_H
#define EXPSHIM_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "spec.h"

/* Strongest first; the stronger of two is kept. */
enum stop { STOP_CANCEL, STOP_TIMEOUT, STOP_OVER_MEMORY, STOP_STALL, STOP_DEVICE_LOST, STOP_PREEMPT, STOP_DRAIN, STOP_NONE };

/* The reason of a ctl byte; STOP_NONE when the byte is no stop. */
enum stop stop_of(char byte);
/* Its name in the records; NULL for STOP_NONE. */
const char *stop_name(enum stop stop);

/* What the caller has to do now, in this order. */
enum { DO_CONTINUE = 1, DO_WARN = 2, DO_TERM = 4, DO_PAUSE = 8, DO_KILL = 16 };

struct course {
  const struct spec *spec;
  enum stop stop; /* the strongest delivered before the main process ended */
  bool main_over, paused;
  int64_t began, paused_at, paused_ms; /* ran = now - began - paused_ms */
  int64_t limit_at, term_at, kill_at;  /* NEVER: not due */
};

void course_begin(struct course *c, const struct spec *spec, int64_t now);
unsigned course_stop(struct course *c, enum stop stop, int64_t now);
unsigned course_kill(struct course *c, int64_t now);
unsigned course_pause(struct course *c, int64_t now);
unsigned course_continue(struct course *c, int64_t now);
unsigned course_main_over(struct course *c, int64_t now);
/* What has become due by itself. DO_KILL comes again at every call until the attempt is over. */
unsigned course_due(struct course *c, int64_t now);
/* When to ask again; NEVER when only an event can change anything. */
int64_t course_next(const struct course *c);
/* Milliseconds that the main process had, pauses not counted. */
int64_t course_ran(const struct course *c, int64_t now);

#endif
