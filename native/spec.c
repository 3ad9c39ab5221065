#include "spec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc.h"

static const struct {
  const char *name;
  int resource;
} resources[] = {
    {"CPU", RLIMIT_CPU},         {"FSIZE", RLIMIT_FSIZE},           {"DATA", RLIMIT_DATA},
    {"STACK", RLIMIT_STACK},     {"CORE", RLIMIT_CORE},             {"RSS", RLIMIT_RSS},
    {"NPROC", RLIMIT_NPROC},     {"NOFILE", RLIMIT_NOFILE},         {"MEMLOCK", RLIMIT_MEMLOCK},
    {"AS", RLIMIT_AS},           {"LOCKS", RLIMIT_LOCKS},           {"SIGPENDING", RLIMIT_SIGPENDING},
    {"MSGQUEUE", RLIMIT_MSGQUEUE}, {"NICE", RLIMIT_NICE},           {"RTPRIO", RLIMIT_RTPRIO},
    {"RTTIME", RLIMIT_RTTIME},
};

/* The whole file, one byte longer and with a NUL there, so that a string cannot run past the end. */
static char *slurp(int dir, size_t *len) {
  int fd = openat(dir, "spec", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return NULL;
  struct stat st;
  char *bytes = fstat(fd, &st) == 0 ? malloc((size_t)st.st_size + 1) : NULL;
  size_t have = 0;
  while (bytes && have < (size_t)st.st_size) {
    ssize_t n = read(fd, bytes + have, (size_t)st.st_size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += (size_t)n;
  }
  close(fd);
  if (bytes) bytes[have] = 0;
  *len = have;
  return bytes;
}

static int number(const char *s, int base, int64_t min, int64_t max, int64_t *out) {
  char *end;
  errno = 0;
  long long n = strtoll(s, &end, base);
  if (errno || end == s || *end || n < min || n > max) return -1;
  *out = n;
  return 0;
}

static int limit_value(const char *s, char stop, const char **after, rlim_t *out) {
  if (strncmp(s, "inf", 3) == 0) {
    *out = RLIM_INFINITY;
    *after = s + 3;
  } else {
    char *end;
    errno = 0;
    *out = (rlim_t)strtoull(s, &end, 10);
    if (errno || end == s) return -1;
    *after = end;
  }
  return **after == stop ? 0 : -1;
}

/* NAME:soft:hard. A name that this version does not know is skipped, as unknown keys are. */
static int add_limit(struct spec *spec, const char *s) {
  for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
    size_t n = strlen(resources[i].name);
    if (strncmp(s, resources[i].name, n) != 0 || s[n] != ':') continue;
    struct limit *l = &spec->limits[spec->limit_count];
    const char *at = s + n + 1;
    l->resource = resources[i].resource;
    if (limit_value(at, ':', &at, &l->value.rlim_cur) || limit_value(at + 1, 0, &at, &l->value.rlim_max)) return -1;
    spec->limit_count++;
    return 0;
  }
  return 0;
}

/* Attempt ids go into names and JSON unquoted. */
static int valid_attempt(const char *s) {
  size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
  return n > 0 && n <= 64 && s[n] == 0;
}

static int absolute(const char *path) { return path[0] == '/' ? 0 : -1; }

#define MS_MAX ((int64_t)1 << 52)

static int take(struct spec *spec, const char *key, size_t n, char *value, unsigned *args, unsigned *env) {
  int64_t x = 0;
#define KEY(name) (n == sizeof name - 1 && memcmp(key, name, n) == 0)
  if (KEY("v")) return strcmp(value, "1") == 0 ? 0 : -1;
  if (KEY("attempt")) return spec->attempt = value, valid_attempt(value) ? 0 : -1;
  if (KEY("cwd")) return spec->cwd = value, absolute(value);
  if (KEY("log")) return spec->log = value, absolute(value);
  if (KEY("errlog")) return spec->errlog = value, absolute(value);
  if (KEY("cgroup")) return spec->cgroup = value, 0;
  if (KEY("arg")) return spec->args[(*args)++] = value, 0;
  if (KEY("env")) return spec->env[(*env)++] = value, 0;
  if (KEY("rlimit")) return add_limit(spec, value);
  if (KEY("warn_signal")) return (spec->warn_signal = signal_number(value)) ? 0 : -1;
  if (KEY("warn_ms")) return number(value, 10, 0, MS_MAX, &spec->warn_ms);
  if (KEY("grace_ms")) return number(value, 10, 0, MS_MAX, &spec->grace_ms);
  if (KEY("limit_ms")) return number(value, 10, 0, MS_MAX, &spec->limit_ms);
  if (KEY("linger_ms")) return number(value, 10, 0, MS_MAX, &spec->linger_ms);
  if (KEY("umask")) return number(value, 8, 0, 0777, &x) ? -1 : (spec->umask = (mode_t)x, 0);
  if (KEY("nice")) return number(value, 10, -20, 19, &x) ? -1 : (spec->nice = (int)x, spec->has_nice = 1, 0);
#undef KEY
  return 0;
}

static int parse(struct spec *spec, size_t len) {
  size_t strings = 0;
  for (size_t i = 0; i < len; i++) strings += spec->bytes[i] == 0;
  spec->args = calloc(strings + 1, sizeof(char *));
  spec->env = calloc(strings + 1, sizeof(char *));
  spec->limits = calloc(strings + 1, sizeof(struct limit));
  if (!spec->args || !spec->env || !spec->limits) return errno = ENOMEM, -1;
  unsigned args = 0, env = 0;
  int versioned = 0;
  errno = EPROTO;
  if (len == 0 || spec->bytes[len - 1] != 0) return -1; /* torn */
  for (char *s = spec->bytes; s < spec->bytes + len; s += strlen(s) + 1) {
    char *equals = strchr(s, '=');
    if (!equals) return -1;
    versioned |= equals - s == 1 && *s == 'v';
    if (take(spec, s, (size_t)(equals - s), equals + 1, &args, &env)) return errno = EPROTO, -1;
  }
  errno = EPROTO;
  return versioned && spec->attempt && spec->cwd && spec->log && args > 0 ? 0 : -1;
}

int spec_read(int dir, struct spec *out) {
  *out = (struct spec){.umask = 022, .linger_ms = 3000, .grace_ms = 60000};
  size_t len;
  out->bytes = slurp(dir, &len);
  if (!out->bytes) return -1;
  if (parse(out, len) == 0) {
    out->attempt = strdup(out->attempt);
    if (out->cgroup) out->cgroup = strdup(out->cgroup);
    return 0;
  }
  int e = errno;
  spec_free(out);
  errno = e;
  return -1;
}

void spec_free(struct spec *spec) {
  free(spec->args);
  free(spec->env);
  free(spec->limits);
  free(spec->bytes);
  spec->args = spec->env = NULL;
  spec->limits = NULL;
  spec->bytes = NULL;
  spec->cwd = spec->log = spec->errlog = NULL;
}
