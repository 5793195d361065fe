#ifndef IMPORT_WEBPAGE_SCAN_H
#define IMPORT_WEBPAGE_SCAN_H

/*
 * Where things are in a saved page: slices of its HTML, nothing decoded yet. Only elements with a
 * role are remembered while they are open; the others cannot grow anything.
 */

#include "base/fail.h"
#include "import/webpage.h"

enum {
    WEBPAGE_NESTING_MAX = 64, /* of elements with a role: comments below comments */
    WEBPAGE_SCRIPTS_MAX = 8,  /* of JSON-LD that belong to the page */
};

struct webpage_post {
    struct str id, title, html;
    struct str url;                     /* from a meta element: mirrors leave it alone */
    struct str stamp_href;              /* of the link around the time … */
    struct str title_href;              /* … and of the one around the title */
    struct str published, updated, day; /* day: the localised heading above */
    struct str author, author_uri;
    struct str json; /* JSON-LD inside the post */
    size_t label_start, label_count;
    bool is_partial, is_summary;
    size_t line;
};

struct webpage_comment {
    struct str id, parent;
    size_t post;
    struct str name, uri, html;
    struct str millis; /* since 1970, digits */
    bool is_removed;
    size_t line;
};

struct webpage {
    struct webpage_post *posts;
    struct webpage_comment *comments;
    struct str *labels; /* of all posts */
    size_t post_count, comment_count, label_count;
    struct str og_url, og_title, canonical, language;
    struct str blog_id, feed_title, feed_href, description;
    struct str scripts[WEBPAGE_SCRIPTS_MAX];
    size_t script_count;
    bool is_blogger;
};

/* The slices point into the HTML. End with webpage_free, also on failure. */
bool webpage_scan(struct webpage *page, struct str html, struct failure *why);
void webpage_free(struct webpage *page);

#endif
