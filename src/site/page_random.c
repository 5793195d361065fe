/* A post by chance: a redirect for once, so that the next one who asks gets another. */

#include <stdint.h>
#include <sys/random.h>

#include "site/catalog_post.h"
#include "site/lone_page.h"

static bool
on_chosen(void *ctx, const struct entry *entry)
{
    response_move(ctx, OUTCOME_ELSEWHERE, entry->path);
    return true;
}

static bool
random_answer(const struct listing *listing, const struct request *request,
              struct response *response)
{
    struct catalog *catalog = listing->site->catalog;
    size_t posts = catalog_count(catalog, &(struct selection){0});
    uint64_t chance = 0;

    (void)request;
    if (posts == 0 || getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
        return false;
    catalog_post_at(catalog, (size_t)(chance % posts) + 1, on_chosen, response);
    return true;
}

const struct lone_page random_page = {"/random", random_answer};
