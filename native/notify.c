#include "notify.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BARRIER_MS 5000

static int send_text(int fd, const struct sockaddr_un *to, socklen_t to_len, const char *text, int pass_fd) {
  struct iovec part = {(void *)(size_t)text, strlen(text)};
  struct sockaddr_un address = *to;
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_name = &address, .msg_namelen = to_len, .msg_iov = &part, .msg_iovlen = 1};
  if (pass_fd >= 0) {
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &pass_fd, sizeof pass_fd);
  }
  return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* systemd finds the unit of a message by its sender's cgroup: a sender that has ended by then is nobody's. So
 * we stay until it closes the pipe that it was handed (sd_notify(3), BARRIER=1). */
static void await_receipt(int fd, const struct sockaddr_un *to, socklen_t to_len) {
  int ends[2];
  if (pipe(ends)) return;
  int sent = send_text(fd, to, to_len, "BARRIER=1", ends[1]);
  close(ends[1]);
  struct pollfd closed = {ends[0], 0, 0};
  if (sent == 0) poll(&closed, 1, BARRIER_MS);
  close(ends[0]);
}

int notify_send(const char *text) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (!path || !*path) return 0;
  size_t n = strlen(path);
  if ((path[0] != '@' && path[0] != '/') || n >= sizeof to.sun_path) return errno = EINVAL, -1;
  memcpy(to.sun_path, path, n);
  if (path[0] == '@') to.sun_path[0] = 0; /* the abstract namespace */
  socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int result = send_text(fd, &to, len, text, -1);
  int e = errno;
  if (result == 0) await_receipt(fd, &to, len);
  close(fd);
  errno = e;
  return result;
}
