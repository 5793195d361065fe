#ifndef SITE_CATALOG_POST_H
#define SITE_CATALOG_POST_H

/* What the index tells of one post, and of those around it. The rules are those of catalog.h. */

#include "site/catalog.h"

/* What a feed says of a post. */
struct gist {
    struct str author; /* empty: the blog's */
    struct str summary;
    struct moment published, updated; /* the same when it was never changed */
    size_t words;
};

/* Calls with the post of a place, which is 1 for the oldest, or of a path; not at all when there is
 * none. */
void catalog_post_at(struct catalog *catalog, size_t place, catalog_on_entry *on_entry, void *ctx);
void catalog_post_of(struct catalog *catalog, struct str path, catalog_on_entry *on_entry,
                     void *ctx);
void catalog_gist(struct catalog *catalog, struct str path,
                  void (*on_gist)(void *ctx, const struct gist *gist), void *ctx);

/* Calls with the next older, then the next newer post, as far as there are such; of all posts or of
 * those with a label. */
typedef bool catalog_on_neighbour(void *ctx, const struct entry *entry, bool is_older);
void catalog_neighbours(struct catalog *catalog, struct str path,
                        catalog_on_neighbour *on_neighbour, void *ctx);
void catalog_neighbours_with(struct catalog *catalog, struct str path, struct str label,
                             catalog_on_neighbour *on_neighbour, void *ctx);

/* Posts of the same month and day: so many of the next years, and so many of those before. */
void catalog_same_day(struct catalog *catalog, struct date date, size_t most,
                      catalog_on_entry *on_entry, void *ctx);

/* The labels of a post, the ones with the fewest posts first. */
void catalog_labels_of(struct catalog *catalog, struct str path, size_t most,
                       catalog_on_tally *on_tally, void *ctx);

/* Posts of that day and later, newest day first. */
size_t catalog_count_since(struct catalog *catalog, struct date date);
void catalog_posts_since(struct catalog *catalog, struct date date, struct stretch part,
                         catalog_on_entry *on_entry, void *ctx);

bool catalog_ends_in_block(struct catalog *catalog, struct str post); /* one that it leaves open */

/* How many comments a post has, and the bytes of the file that holds them. */
size_t catalog_comments(struct catalog *catalog, struct str path, uint64_t *size);

/* Appends the language; false when the path is of no post. */
bool catalog_language_of(struct catalog *catalog, struct str post, struct buf *language);

/* The same of a page; and calls with it, if it is there. */
void catalog_page_of(struct catalog *catalog, struct str path, catalog_on_entry *on_entry,
                     void *ctx);
bool catalog_page_language(struct catalog *catalog, struct str page, struct buf *language);

#endif
