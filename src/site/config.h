#ifndef SITE_CONFIG_H
#define SITE_CONFIG_H

/*
 * inspir.ini, read once and never changed: a process is the unit of configuration. man/inspir.ini.5
 * says what each key means. Paths have the ini file's folder in front already.
 */

#include <stdbool.h>

#include "base/fail.h"
#include "site/look.h"
#include "site/names.h"
#include "site/settings.h"
#include "text/language.h"

enum {
    CONFIG_LINE_MAX = 199, /* bytes: where inih would cut a line without a word */
    CONFIG_FILE_MAX = 1 << 20,
    CONFIG_KEYS_MAX = 64, /* of all sections together */
    CONFIG_ZONES_MAX = 64,
    PAGE_SIZE_MAX = 1000,
    WORKERS_MAX = 64,
};

struct config {
    char *path; /* the ini file */
    struct {
        char *title, *subtitle, *author, *icon, *timezone, *root, *index;
        char language[LANGUAGE_MAX + 1];
        struct name_list old_hosts;
        unsigned page_size;
    } blog;
    struct {
        struct name_list hosts; /* lower case, the first is canonical */
        struct address_list listen;
        unsigned port; /* 0: the one listened on */
    } gemini;
    struct {
        char *cert, *key;
        bool isolate_key;
    } tls;
    struct {
        bool enabled;
        char *host;
        struct address_list listen;
        struct gopher_look look; /* of listeners that say nothing else */
    } gopher;
    struct light_settings light;
    struct book_settings book;
    struct robots_settings robots;
    struct {
        bool fetch_media;
        unsigned max_image; /* pixels */
        struct name_list private_hosts;
    } import;
    struct server_settings server;
    struct limit_settings limits;
    struct host_pair *hosts; /* those of gemini.hosts with an own certificate */
    size_t host_count;
    struct zone *zones;
    size_t zone_count;
    unsigned set_at[CONFIG_KEYS_MAX]; /* the line of each key, 0: it was not given */
};

/* Reads and checks the file. The failure names file and line. */
bool config_load(struct config *config, const char *path, struct failure *why);
void config_free(struct config *config);
/* For what only shows later: puts the file, the line of the key where there is one, and the key in
 * front of what is wrong with it; returns false. */
bool config_blame(const struct config *config, const char *section, const char *key,
                  struct failure *why);
/* The capsule is there. */
bool config_finds_root(const struct config *config, struct failure *why);
bool config_protects(const struct config *config, struct str path); /* it is in a zone */
/* The file to read when none was named: inspir.ini here, else /etc/inspir/inspir.ini. */
const char *config_default_path(void);

#endif
