/* All descendants of this process, which is their subreaper: found anew each time, signalled one by one. */
#ifndef EXPSHIM_TREE_H
#define EXPSHIM_TREE_H

#include <sys/types.h>

#include "proc.h"

/* What one pass over the tree met. Zombies are not counted: nothing of them runs. */
struct pass {
  int living;
  int refused; /* of them, those we may not signal: they became another user's by a setuid program */
  int unstopped;
  struct proc first; /* one of the living, if there are any */
};

/* Signals every descendant once. Whoever forks meanwhile is found by the next pass. */
struct pass tree_signal(int sig);
/* SIGSTOP to the whole tree; passes until none runs on. */
void tree_pause(void);

#endif
