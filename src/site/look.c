#include "site/look.h"

#include "site/config.h"
#include "site/keys.h"

/* The key that a listener may have for itself, NULL when there is none of this name. */
static const struct key *
find_setting(struct str name)
{
    const size_t first = offsetof(struct config, gopher.look);
    const struct key *key = key_find(STR("gopher"), name);
    bool is_setting =
        key && key->offset >= first && key->offset < first + sizeof(struct gopher_look);

    return is_setting ? key : NULL;
}

bool
look_apply(struct gopher_look *look, struct str settings, struct failure *why)
{
    bool is_set[CONFIG_KEYS_MAX] = {false};

    while (settings.len > 0) {
        struct str value = str_cut(&settings, ' '), name = str_cut(&value, '=');
        const struct key *key = find_setting(name);

        if (name.len == 0)
            continue;
        if (!key)
            return fail(why,
                        "a listener has no setting \"%.*s\", but port, width, charset, posts "
                        "and strict1436",
                        (int)name.len, name.ptr);
        if (is_set[key - keys])
            return fail(why, "%s twice for one listener", key->name);
        is_set[key - keys] = true;
        if (!key->set(key, (char *)look + (key->offset - offsetof(struct config, gopher.look)),
                      value, why))
            return false;
    }
    return true;
}
