#ifndef IMPORT_UNITE_H
#define IMPORT_UNITE_H

/*
 * One document from several sources becomes one entry. It is known by its Blogger id, else by its
 * old address, else (posts of text captures) by date and title. Of two bodies a whole one is taken
 * before one that was cut, then the one that was updated later, then the longer one; what the other
 * knows beside it, such as the author, is kept. Labels are those of Blogger's own data, if it has
 * the post, or else all of them.
 */

#include "import/entries.h"
#include "import/labels.h"

struct unite_counts {
    size_t same;     /* entries that another one stands for now */
    size_t differed; /* of these, such as had another body */
};

/* Unites and settles the entries, and drops labels that none of them has any longer. */
bool unite_entries(struct entries *entries, struct label_list *labels, struct unite_counts *counts,
                   struct failure *why);

#endif
