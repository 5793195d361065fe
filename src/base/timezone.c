#include "base/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

enum { YEAR_BASE = 1900, MINUTE_S = 60 };

static const char folder[] = "/usr/share/zoneinfo/";
static const char utc[] = "UTC";    /* there without any table */
static const char magic[] = "TZif"; /* RFC 8536 3.1 */

/* A relative path of letters, digits and "+-_/", so that no other file is looked at. */
static bool
is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

        if (!is_letter && !(byte >= '0' && byte <= '9') && !str_has(STR("+-_/"), byte))
            return false;
    }
    return name.len > 0 && *name.ptr != '/';
}

static bool
is_table(const char *path)
{
    char bytes[sizeof magic - 1];
    FILE *file = fopen(path, "re");
    bool found =
        file && fread(bytes, sizeof bytes, 1, file) == 1 && memcmp(bytes, magic, sizeof bytes) == 0;

    if (file)
        fclose(file);
    return found;
}

static bool
is_known(const char *name)
{
    struct buf path = {0};
    bool known;

    buf_format(&path, "%s%s", folder, name);
    known = strcmp(name, utc) == 0 || (is_name(str_of(name)) && is_table(buf_text(&path)));
    buf_free(&path);
    return known;
}

bool
timezone_is_possible(const char *name)
{
    return is_known(name) || access(folder, F_OK) != 0;
}

bool
timezone_set(const char *name, struct failure *why)
{
    if (!is_known(name))
        return fail(why, "unknown time zone %s", name);
    setenv("TZ", strcmp(name, utc) == 0 ? "UTC0" : name, 1);
    tzset();
    return true;
}

struct moment
timezone_moment(int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm local = {0};

    localtime_r(&time, &local);
    return (struct moment){
        .date = {local.tm_year + YEAR_BASE, local.tm_mon + 1, local.tm_mday},
        .has_time = true,
        .minute_of_day = local.tm_hour * 60 + local.tm_min,
        .offset_minutes = (int)(local.tm_gmtoff / MINUTE_S),
    };
}
