#ifndef IMPORT_WEBPAGE_ROLES_H
#define IMPORT_WEBPAGE_ROLES_H

/*
 * What the elements of a Blogger page are for, told by their classes. The stock themes of 2010 to
 * 2026 and most others share these (IMPORT 1.4).
 */

#include "import/tag.h"

enum role {
    ROLE_NONE,
    ROLE_WIDGET,      /* a gadget that is not the blog: nothing in it counts … */
    ROLE_DESCRIPTION, /* … but what the header says of the blog */
    ROLE_POST,        /* around one post */
    ROLE_DATE,        /* the heading of all posts of a day */
    ROLE_TITLE,
    ROLE_BODY,
    ROLE_AUTHOR,
    ROLE_LABELS, /* around the labels of a post */
    ROLE_LABEL,
    ROLE_JUMP,         /* around "Read more" */
    ROLE_COMMENT,      /* around one comment, and around the replies to it */
    ROLE_COMMENT_HEAD, /* of themes that put comments in a dl: the dt */
    ROLE_COMMENT_NAME,
    ROLE_COMMENT_BODY,
    ROLES,
};

/* The role of an element by its start tag. */
enum role role_of(const struct tag *tag);

/* Whether a gadget begins here, be it the blog or another. */
bool role_is_widget(const struct tag *tag);

/* The digits of an id such as post-body-123; false when the id is not of that form. */
bool role_number(struct str id, struct str prefix, struct str *digits);

#endif
