/* What programs ask for: what they are asked to leave alone, and the emoji of the capsule. */

#include "site/lone_page.h"
#include "text/uri.h"

/* ROB: prefixes of paths as they stand in an address. */
static void
put_group(struct buf *out, const char *agent, const struct name_list *disallow)
{
    buf_format(out, "%sUser-agent: %s\n", out->len > 0 ? "\n" : "", agent);
    if (disallow->count == 0)
        buf_put(out, STR("Disallow:\n"));
    for (size_t i = 0; i < disallow->count; i++) {
        buf_put(out, STR("Disallow: "));
        uri_put_path(out, str_of(disallow->items[i]));
        buf_byte(out, '\n');
    }
}

static bool
robots_answer(const struct listing *listing, const struct request *request,
              struct response *response)
{
    static char root[] = "/";
    const struct robots_settings *robots = &listing->site->config->robots;
    const struct name_list everything = {.items = {root}, .count = 1};
    const struct {
        const char *name;
        bool may_come;
    } agents[] = {
        {"archiver", robots->archiver},
        {"indexer", robots->indexer},
        {"researcher", robots->researcher},
        {"webproxy", robots->webproxy},
    };

    (void)request;
    response_set(response, OUTCOME_OK, STR("text/plain; charset=utf-8"));
    put_group(&response->page, "*", &robots->disallow);
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++)
        if (!agents[i].may_come)
            put_group(&response->page, agents[i].name, &everything);
    return true;
}

static bool
favicon_answer(const struct listing *listing, const struct request *request,
               struct response *response)
{
    const char *icon = listing->site->config->blog.icon;

    (void)request;
    if (icon[0] == '\0')
        return false;
    response_set(response, OUTCOME_OK, STR("text/plain; charset=utf-8"));
    buf_format(&response->page, "%s\n", icon);
    return true;
}

const struct lone_page robots_page = {"/robots.txt", robots_answer};
const struct lone_page favicon_page = {"/favicon.txt", favicon_answer};
