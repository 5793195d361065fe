#ifndef IMPORT_ENTRY_H
#define IMPORT_ENTRY_H

/*
 * One document of a blog on its way to a file of the capsule, whatever source it came from. What
 * source it was and what is known of it is settled here; import/entries.h keeps many of them.
 */

#include "base/date.h"
#include "base/str.h"
#include "import/record.h"
#include "text/language.h"

enum {
    ENTRY_SOURCES_MAX = 16, /* places where a post was found that are noted */
};

/* Texts are clean: gemtext, or one line without control bytes. */
struct entry {
    enum entry_kind kind;
    enum entry_status status;
    struct moment published;
    struct instant updated;
    long position;   /* among posts of one moment: higher is newer */
    size_t summary;  /* lines of the body before its jump break; 0: there is none */
    bool is_text;    /* from a capture: Blogger's own data is better where there is any */
    bool truncated;  /* the source ends before the body does */
    bool is_partial; /* cut at a jump break, or a summary */
    bool is_saved;   /* from a saved page: Blogger's own data knows more, and is of a known time */
    bool is_removed; /* a comment that was taken away */
    struct buf
        id; /* in the ledger: "blogger:123", "path:/2017/11/x.html", "text:2017-12-05:title" */
    struct buf title;    /* empty: none */
    struct buf language; /* empty: not told yet */
    struct buf author;
    struct buf body;     /* gemtext; may be empty */
    struct buf labels;   /* names, one a line */
    struct buf old;      /* its address in the blog, "/2017/12/x.html", of a comment that of its
                          * post; empty: not known */
    struct buf original; /* the whole address; empty: not known */
    struct buf source; /* "9a57d1e81269937e:72" of a capture, "blog:51" of Blogger's data, "page:51"
                        * of a saved page; more than one with ',' between */
    struct buf links;  /* to the blog itself: old, target and address, with TAB between, a line */
    struct buf losses; /* what the capsule cannot hold: kind and what, with TAB between, a line */
    struct buf post_id;  /* a comment's post, digits, else "path:/2017/12/x.html" … */
    struct buf reply_to; /* … and the comment that it answers; empty: the post */
};

/* Zeroed is empty; its buffers are used again. */
void entry_clear(struct entry *entry);
void entry_free(struct entry *entry);

/* Appends the entry as bytes that only entry_unpack of this process understands; it replaces what
 * the entry holds. */
void entry_pack(struct buf *out, const struct entry *entry);
void entry_unpack(struct entry *entry, struct str bytes);

/* Whether one of a list of sources begins so. */
bool entry_has_source(struct str sources, struct str beginning);

/* Blogger's own data names all labels of a post; a capture or a page only those that it shows. */
bool entry_knows_labels(const struct entry *entry);

/* Adds those of a list of sources, with ',' between, that another lacks. */
void entry_add_sources(struct buf *sources, struct str more);

/* An entry whose language nobody told is told by its text. */
void entry_tell_language(struct entry *entry, const struct lexicon *lexicon);

/* Adds a name to a list with one a line, unless it is there or is blank. */
void entry_add_name(struct buf *names, struct str name);

/* The id of a post of which only date and text are known: its date and title without regard to
 * case; of one without a title, the first line of its body. */
void entry_put_text_id(struct buf *out, struct date date, struct str title, struct str body);

/* Appends text without regard to case. */
void entry_put_folded(struct buf *out, struct str text);

#endif
