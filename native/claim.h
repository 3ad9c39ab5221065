/* The two FIFOs of an attempt: `claim`, which says "mine, and alive", and `ctl`, which brings commands. */
#ifndef EXPSHIM_CLAIM_H
#define EXPSHIM_CLAIM_H

/* Takes the attempt. A descriptor that keeps the claim alive until it is closed; -1 with errno, EEXIST: taken. */
int claim_take(int dir);
/* Makes `ctl`. A non-blocking descriptor to read from, or -1 with errno. Only for the holder of the claim. */
int ctl_open(int dir);

#endif
