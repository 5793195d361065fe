#ifndef TEXT_URI_H
#define TEXT_URI_H

/*
 * RFC 3986 references: split, decoded, encoded, resolved. Nothing here knows which hosts are ours
 * or what exists; serve/gemini.c decides that.
 */

#include <stdbool.h>

#include "base/str.h"

enum {
    URI_MAX = 1024, /* G/Requests: bytes of a request's URI, CRLF excluded */
    PORT_MAX = 65535,
};

/* Slices of the text that was split; a component that is absent is empty and its flag false. */
struct uri {
    struct str scheme, userinfo, host, port, path, query, fragment;
    bool has_authority, has_userinfo, has_port, has_query, has_fragment;
};

enum uri_path {
    URI_PATH_OK,
    URI_PATH_MALFORMED, /* bad escape, NUL, or dots that climb above the root */
    URI_PATH_NOWHERE,   /* well-formed, but no file can have this name: %2F, a control, not UTF-8 */
};

/* The generic split of 3986 appendix B. Any text splits; the parts are not checked. An IP literal
 * keeps its brackets in host. */
struct uri uri_split(struct str text);

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
bool uri_is_scheme(struct str text);

/* The port, or the fallback when none is named. False when it is no number from 1 to PORT_MAX. */
bool uri_read_port(const struct uri *uri, unsigned fallback, unsigned *port);

/* Every '%' is followed by two hexadecimal digits. */
bool uri_escapes_are_whole(struct str text);

/* Appends the path as names a file could have: split at '/', each segment decoded once, runs of
 * '/' made one, dot segments removed, the final '/' kept. An empty path gives "/". */
enum uri_path uri_path_decode(struct str path, struct buf *decoded);

/* Appends a host as a URI writes it: an IPv6 address in brackets. The other way round: a host of
 * uri_split without its brackets. */
void uri_put_host(struct buf *out, struct str host);
struct str uri_bare_host(struct str host);

/* Appends text with each %XX decoded, whatever it decodes to; a bad escape stays as written. */
void uri_decode(struct buf *out, struct str text);

/* Appends a decoded path so that uri_path_decode gives it back. */
void uri_put_path(struct buf *out, struct str decoded);

/* Appends a reference somebody wrote so that it is one in the grammar: spaces, controls, non-ASCII
 * and the characters 3986 excludes become %XX; an escape that is there stays. A host of other
 * letters than ASCII becomes one of A-labels. */
void uri_put_reference(struct buf *out, struct str text);

/* Appends the reference made absolute against the absolute base (3986 5.2), fragment included. */
void uri_resolve(struct buf *out, struct str base, struct str reference);

#endif
