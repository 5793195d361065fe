#ifndef SITE_CATALOG_POST_H
#define SITE_CATALOG_POST_H

/* What the index tells of one post, and of those around it. The rules are those of catalog.h. */

#include "site/catalog.h"

/* Calls with the post of a place, which is 1 for the oldest; not at all when there is none. */
void catalog_post_at(struct catalog *catalog, size_t place, catalog_on_entry *on_entry, void *ctx);

/* Calls with the next older, then the next newer post, as far as there are such. */
void catalog_neighbours(struct catalog *catalog, struct str path,
                        bool (*on_entry)(void *ctx, const struct entry *entry, bool is_older),
                        void *ctx);
bool catalog_ends_in_block(struct catalog *catalog, struct str post); /* one that it leaves open */
/* How many comments a post has, and the bytes of the file that holds them. */
size_t catalog_comments(struct catalog *catalog, struct str path, uint64_t *size);

/* Appends the language; false when the path is of no post. */
bool catalog_language_of(struct catalog *catalog, struct str post, struct buf *language);

#endif
