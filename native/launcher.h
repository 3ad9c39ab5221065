/* Forks one shim per requested attempt, from a process so small that a fork costs nothing. */
#ifndef EXPSHIM_LAUNCHER_H
#define EXPSHIM_LAUNCHER_H

/* Serves standard input until its end. The exit status. */
int launcher_run(void);

#endif
