#include "scribe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define LOOK (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
#define LARGEST_REQUEST ((size_t)64 << 20)

struct bytes {
  const char *at;
  size_t len;
};

/* ---- one operation each; 0, or -1 with errno ---- */

static int write_all(int fd, struct bytes content) {
  while (content.len > 0) {
    ssize_t n = write(fd, content.at, content.len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    content.at += n;
    content.len -= (size_t)n;
  }
  return 0;
}

/* Nothing is left of a file that could not be written whole. */
static int new_file(const char *path, mode_t mode, struct bytes content) {
  int fd = open(path, NEW, mode);
  if (fd < 0) return -1;
  int result = write_all(fd, content);
  if (close(fd)) result = -1;
  int e = errno;
  if (result) unlink(path);
  errno = e;
  return result;
}

/* By a temporary file beside it; the daemon knows such names and sweeps what a kill left of them. */
static int replace_file(const char *path, mode_t mode, struct bytes content) {
  const char *base = strrchr(path, '/');
  uint64_t nonce = 0;
  char temporary[4096];
  if (!base || getrandom(&nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) return errno = EINVAL, -1;
  int n = snprintf(temporary, sizeof temporary, "%.*s/.%.200s.%012" PRIx64 ".tmp", (int)(base - path), path, base + 1,
                   nonce & 0xffffffffffff);
  if (n < 0 || n >= (int)sizeof temporary) return errno = ENAMETOOLONG, -1;
  if (new_file(temporary, mode, content)) return -1;
  if (rename(temporary, path) == 0) return 0;
  int e = errno;
  unlink(temporary);
  errno = e;
  return -1;
}

/* Whether two regular files hold the same; false for a link or anything else. */
static bool same_content(int one, int other) {
  struct stat a, b;
  if (fstat(one, &a) || fstat(other, &b) || !S_ISREG(a.st_mode) || !S_ISREG(b.st_mode) || a.st_size != b.st_size)
    return false;
  char x[8192], y[8192];
  for (off_t at = 0; at < a.st_size;) {
    ssize_t n = pread(one, x, sizeof x, at), m = pread(other, y, sizeof y, at);
    if (n <= 0 || n != m || memcmp(x, y, (size_t)n) != 0) return false;
    at += n;
  }
  return true;
}

/* Shows a record at the top of a run directory: a script's own file of that name stays. What the daemon last wrote
 * there is what the first of `records` that exists holds. */
static int show_file(const char *path, mode_t mode, const char *records, struct bytes content) {
  if (new_file(path, mode, content) == 0) return 0;
  if (errno != EEXIST) return -1;
  int there = open(path, LOOK), record = -1;
  for (; *records && record < 0; records += strlen(records) + 1) record = open(records, LOOK);
  bool ours = there >= 0 && record >= 0 && same_content(there, record);
  if (there >= 0) close(there);
  if (record >= 0) close(record);
  return ours ? replace_file(path, mode, content) : 0;
}

/* In one write, so that machines that share the file do not mix their lines; after a line that was torn by a power
 * cut on a line of its own. */
static int append_line(const char *path, mode_t mode, struct bytes line) {
  struct stat st;
  char last = '\n';
  int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
  if (fd < 0) return -1;
  char *text = malloc(line.len + 1);
  int result = -1;
  if (text && fstat(fd, &st) == 0 && (st.st_size == 0 || pread(fd, &last, 1, st.st_size - 1) == 1)) {
    size_t torn = last != '\n';
    text[0] = '\n';
    memcpy(text + torn, line.at, line.len);
    result = write_all(fd, (struct bytes){text, line.len + torn});
  }
  int e = errno;
  free(text);
  close(fd);
  errno = e;
  return result;
}

/* With everything in it; a link is removed, never followed. */
static int remove_at(int dir, const char *name) {
  if (unlinkat(dir, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return -1;
  int inner = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *d = inner < 0 ? NULL : fdopendir(inner);
  if (!d) return -1;
  int result = 0;
  for (struct dirent *e; (e = readdir(d)) && result == 0;)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) result = remove_at(inner, e->d_name);
  int e = errno;
  closedir(d);
  if (result == 0) return unlinkat(dir, name, AT_REMOVEDIR);
  errno = e;
  return -1;
}

static int is_directory(const char *path) {
  struct stat st;
  if (stat(path, &st)) return -1;
  return S_ISDIR(st.st_mode) ? 0 : (errno = ENOTDIR, -1);
}

/* ---- a request: operations one after the other, until one fails ---- */

struct request {
  char *at, *end;
  bool torn;
};

static char *word(struct request *r) {
  static char nothing[1] = "";
  char *start = r->at, *nul = memchr(start, 0, (size_t)(r->end - start));
  if (!nul) {
    r->torn = true;
    return nothing;
  }
  r->at = nul + 1;
  return start;
}

static mode_t mode_word(struct request *r) { return (mode_t)strtoul(word(r), NULL, 8) & 0777; }

static struct bytes content_words(struct request *r) {
  size_t len = strtoul(word(r), NULL, 10);
  if (len > (size_t)(r->end - r->at)) {
    r->torn = true;
    len = 0;
  }
  struct bytes content = {r->at, len};
  r->at += len;
  return content;
}

/* Words up to an empty one, which ends them. */
static char *list_words(struct request *r) {
  char *first = r->at;
  while (*word(r)) continue;
  return first;
}

static int carry_out(struct request *r) {
  char *what = word(r);
  char *path = word(r);
  if (strcmp(what, "look") == 0) return r->torn ? 0 : is_directory(path);
  if (strcmp(what, "remove") == 0) return r->torn ? 0 : remove_at(AT_FDCWD, path);
  if (strcmp(what, "link") == 0) {
    char *target = word(r);
    return r->torn ? 0 : symlink(target, path);
  }
  mode_t mode = mode_word(r);
  if (strcmp(what, "make") == 0) return r->torn ? 0 : mkdir(path, mode);
  if (strcmp(what, "have") == 0) return r->torn || mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -1;
  char *records = strcmp(what, "show") == 0 ? list_words(r) : NULL;
  struct bytes content = content_words(r);
  if (r->torn) return 0;
  if (records) return show_file(path, mode, records, content);
  if (strcmp(what, "write") == 0) return new_file(path, mode, content);
  if (strcmp(what, "replace") == 0) return replace_file(path, mode, content);
  if (strcmp(what, "append") == 0) return append_line(path, mode, content);
  r->torn = true;
  return 0;
}

/* False: no answer can be given any more. */
static bool serve(char *at, size_t len) {
  struct request r = {at, at + len, false};
  int error = 0, done = 0;
  while (r.at < r.end && error == 0) {
    if (carry_out(&r)) error = errno;
    else if (r.torn) error = EPROTO;
    else done++;
  }
  char line[64];
  int n = snprintf(line, sizeof line, "%d %d\n", error, done);
  return write_all(1, (struct bytes){line, (size_t)n}) == 0;
}

/* `<bytes>\n`, then so many bytes. False at the end of input, also in the middle: nobody waits any more. */
static bool next(FILE *in) {
  char head[64];
  size_t len;
  if (!fgets(head, sizeof head, in) || sscanf(head, "%zu", &len) != 1 || len > LARGEST_REQUEST) return false;
  char *bytes = malloc(len + 1);
  bool go = bytes && fread(bytes, 1, len, in) == len && serve(bytes, len);
  free(bytes);
  return go;
}

int scribe_run(pid_t parent) {
  prctl(PR_SET_NAME, "expshim-scribe");
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* the next daemon shall not find its records replaced by older ones */
  if (getppid() != parent) return 0; /* it ended before we asked */
  signal(SIGPIPE, SIG_IGN);
  umask(0); /* every mode is as it was asked for */
  while (next(stdin)) continue;
  return 0;
}
