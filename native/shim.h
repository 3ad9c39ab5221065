/* One attempt, from its directory to its exit record. */
#ifndef EXPSHIM_SHIM_H
#define EXPSHIM_SHIM_H

/* How a shim ends when there is nothing, or nothing more, to record. */
enum {
  SHIM_DONE = 0,
  SHIM_BAD_SPEC = 65,
  SHIM_NO_DIRECTORY = 66,
  SHIM_NO_RESOURCES = 71,
  SHIM_NO_CLAIM = 73,
  SHIM_NOT_STARTED = 74,
  SHIM_TAKEN = 75,
  SHIM_DROPPED = 76,
};

/* Runs the attempt and returns one of the above. `report` receives the line `started <id>`, then is closed.
 * `word`: a pipe; everything is made ready, and goes on with a byte from it. -1: at once. */
int shim_run(const char *path, int report, int word);

#endif
