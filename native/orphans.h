/* The last resort when an attempt's shim is gone: its processes, known by their environment. */
#ifndef EXPSHIM_ORPHANS_H
#define EXPSHIM_ORPHANS_H

/* Signals every process of our uid that has EXPD_ATTEMPT_ID=<attempt>; with SIGKILL until a pass finds none.
 * How many processes were signalled. */
int orphans_signal(const char *attempt, int sig);

#endif
