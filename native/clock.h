/* Two clocks. Intervals (grace, time limit, linger) run on CLOCK_MONOTONIC: it stands still while the machine
 * is suspended, as the run does; CLOCK_BOOTTIME would let a laptop's night count against `--time`, and the wall
 * clock may be set. Times written for people are wall-clock milliseconds since 1970. */
#ifndef EXPSHIM_CLOCK_H
#define EXPSHIM_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NEVER INT64_MAX

static inline int64_t clock_ms(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
static inline int64_t mono_ms(void) { return clock_ms(CLOCK_MONOTONIC); }
static inline int64_t wall_ms(void) { return clock_ms(CLOCK_REALTIME); }

static inline void nap_ms(int64_t ms) {
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  nanosleep(&t, NULL);
}

#endif
