#ifndef TEXT_HTML_NAMES_H
#define TEXT_HTML_NAMES_H

/*
 * What the elements and attributes of HTML mean to a text page. Elements that a reader cannot
 * tell apart in text have one tag; an unknown name is HTML_INLINE: it shows its content.
 */

#include "base/str.h"

enum html_tag {
    HTML_INLINE, /* its content only */
    HTML_DROP,   /* nothing of it */
    HTML_TEXT,   /* no element: the text between them */
    HTML_BLOCK,  /* lines of its own; empty it is a blank line */
    HTML_PART,   /* lines of its own; empty it is nothing */
    HTML_PARAGRAPH,
    HTML_BREAK,
    HTML_HEADING_2,
    HTML_HEADING_3,
    HTML_BOLD,
    HTML_SUB,
    HTML_SUP,
    HTML_LINK,
    HTML_JUMP, /* the jump break, <a name='more'> */
    HTML_IMAGE,
    HTML_RULE,
    HTML_UL,
    HTML_OL,
    HTML_ITEM,
    HTML_DETAIL, /* dd */
    HTML_QUOTE,
    HTML_PRE,
    HTML_TABLE,
    HTML_TABLE_TITLE,
    HTML_ROW,
    HTML_CELL,
    HTML_HEAD_CELL,
    HTML_FIGURE,  /* also Blogger's table around a picture and its caption */
    HTML_CAPTION, /* of a figure */
    HTML_EMBED,
    HTML_IFRAME, /* an embed whose content is for browsers without frames */
    HTML_VIDEO,
    HTML_AUDIO,
    HTML_SOURCE, /* of a video or audio */
    HTML_PARAM,  /* of an object */
    HTML_FORM,
    HTML_TAGS, /* their number */
};

enum html_attr {
    HTML_ALT,
    HTML_CLASS,
    HTML_COLSPAN,
    HTML_DATA,
    HTML_HEIGHT,
    HTML_HIDDEN,
    HTML_HREF,
    HTML_NAME,
    HTML_ROLE,
    HTML_ROWSPAN,
    HTML_SRC,
    HTML_START,
    HTML_STYLE,
    HTML_TITLE,
    HTML_VALUE,
    HTML_WIDTH,
    HTML_ATTR_NONE, /* any other; also the number of those above */
};

/* The name in lower case, that of an element as html_source spells it. */
enum html_tag html_tag_of(struct str name);
enum html_attr html_attr_of(struct str name);

#endif
