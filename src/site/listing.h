#ifndef SITE_LISTING_H
#define SITE_LISTING_H

/*
 * What all generated pages share: a heading, a list that goes on over several pages, links out.
 * Every line leaves through the gemtext writers; every target is the path, encoded.
 */

#include <stddef.h>

#include "base/str.h"
#include "site/catalog.h"
#include "site/site.h"

/* One page of a list, on its way to a reader. */
struct listing {
    const struct site *site;
    struct str folder; /* the path of its first page, decoded, ends with '/' */
    struct str name;   /* of a label (its slug) or a language, from the path */
    int year, month;   /* from the path, 0: not in it */
    size_t page;       /* from 1 */
    size_t total;      /* lines of the whole list */
    struct buf *out;
};

/* Which pages there are. The functions write to listing->out. */
struct listing_kind {
    const char *pattern; /* of the folder: YYYY, MM and * stand for a year, a month, a name */
    size_t (*count)(const struct listing *listing); /* lines of the list; 0: no such page */
    void (*head)(const struct listing *listing);
    void (*list)(const struct listing *listing);
    void (*tail)(const struct listing *listing);     /* what follows the list */
    bool (*is_there)(const struct listing *listing); /* with an empty list, too; NULL: never */
};

extern const struct listing_kind home_kind, year_kind, month_kind, archive_kind, since_kind;
extern const struct listing_kind labels_kind, label_kind, languages_kind, language_kind;

/* "# title", with the number of the page unless it is the first. */
void listing_heading(const struct listing *listing, struct str title);

/* "14 posts", in words, on the first page. */
void listing_total(const struct listing *listing);

/* How many lines of the list stand on the pages before this one; the number of a page, in digits:
 * 2 and up, the first page has none. */
size_t listing_skip(const struct listing *listing);
size_t listing_page_size(const struct listing *listing);
size_t listing_page_count(const struct listing *listing);
bool listing_read_page(struct str text, size_t *page);

/* The index lines of this page; or one of them, of a struct listing. */
bool listing_on_post(void *listing, const struct entry *entry);
void listing_posts(const struct listing *listing, const struct selection *which);

/* A link to a decoded path; the label as of printf, or a word. */
void listing_link(struct buf *out, struct str path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void listing_word(struct buf *out, const struct site *site, struct str path, enum word word,
                  struct blanks blanks);

/* Appends "Title (2.1 kB)". */
void listing_put_name(struct buf *out, const struct site *site, const struct entry *entry);

/* A link to an entry, "Title (2.1 kB)", framed by a word: WORD_PLAIN, WORD_OLDER, … */
void listing_entry(struct buf *out, const struct site *site, const struct entry *entry,
                   enum word frame);

/* A link to a page of its own in the folder: "name (3)". */
void listing_tally(struct buf *out, struct str folder, const struct tally *tally);

/* A link to the home page that bears the name of the blog. */
void listing_home(struct buf *out, const struct site *site);

/* What a language calls itself, or its tag when we do not know; as catalog_languages, with them. */
struct str listing_language(struct str tag);
void listing_languages(const struct site *site, catalog_on_tally *on_tally, void *ctx);

#endif
