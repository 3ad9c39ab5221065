/* Readiness for systemd, for a daemon whose runtime has no unix datagram sockets. */
#ifndef EXPSHIM_NOTIFY_H
#define EXPSHIM_NOTIFY_H

/* Sends the text to $NOTIFY_SOCKET and waits until it was taken. 0, also where nobody asked for it; -1 with errno. */
int notify_send(const char *text);

#endif
