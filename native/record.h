/* Records: small JSON files that are there whole or not at all. */
#ifndef EXPSHIM_RECORD_H
#define EXPSHIM_RECORD_H

#include <stddef.h>

/* A line of JSON being put together. Text beyond its room is cut; every caller stays far below it. */
struct text {
  size_t len;
  char at[8192];
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string, or null where s is NULL. Bytes that are no UTF-8 are passed through. */
void text_quote(struct text *t, const char *s);

/* Writes `body` under `name` in the directory: a temporary file, then rename. It is in place when this returns,
 * and safe against the death of any process; for power loss, fsync the descriptor and the directory.
 * An open descriptor of the record, or -1 with errno and nothing under that name changed. */
int record_put(int dir, const char *name, const struct text *body);

#endif
