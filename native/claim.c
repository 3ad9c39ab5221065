#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIFO_FLAGS (O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)

/* A FIFO under a private name, open for writing before anybody can know of it. */
static int private_fifo(int dir, const char *what, char *name, size_t size) {
  uint64_t nonce = 0;
  if (getrandom(&nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) return -1;
  snprintf(name, size, ".%s.%016llx", what, (unsigned long long)nonce);
  if (mkfifoat(dir, name, 0600)) return -1;
  int fd = openat(dir, name, FIFO_FLAGS);
  if (fd < 0) {
    int e = errno;
    unlinkat(dir, name, 0);
    errno = e;
  }
  return fd;
}

#ifndef SEEDED_CLAIM_BEFORE_LIVENESS
int claim_take(int dir) {
  /* link(2) is atomic and refuses an existing name, so an attempt has one holder, ever; and the write end was
   * open before the name existed, so whoever sees `claim` without a writer knows that its holder is dead. No
   * timer and no pid is part of that argument. */
  char name[40];
  int fd = private_fifo(dir, "claim", name, sizeof name);
  if (fd < 0) return -1;
  int linked = linkat(dir, name, dir, "claim", 0);
  int e = errno;
  unlinkat(dir, name, 0);
  if (linked == 0) return fd;
  close(fd);
  errno = e;
  return -1;
}
#else
/* A defect on purpose, for the fault suite alone: the name stands before its writer is open. Whoever looks in
 * between takes a living shim for dead, and the attempt's command runs although it was given up. */
int claim_take(int dir) {
  if (mkfifoat(dir, "claim", 0600)) return -1;
  return openat(dir, "claim", FIFO_FLAGS);
}
#endif

int ctl_open(int dir) {
  char name[40];
  int fd = private_fifo(dir, "ctl", name, sizeof name);
  if (fd < 0) return -1;
  if (renameat(dir, name, dir, "ctl") == 0) return fd;
  int e = errno;
  close(fd);
  unlinkat(dir, name, 0);
  errno = e;
  return -1;
}
