#include "descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define CLOEXEC_FLAG 4u /* CLOSE_RANGE_CLOEXEC */

/* For kernels before 5.9, and 5.11 with the flag. */
static int end_of_descriptors(void) {
  struct rlimit files;
  return getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 65536 ? (int)files.rlim_cur : 65536;
}

void descriptors_guard(void) {
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) _exit(71);
  if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) return;
  for (int fd = 3, end = end_of_descriptors(); fd < end; fd++) close(fd);
}

void descriptors_seal(void) {
  if (syscall(SYS_close_range, 3u, ~0u, CLOEXEC_FLAG) == 0) return;
  for (int fd = 3, end = end_of_descriptors(); fd < end; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}
