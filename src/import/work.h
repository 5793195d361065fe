#ifndef IMPORT_WORK_H
#define IMPORT_WORK_H

/*
 * The file of one item of a plan: made from its entry and from what is there. Reads the plan and
 * changes nothing but itself, so that several can be made at the same time, as long as the ledger
 * stays as it is and knows all labels.
 */

#include "base/batch.h"
#include "base/digest.h"
#include "import/compose.h"
#include "import/plan.h"

struct work {
    struct plan *plan;
    struct plan_item *item;
    struct entry entry;
    struct present present;
    struct digest digest; /* of the text */
    struct buf text;      /* what the file shall hold */
    struct batch *batch;  /* that it is written to, NULL: none … */
    size_t number;        /* … with this number */
    bool cannot_write;    /* to that */
    bool is_only_seen;    /* Blogger's own data is there and stays: the entry says nothing new */
    bool is_decided;      /* how it is made; else that is settled first */
    bool done;
    struct failure why; /* when it is not */
};

/* End with work_free. */
struct work *work_new(struct plan *plan, struct plan_item *item);

/* Bytes that it needs in memory, more or less, until it is freed. */
size_t work_weight(const struct work *work);

/* Blogger's own data of the document was imported before. */
bool work_is_of_blog(const struct work *work);

/* Reads the entry and what is there; false with the failure in why. */
bool work_load(struct work *work);

/* Composes the text, and writes it; says whether it could be done. Work is a void * here as a crew
 * wants it. */
void work_do(void *ctx);
void work_free(void *ctx);

/* Composes what an import would write of a file that hands have changed, as if they had not. False
 * when it knows too little for that, or nothing but what is there. */
bool work_do_rival(struct work *work);

#endif
