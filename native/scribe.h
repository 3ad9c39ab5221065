/* Carries out lists of file operations for the daemon: it decides, this acts. What lies in a run directory takes some
 * forty calls; from Node each of them is a trip through its thread pool, here all of them are one request. */
#ifndef EXPSHIM_SCRIBE_H
#define EXPSHIM_SCRIBE_H

#include <sys/types.h>

/* Serves standard input until its end; killed when `parent` ends. The exit status. */
int scribe_run(pid_t parent);

#endif
