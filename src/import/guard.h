#ifndef IMPORT_GUARD_H
#define IMPORT_GUARD_H

/*
 * What a hint quotes of the line it is for, so that it never settles another line of a capture
 * that has changed: the text of the line, or its beginning of at least GUARD_MIN characters and
 * "…". In a file it stands in quotation marks, in which \" and \\ mean " and \.
 */

#include <stdbool.h>

#include "base/str.h"

enum { GUARD_MIN = 20 };

/* Appends, in quotation marks, a guard that holds for the text. */
void guard_put(struct buf *out, struct str text);

/* The guard, without quotation marks, is one for this text, which is clean (text/gemtext.h). */
bool guard_holds(struct str guard, struct str text);

#endif
