#include "site/address.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "site/search.h"
#include "text/charset.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum {
    STEPS_MAX = 4,   /* an old address, a former path, the path that followed it, gone */
    WORDS_MAX = 240, /* bytes of a search that is led on: three times as many fit TARGET_MAX */
};

/* What the path told. */
struct question {
    const struct site *site;
    struct str query;
    struct date date; /* what the pattern lacks is 1 */
    struct str name;
};

/* A file that may be served; names that begin with '.' are not there. */
static bool
is_file(const struct site *site, const struct buf *path)
{
    int fd = strstr(buf_text(path), "/.") ? FILE_OPEN_FAILED
                                          : file_open_beneath(site->root, buf_text(path) + 1);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Goes from address to address, to a file or to what was removed. */
static bool
follow(const struct site *site, struct str address, struct response *response)
{
    struct buf place = {0}, next = {0};
    bool is_gone, is_here;

    buf_put(&place, address);
    for (int step = 0; step < STEPS_MAX && place.len > 0 && !is_file(site, &place) &&
                       catalog_address(site->catalog, buf_str(&place), &next);
         step++) {
        buf_truncate(&place, 0);
        buf_put(&place, buf_str(&next));
        buf_truncate(&next, 0);
    }
    is_gone = place.len == 0;
    is_here = !is_gone && is_file(site, &place);
    if (is_gone)
        response_set(response, OUTCOME_GONE, word_text(site->tongue, WORD_REMOVED));
    else if (is_here)
        response_move(response, OUTCOME_MOVED, buf_str(&place));
    buf_free(&place);
    buf_free(&next);
    return is_gone || is_here;
}

/* Appends the page of the month; false when it has no posts. */
static bool
put_month(const struct question *q, struct buf *path)
{
    struct selection which = {.year = q->date.year, .month = q->date.month};

    if (catalog_count(q->site->catalog, &which) == 0)
        return false;
    buf_format(path, "/%04d/%02d/", which.year, which.month);
    return true;
}

/* The month, or where it has no posts, as one in which a week of an old archive began, the year. */
static bool
answer_month(const struct question *q, struct response *response)
{
    struct selection year = {.year = q->date.year};
    struct buf path = {0};
    bool is_there = put_month(q, &path) || catalog_count(q->site->catalog, &year) > 0;

    if (is_there && path.len == 0)
        buf_format(&path, "/%04d/", year.year);
    if (is_there)
        response_move(response, OUTCOME_MOVED, buf_str(&path));
    buf_free(&path);
    return is_there;
}

/* A post that the ledger does not know may be there under its old name; who comes for one that is
 * not is told where to look. */
static bool
answer_post(const struct question *q, struct response *response)
{
    struct buf path = {0}, month = {0}, hint = {0};
    bool is_known;

    buf_format(&path, "/%04d/%02d/%.*s.gmi", q->date.year, q->date.month, (int)q->name.len,
               q->name.ptr);
    is_known = follow(q->site, buf_str(&path), response);
    if (!is_known && put_month(q, &month)) {
        word_put(&hint, q->site->tongue, WORD_NOT_FOUND_BUT,
                 (struct blanks){.text = buf_str(&month)});
        response_set(response, OUTCOME_NOT_FOUND, buf_str(&hint));
        is_known = true;
    }
    buf_free(&path);
    buf_free(&month);
    buf_free(&hint);
    return is_known;
}

static bool
answer_page(const struct question *q, struct response *response)
{
    struct buf path = {0};
    bool is_known;

    buf_format(&path, "/%.*s.gmi", (int)q->name.len, q->name.ptr);
    is_known = follow(q->site, buf_str(&path), response);
    buf_free(&path);
    return is_known;
}

/* Appends the page of the label that posts call this. */
static bool
put_label(const struct question *q, struct str name, struct buf *path)
{
    struct buf clean = {0};
    bool is_label;

    gemtext_clean(&clean, name);
    buf_put(path, STR("/label/"));
    is_label = catalog_label_slug(q->site->catalog, buf_str(&clean), path);
    buf_byte(path, '/');
    is_label = is_label && !strstr(buf_text(path), "/.");
    if (!is_label)
        buf_truncate(path, 0);
    buf_free(&clean);
    return is_label;
}

static size_t
find_separator(struct str name)
{
    size_t len = 0;

    while (len < name.len && name.ptr[len] != '+' && name.ptr[len] != '/')
        len++;
    return len;
}

/* A '+' is what it is, or a space, or stands between two labels, of which the first will do; and
 * so is a '/'. */
static bool
put_labels(const struct question *q, struct buf *path)
{
    struct buf spaced = {0};
    bool is_label;

    for (size_t i = 0; i < q->name.len; i++)
        buf_byte(&spaced, q->name.ptr[i] == '+' ? ' ' : q->name.ptr[i]);
    is_label = put_label(q, q->name, path) || put_label(q, buf_str(&spaced), path) ||
               put_label(q, str_head(q->name, find_separator(q->name)), path);
    buf_free(&spaced);
    return is_label;
}

static bool
answer_label(const struct question *q, struct response *response)
{
    struct buf path = {0};
    bool is_label = put_labels(q, &path);

    if (is_label)
        response_move(response, OUTCOME_MOVED, buf_str(&path));
    buf_free(&path);
    return is_label;
}

static bool
answer_label_feed(const struct question *q, struct response *response)
{
    struct buf path = {0};
    bool is_label = put_labels(q, &path);

    buf_put(&path, STR("atom.xml"));
    if (is_label)
        response_move(response, OUTCOME_MOVED, buf_str(&path));
    buf_free(&path);
    return is_label;
}

/* One parameter, "name=value", decoded, with a space for '+'. */
static void
put_parameter(struct buf *out, struct str pair)
{
    struct buf spaced = {0};

    for (size_t i = 0; i < pair.len; i++)
        buf_byte(&spaced, pair.ptr[i] == '+' ? ' ' : pair.ptr[i]);
    uri_decode(out, buf_str(&spaced));
    buf_free(&spaced);
}

/* Appends the value of the parameter with this name; false when there is none. */
static bool
put_value(struct buf *out, struct str query, struct str name)
{
    bool is_found = false;

    while (query.len > 0 && !is_found) {
        struct buf pair = {0};
        struct str value;

        put_parameter(&pair, str_cut(&query, '&'));
        value = buf_str(&pair);
        is_found = str_skip(&value, name) && str_skip(&value, STR("="));
        if (is_found)
            buf_put(out, value);
        buf_free(&pair);
    }
    return is_found;
}

bool
address_is_search(struct str query)
{
    static const struct str names[] = {{"q", 1},      {"updated-max", 11}, {"updated-min", 11},
                                       {"start", 5},  {"max-results", 11}, {"by-date", 7},
                                       {"orderby", 7}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str value = query;

        if (str_skip(&value, names[i]) && str_starts(value, STR("=")))
            return true;
    }
    return false;
}

static void
answer_words(struct str words, struct response *response)
{
    struct buf utf8 = {0}, target = {0};

    charset_read(&utf8, words);
    buf_put(&target, STR("/search"));
    if (str_trim(buf_str(&utf8)).len > 0)
        buf_byte(&target, '?');
    search_put_query(&target, str_head_utf8(str_trim(buf_str(&utf8)), WORDS_MAX));
    response_set(response, OUTCOME_MOVED, buf_str(&target));
    buf_free(&utf8);
    buf_free(&target);
}

/* What somebody looked for; or the posts before a moment, which is the last post of the page that
 * leads there. */
static bool
answer_search(const struct question *q, struct response *response)
{
    struct question dated = *q;
    struct buf words = {0}, moment = {0};
    bool is_known = put_value(&words, q->query, STR("q"));
    struct str rest, day;

    put_value(&moment, q->query, STR("updated-max"));
    rest = buf_str(&moment);
    day = str_cut(&rest, 'T');
    if (is_known)
        answer_words(buf_str(&words), response);
    else
        is_known = date_parse(day, &dated.date) && answer_month(&dated, response);
    buf_free(&words);
    buf_free(&moment);
    return is_known;
}

/* The same question with one slash too many. */
static bool
answer_search_folder(const struct question *q, struct response *response)
{
    struct buf words = {0};
    bool is_old = address_is_search(q->query);

    uri_decode(&words, q->query);
    if (!is_old)
        answer_words(buf_str(&words), response);
    buf_free(&words);
    return !is_old || answer_search(q, response);
}

static bool
answer_feed(const struct question *q, struct response *response)
{
    if (catalog_count(q->site->catalog, &(struct selection){0}) == 0)
        return false;
    response_move(response, OUTCOME_MOVED, STR("/atom.xml"));
    return true;
}

static bool
answer_archive(const struct question *q, struct response *response)
{
    if (catalog_count(q->site->catalog, &(struct selection){0}) == 0)
        return false;
    response_move(response, OUTCOME_MOVED, STR("/archive/"));
    return true;
}

static bool
answer_home(const struct question *q, struct response *response)
{
    (void)q;
    response_move(response, OUTCOME_MOVED, STR("/"));
    return true;
}

/* YYYY, MM and DD are parts of a date; '*' is a name, which may hold a '/' when it comes last. */
static const struct {
    const char *pattern;
    bool (*answer)(const struct question *q, struct response *response);
} addresses[] = {
    {"/YYYY/MM/*.html", answer_post},
    {"/p/*.html", answer_page},
    {"/search/label/*", answer_label},
    {"/feeds/posts/default/-/*", answer_label_feed},
    {"/feeds/posts/full/-/*", answer_label_feed},
    {"/feeds/posts/summary/-/*", answer_label_feed},
    {"/feeds/posts/default", answer_feed},
    {"/feeds/posts/full", answer_feed},
    {"/feeds/posts/summary", answer_feed},
    {"/feeds/posts/default/", answer_feed},
    {"/rss.xml", answer_feed},
    {"/search", answer_search},
    {"/search/", answer_search_folder},
    {"/YYYY/MM/DD/", answer_month},
    {"/YYYY_MM_DD_archive.html", answer_month},
    {"/archive.html", answer_archive},
    {"/index.html", answer_home},
};

static bool
take_number(struct str *path, size_t digits, int *number)
{
    unsigned long value;

    if (path->len < digits || !str_number(str_head(*path, digits), YEAR_MAX, &value))
        return false;
    *path = str_after(*path, digits);
    *number = (int)value;
    return true;
}

/* The name before the rest of the pattern, which then is the rest of the path, too. */
static bool
take_name(struct str *path, struct str rest, struct str *name)
{
    *name = *path;
    *path = rest;
    return str_chop(name, rest) && name->len > 0 && (rest.len == 0 || !str_has(*name, '/'));
}

/* Takes what the pattern begins with off both; false when the path begins with something else. */
static bool
take(struct str *pattern, struct str *path, struct question *q)
{
    const struct {
        struct str letters;
        int *number;
    } fields[] = {
        {STR("YYYY"), &q->date.year}, {STR("MM"), &q->date.month}, {STR("DD"), &q->date.day}};
    struct str byte = str_head(*pattern, 1);

    if (str_skip(pattern, STR("*")))
        return take_name(path, *pattern, &q->name);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (str_skip(pattern, fields[i].letters))
            return take_number(path, fields[i].letters.len, fields[i].number);
    str_skip(pattern, byte);
    return str_skip(path, byte);
}

static bool
match(struct str pattern, struct str path, struct question *q)
{
    q->date = (struct date){YEAR_MIN, 1, 1};
    while (pattern.len > 0)
        if (!take(&pattern, &path, q))
            return false;
    return path.len == 0 && date_is_real(q->date);
}

/* What follows is the name of a label, or several. */
static bool
is_of_label(struct str path)
{
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct str prefix = str_of(addresses[i].pattern);

        if ((addresses[i].answer == answer_label || addresses[i].answer == answer_label_feed) &&
            str_chop(&prefix, STR("*")) && str_starts(path, prefix))
            return true;
    }
    return false;
}

void
address_put_path(struct buf *out, struct str path)
{
    static const struct str slash = {"%2F", 3};
    bool is_label = is_of_label(path);

    while (path.len > 0) {
        bool is_slash = is_label && str_eq_nocase(str_head(path, slash.len), slash);

        buf_byte(out, is_slash ? '/' : path.ptr[0]);
        path = str_after(path, is_slash ? slash.len : 1);
    }
}

bool
address_answer(const struct site *site, const struct request *request, struct response *response)
{
    struct question q = {.site = site, .query = str_of(request->query)};
    struct str path = str_of(request->path);
    bool is_known = follow(site, path, response);

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0] && !is_known; i++)
        is_known =
            match(str_of(addresses[i].pattern), path, &q) && addresses[i].answer(&q, response);
    return is_known;
}
