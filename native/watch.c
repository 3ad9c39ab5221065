#include "watch.h"

#include <errno.h>
#include <poll.h>

#include "clock.h"
#include "proc.h"

#define NO_SUCH_PROCESS 3

int watch_process(pid_t pid, uint64_t start) {
  struct proc p;
  int fd = pidfd_open_of(pid);
  if (fd < 0 && errno == ESRCH) return NO_SUCH_PROCESS;
  if (proc_read(pid, &p) || p.start != start || p.zombie) return NO_SUCH_PROCESS;
  if (fd >= 0) {
    struct pollfd end = {fd, POLLIN, 0};
    while (poll(&end, 1, -1) < 0 && errno == EINTR) continue;
    return 0;
  }
  do nap_ms(500); /* Linux before 5.3 */
  while (proc_read(pid, &p) == 0 && p.start == start && !p.zombie);
  return 0;
}
