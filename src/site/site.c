#include "site/site.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "site/books.h"

struct site *
site_open(const struct config *config, struct failure *why)
{
    struct site *site = mem_new(sizeof *site);

    site->config = config;
    site->tongue = tongue_of(str_of(config->blog.language));
    site->root = file_open_folder(config->blog.root, why);
    if (site->root >= 0)
        site->catalog = catalog_open(config->blog.index, why);
    site->books = site->catalog ? books_open(config, catalog_fingerprint(site->catalog)) : -1;
    if (site->catalog)
        return site;
    site_close(site);
    return NULL;
}

void
site_close(struct site *site)
{
    if (!site)
        return;
    catalog_close(site->catalog);
    if (site->root >= 0)
        close(site->root);
    if (site->books >= 0)
        close(site->books);
    free(site);
}
