#ifndef IMPORT_DAYNAME_H
#define IMPORT_DAYNAME_H

/*
 * Dates as the headings of Blogger write them for people: "lunes, 26 de julio de 2010", "Monday,
 * July 26, 2010", "26 июля 2010 г.". A name is taken in any of the languages of the table, for
 * none of them means two months.
 */

#include "base/date.h"

/* False when no date can be told. Figures alone, such as 7/8/2010, are only taken when year and
 * month (of the address of the post, 0: not known) leave one reading. */
bool dayname_parse(struct str text, int year, int month, struct date *date);

#endif
