/* What we inherit and what the run inherits. */
#ifndef EXPSHIM_DESCRIPTORS_H
#define EXPSHIM_DESCRIPTORS_H

/* At the start: 0, 1 and 2 are open, or the next file opened would take their place and be written to; and
 * nothing else is, whatever our parent left open. */
void descriptors_guard(void);
/* Before exec: every descriptor from 3 on ends with it. */
void descriptors_seal(void);

#endif
