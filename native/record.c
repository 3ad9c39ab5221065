#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void text_add(struct text *t, const char *format, ...) {
  size_t room = sizeof t->at - t->len;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(t->at + t->len, room, format, args);
  va_end(args);
  if (n > 0) t->len += (size_t)n < room ? (size_t)n : room - 1;
}

void text_quote(struct text *t, const char *s) {
  if (!s) {
    text_add(t, "null");
    return;
  }
  text_add(t, "\"");
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '"' || c == '\\') text_add(t, "\\%c", c);
    else if (c < 0x20) text_add(t, "\\u%04x", c);
    else text_add(t, "%c", c);
  }
  text_add(t, "\"");
}

static int write_all(int fd, const char *at, size_t len) {
  while (len > 0) {
    ssize_t n = write(fd, at, len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    at += n;
    len -= (size_t)n;
  }
  return 0;
}

int record_put(int dir, const char *name, const struct text *body) {
  char temporary[64];
  snprintf(temporary, sizeof temporary, ".%s.new", name);
  int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -1;
  if (write_all(fd, body->at, body->len) == 0 && renameat(dir, temporary, dir, name) == 0) return fd;
  int e = errno;
  close(fd);
  unlinkat(dir, temporary, 0);
  errno = e;
  return -1;
}
