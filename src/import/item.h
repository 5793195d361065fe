#ifndef IMPORT_ITEM_H
#define IMPORT_ITEM_H

/* What an import decides about one file of the capsule. */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum change { CHANGE_NONE, CHANGE_NEW, CHANGE_REWRITTEN, CHANGE_KEPT, CHANGES };

/* Where an entry's file comes from. */
enum origin {
    ORIGIN_NEW,      /* nobody knew of it; its row in the ledger has no digest yet */
    ORIGIN_KNOWN,    /* the ledger has a row */
    ORIGIN_BETTER,   /* the ledger has a row, of a source that knew more than this entry does */
    ORIGIN_STRANGER, /* the file is there and the ledger does not know it */
};

/* What a file is for the operator. */
enum document { DOCUMENT_POST, DOCUMENT_PAGE, DOCUMENT_COMMENTS, DOCUMENT_DRAFT };

struct plan_item {
    size_t entry; /* its place among the entries, of comments that among the discussions */
    enum document document;
    enum origin origin;
    enum change change;
    bool is_ours;     /* the file holds what an earlier import wrote */
    bool knows_less;  /* the entry only adds its labels to what is there */
    bool keep_labels; /* those that the file has stay */
    bool has_rival; /* hands have changed the file and the blog, too: its text waits elsewhere … */
    bool new_rival;   /* … and is to be written there */
    bool is_waiting;  /* in the batch since it was composed */
    const char *note; /* why a post is kept, or written anew; else NULL */
    struct str id;    /* of its row */
    struct str path;
    const char *from; /* where the file was until now; NULL: at path */
    const char *old;  /* of a stranger: its address in the blog; else NULL */
};

#endif
