#include "serve/zone.h"

#include "site/light.h"

/* By segments: /private/ covers /private and /private/x, and not /private-not. */
static bool
zone_covers(const struct zone *zone, struct str path)
{
    struct str folder = str_of(zone->path), itself = folder;

    str_chop(&itself, STR("/"));
    return str_starts(path, folder) || str_eq(path, itself);
}

static const struct zone *
zone_of(const struct config *config, struct str path)
{
    const struct zone *longest = NULL;

    for (size_t i = 0; i < config->zone_count; i++) {
        const struct zone *zone = &config->zones[i];

        if (zone_covers(zone, path) &&
            (!longest || str_of(zone->path).len > str_of(longest->path).len))
            longest = zone;
    }
    return longest;
}

static bool
zone_admits(const struct zone *zone, struct str sha256)
{
    for (size_t i = 0; i < zone->keys.count; i++)
        if (str_eq(str_of(zone->keys.items[i]), sha256))
            return true;
    return zone->any;
}

enum outcome
zone_check(const struct config *config, struct str path,
           const struct tls_client_certificate *certificate)
{
    const struct zone *zone = zone_of(config, path);

    if (!zone) /* the light form of what is in a zone is in it, too */
        zone = zone_of(config, light_inner(path));
    if (!zone)
        return OUTCOME_OK;
    if (!certificate->present)
        return OUTCOME_CERTIFICATE_NEEDED;
    if (!certificate->in_time || !certificate->sound)
        return OUTCOME_CERTIFICATE_INVALID;
    return zone_admits(zone, str_of(certificate->sha256)) ? OUTCOME_OK
                                                          : OUTCOME_CERTIFICATE_REFUSED;
}

enum word
zone_reason(enum outcome outcome)
{
    if (outcome == OUTCOME_CERTIFICATE_NEEDED)
        return WORD_CERTIFICATE_NEEDED;
    return outcome == OUTCOME_CERTIFICATE_REFUSED ? WORD_CERTIFICATE_REFUSED
                                                  : WORD_CERTIFICATE_INVALID;
}
