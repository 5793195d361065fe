#ifndef IMPORT_SOURCES_H
#define IMPORT_SOURCES_H

/*
 * What an operator named: files, folders of files and addresses, told apart by what they hold and
 * never by their names. Text captures are read here; of the others only the kind is found out.
 */

#include "import/capture.h"
#include "import/import.h"

enum {
    SOURCES_MAX = 100000,          /* files of one import */
    SOURCES_DEPTH_MAX = 32,        /* folders within folders */
    SOURCES_BYTES_MAX = 256 << 20, /* of all text captures */
};

enum source_kind {
    SOURCE_CAPTURE, /* a page saved as text */
    SOURCE_FEED,    /* Blogger's XML: export, Takeout, feed */
    SOURCE_PAGE,    /* a page saved as HTML */
    SOURCE_ARCHIVE, /* a zip, as Takeout comes in */
    SOURCE_ADDRESS, /* a blog on the web */
};

struct sources {
    struct source {
        char *name;
        enum source_kind kind;
        size_t archive; /* bytes of the name that lead to the zip; behind them a feed in it */
        bool in_folder; /* nobody named it: what is no part of a blog is left out */
    } * items;          /* in the order of the operator and, within a folder, of their names */
    size_t count, cap;
    size_t left_out;          /* files of folders that hold nothing of a blog */
    struct capture *captures; /* a file that is given twice is one */
    size_t capture_count;
    struct hints *hints;
    size_t hint_count, hint_cap;
};

/* Reads captures and hints and gives each capture its hints: those of --hints, and those of a file
 * beside it, with ".hints" behind its name. End with sources_close. */
bool sources_open(struct sources *sources, const struct import_options *options,
                  struct failure *why);
void sources_close(struct sources *sources);

#endif
