#include "site/media.h"

#include <stdlib.h>

#include <magic.h>

#include "base/mem.h"

enum { LAST_RESORT, EMPTY };

static const char *const fallbacks[] = {
    [LAST_RESORT] = "application/octet-stream",
    [EMPTY] = "text/plain",
};

/* PROTOCOL.md 2.2; the others as IANA registers them. */
static const struct {
    const char *extension, *type;
} types[] = {
    {"gmi", "text/gemini"},
    {"gemini", "text/gemini"},
    {"txt", "text/plain"},
    {"text", "text/plain"},
    {"log", "text/plain"},
    {"md", "text/markdown"},
    {"markdown", "text/markdown"},
    {"csv", "text/csv"},
    {"tsv", "text/tab-separated-values"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"css", "text/css"},
    {"xml", "text/xml"},
    {"ics", "text/calendar"},
    {"vcf", "text/vcard"},
    {"vtt", "text/vtt"},
    {"atom", "application/atom+xml"},
    {"rss", "application/rss+xml"},
    {"json", "application/json"},
    {"gpub", "application/gpub+zip"},
    {"epub", "application/epub+zip"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"7z", "application/x-7z-compressed"},
    {"tar", "application/x-tar"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"rtf", "application/rtf"},
    {"asc", "application/pgp-keys"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"svg", "image/svg+xml"},
    {"bmp", "image/bmp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"ico", "image/vnd.microsoft.icon"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"m4a", "audio/mp4"},
    {"flac", "audio/flac"},
    {"wav", "audio/wav"},
    {"mid", "audio/midi"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"ogv", "video/ogg"},
};

struct media_sniffer {
    magic_t magic;
    struct buf type;
};

/* The part behind the last '.' of the last name, empty when there is none. */
static struct str
extension_of(struct str path)
{
    size_t at = path.len;

    while (at > 0 && path.ptr[at - 1] != '.' && path.ptr[at - 1] != '/')
        at--;
    return at > 0 && path.ptr[at - 1] == '.' ? str_after(path, at) : (struct str){0};
}

const char *
media_of_name(struct str path)
{
    struct str extension = extension_of(path);

    /* a feed, whatever other .xml files are */
    if (str_eq_nocase(path, STR("atom.xml")) || str_ends(path, STR("/atom.xml")))
        return "application/atom+xml";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_eq_nocase(extension, str_of(types[i].extension)))
            return types[i].type;
    return NULL;
}

/* HARDENING.md 2.6: the checks that parse formats deeply are off. */
struct media_sniffer *
media_sniffer_open(struct failure *why)
{
    struct media_sniffer *sniffer = mem_new(sizeof *sniffer);

    sniffer->magic = magic_open(MAGIC_MIME | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF |
                                MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_TAR);
    if (sniffer->magic && magic_load(sniffer->magic, NULL) == 0)
        return sniffer;
    fail(why, "libmagic cannot start: %s",
         sniffer->magic ? magic_error(sniffer->magic) : "no memory");
    media_sniffer_close(sniffer);
    return NULL;
}

void
media_sniffer_close(struct media_sniffer *sniffer)
{
    if (!sniffer)
        return;
    if (sniffer->magic)
        magic_close(sniffer->magic);
    buf_free(&sniffer->type);
    free(sniffer);
}

/* A type as RFC 2045 spells it, so that it may stand in a header. */
static bool
is_type(struct str type)
{
    size_t slashes = 0;

    for (size_t i = 0; i < type.len; i++) {
        char byte = type.ptr[i];

        slashes += byte == '/';
        if (byte <= ' ' || byte > '~' || str_has(STR("()<>@,;:\\\"[]?="), byte))
            return false;
    }
    return slashes == 1 && type.ptr[0] != '/' && type.ptr[type.len - 1] != '/';
}

const char *
media_of_bytes(struct media_sniffer *sniffer, struct str bytes, struct failure *why)
{
    static const struct str unknown = {"unknown", 7}; /* has C1 controls, which are signs there */
    static const struct str usual[] = {{"utf-8", 5}, {"us-ascii", 8}, {"binary", 6}};
    struct str rest, type;
    const char *told;
    bool is_usual = false;

    if (bytes.len == 0)
        return fallbacks[EMPTY];
    told =
        magic_buffer(sniffer->magic, bytes.ptr, bytes.len < MEDIA_SNIFF ? bytes.len : MEDIA_SNIFF);
    if (!told) {
        fail(why, "libmagic: %s", magic_error(sniffer->magic));
        return NULL;
    }
    rest = str_of(told);
    type = str_trim(str_cut(&rest, ';'));
    if (!is_type(type))
        return fallbacks[LAST_RESORT];
    buf_truncate(&sniffer->type, 0);
    buf_put(&sniffer->type, type);
    rest = str_trim(rest);
    if (!media_is_text(type) || !str_skip(&rest, STR("charset=")))
        return buf_text(&sniffer->type);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        is_usual = is_usual || str_eq(rest, usual[i]);
    if (str_starts(rest, unknown))
        buf_put(&sniffer->type, STR("; charset=windows-1252"));
    else if (!is_usual && rest.len > 0)
        buf_format(&sniffer->type, "; charset=%.*s", (int)rest.len, rest.ptr);
    return buf_text(&sniffer->type);
}

bool
media_is_gemtext(struct str type)
{
    return str_eq_nocase(str_trim(str_cut(&type, ';')), STR("text/gemini"));
}

bool
media_is_text(struct str type)
{
    return str_eq_nocase(str_head(type, 5), STR("text/"));
}
