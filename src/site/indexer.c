#include "site/indexer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <unistr.h>

#include "base/crew.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "site/catalog.h"
#include "site/catalog_build.h"
#include "site/comments.h"
#include "site/ledger.h"
#include "site/media.h"
#include "site/ranking.h"
#include "site/reading.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum {
    INDEX_MODE = 0644,
    ALONE_MAX = 32,        /* files that are not worth a thread */
    READING_WEIGHT = 4096, /* bytes that a file needs in memory beside its text */
};

/* Files that something is done with: the first of them alone, the others in threads. */
struct stage {
    size_t given;
    struct crew *crew;
};

/* One look at the capsule. Without a catalog only the fingerprint is taken. */
struct indexer {
    const struct config *config;
    struct index_report *report;
    struct catalog_build *catalog;
    struct stage looking; /* at posts, for their ranks; all other files are read */
    struct stage reading; /* the posts, in that order */
    struct ranking ranking;
    struct ledger ledger;
    struct media_sniffer *sniffer; /* opened when the first file needs it */
    bool cannot_sniff;
    bool is_blind;   /* something could not be read now: the index is to be made again */
    struct buf seen; /* what the fingerprint is made of */
    int root;
};

static void
warn(struct indexer *indexer, const struct failure *why, const char *consequence)
{
    struct buf sentence = {0};

    buf_format(&sentence, "%s: %s", why->text, consequence);
    if (indexer->report->warn)
        indexer->report->warn(indexer->report->ctx, buf_text(&sentence));
    buf_free(&sentence);
}

/* Paths hold no NUL, so that no two capsules look alike. */
static void
note_seen(struct buf *seen, const char *path, uint64_t size, int64_t mtime_ns)
{
    buf_put(seen, str_of(path));
    buf_byte(seen, '\0');
    buf_format(seen, "%llu %lld\n", (unsigned long long)size, (long long)mtime_ns);
}

static void
note_ledger(struct indexer *indexer)
{
    struct stat info;

    if (fstatat(indexer->root, LEDGER_NAME, &info, AT_SYMLINK_NOFOLLOW) == 0)
        note_seen(&indexer->seen, LEDGER_NAME, (uint64_t)info.st_size,
                  (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec);
}

static void
add_post(struct indexer *indexer, const struct reading *reading)
{
    const struct post *post = &reading->post;
    const char *name = reading_name(reading);
    struct failure why;

    if (post->ends_in_block) {
        fail(&why, "%s: a preformatted block is not closed", name);
        warn(indexer, &why, "labels at its end are none");
    }
    if (post->has_stray_labels) {
        fail(&why, "%s: its last links are labels and more than one web address", name);
        warn(indexer, &why, "the labels among them are none");
    }
    catalog_add_post(indexer->catalog, &(struct catalog_post){
                                           .path = buf_str(&reading->path),
                                           .post = post,
                                           .size = reading->text.len,
                                           .language = buf_text(&reading->language),
                                           .summary = buf_str(&reading->summary),
                                           .word_count = reading->word_count,
                                           .words = &reading->words,
                                       });
}

/* The first heading, else the name without its ending. */
static void
put_page_title(struct buf *title, struct str text, struct str name)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;

    str_skip(&scanner.rest, STR("\xef\xbb\xbf"));
    while (title->len == 0 && gemtext_next(&scanner, &line))
        if (line.kind == GEMTEXT_HEADING)
            gemtext_clean(title, line.text);
    str_chop(&name, STR(".gmi"));
    if (title->len == 0)
        buf_put(title, name);
}

static void
add_page(struct indexer *indexer, struct reading *reading)
{
    struct buf title = {0};

    if (!reading->is_read)
        warn(indexer, &reading->why, "its name is its title");
    put_page_title(&title, buf_str(&reading->text), str_of(reading_name(reading)));
    catalog_words_name_page(&reading->words, buf_str(&title), buf_str(&reading->language));
    catalog_add_page(indexer->catalog,
                     &(struct entry){
                         .path = buf_str(&reading->path),
                         .title = buf_str(&title),
                         .language = buf_str(&reading->language),
                         .size = reading->size,
                     },
                     &reading->words);
    buf_free(&title);
}

static void
add_comments(struct indexer *indexer, const struct reading *reading)
{
    struct buf post = {0};

    comments_put_post(&post, buf_str(&reading->path));
    if (reading->is_read)
        catalog_add_comments(indexer->catalog, &(struct catalog_comments){
                                                   .post = buf_str(&post),
                                                   .count = comments_count(buf_str(&reading->text)),
                                                   .size = reading->text.len,
                                                   .words = &reading->words,
                                               });
    else
        warn(indexer, &reading->why, "its post does not lead to it");
    buf_free(&post);
}

/* Whether a file that begins so can be UTF-8: the last character may be cut. */
static bool
is_utf8(struct str bytes)
{
    const uint8_t *end = (const uint8_t *)bytes.ptr + bytes.len;
    const uint8_t *bad = bytes.len > 0 ? u8_check((const uint8_t *)bytes.ptr, bytes.len) : NULL;
    ucs4_t c;

    return !bad || u8_mbtoucr(&c, bad, (size_t)(end - bad)) == -2;
}

/* Where the name has said the type, the bytes only add the charset of a text that is not UTF-8. */
static void
add_type(struct indexer *indexer, struct str path, const char *known, struct str sniffed)
{
    struct str charset = sniffed, type = str_cut(&charset, ';');
    struct buf whole = {0};

    buf_put(&whole, known ? str_of(known) : type);
    if (charset.len > 0)
        buf_format(&whole, ";%.*s", (int)charset.len, charset.ptr);
    if (!known || charset.len > 0)
        catalog_add_file(indexer->catalog, path, buf_str(&whole));
    buf_free(&whole);
}

static bool
open_sniffer(struct indexer *indexer)
{
    struct failure why;

    if (!indexer->sniffer && !indexer->cannot_sniff) {
        indexer->sniffer = media_sniffer_open(&why);
        indexer->cannot_sniff = !indexer->sniffer;
        if (indexer->cannot_sniff)
            warn(indexer, &why, "files with unknown extensions are served as bytes");
    }
    return indexer->sniffer != NULL;
}

/* libmagic is asked what nobody knows yet: it takes longer than all else of a file. */
static void
sniff(struct indexer *indexer, const struct reading *reading)
{
    const char *known = media_of_name(buf_str(&reading->path));
    struct buf start = {0};
    struct failure why;
    int fd;

    if (known && (reading->is_utf8 || !media_is_text(str_of(known))))
        return;
    fd = file_open_beneath(indexer->root, reading_name(reading));
    if (fd < 0)
        return;
    file_read_start(fd, MEDIA_SNIFF, &start);
    if (!(known && is_utf8(buf_str(&start))) && open_sniffer(indexer)) {
        const char *type = media_of_bytes(indexer->sniffer, buf_str(&start), &why);

        if (type)
            add_type(indexer, buf_str(&reading->path), known, str_of(type));
        else if (!fail_in(&why, "%s", reading_name(reading)))
            warn(indexer, &why, "its type is not known");
    }
    buf_free(&start);
    close(fd);
}

static void
add_file(struct indexer *indexer, struct reading *reading)
{
    indexer->is_blind |= reading->is_blind;
    if (reading->kind == READING_PAGE) {
        add_page(indexer, reading);
        sniff(indexer, reading);
        indexer->report->pages++;
        return;
    }
    if (reading->is_post) {
        add_post(indexer, reading);
        indexer->report->posts++;
        return;
    }
    if (reading->kind == READING_POST)
        warn(indexer, &reading->why, "it is served, but is no post");
    else if (reading->kind == READING_COMMENTS)
        add_comments(indexer, reading);
    indexer->report->files++;
    sniff(indexer, reading);
}

static bool
on_read(void *ctx, void *reading, struct failure *why)
{
    (void)why;
    add_file(ctx, reading);
    return true;
}

/* A name with control characters, or of bytes that are no UTF-8, is refused in requests. */
static bool
has_address(struct indexer *indexer, const char *path)
{
    struct failure why;

    if (!str_has_control(str_of(path)) && !u8_check((const uint8_t *)path, strlen(path)))
        return true;
    fail(&why, "%s: its name is no text", path);
    warn(indexer, &why, "readers cannot ask for it");
    return false;
}

/* What may be a post waits until the ranks of all of them are known; what could not be read is
 * none. */
static bool
on_looked(void *ctx, void *done, struct failure *why)
{
    struct indexer *indexer = ctx;
    struct reading *reading = done;
    const struct ledger_row *row;

    if (!has_address(indexer, reading_name(reading)))
        return true;
    if (reading->kind != READING_POST || !reading->is_read)
        return on_read(indexer, reading, why);
    row = ledger_find_path(&indexer->ledger, str_of(reading_name(reading)));
    ranking_add(&indexer->ranking, &(struct ranked){
                                       .path = reading_name(reading),
                                       .size = reading->size,
                                       .seconds = reading->seconds,
                                       .position = row ? row->position : 0,
                                       .lines = row ? row->summary : 0,
                                   });
    return true;
}

/* Who has changed meanwhile may have another rank now. */
static bool
on_post(void *ctx, void *done, struct failure *why)
{
    struct indexer *indexer = ctx;
    const struct reading *reading = done;

    indexer->is_blind |=
        reading->is_post && moment_seconds(reading->post.published) != reading->seconds;
    return on_read(indexer, done, why);
}

static struct reading *
begin(const struct indexer *indexer, struct stage *stage, const struct file_info *file)
{
    struct reading *spare = stage->crew ? crew_spare(stage->crew) : NULL;
    struct reading *reading = spare ? spare : mem_new(sizeof *reading);

    reading_begin(reading, indexer->root, file);
    reading->fallback = indexer->config->blog.language;
    return reading;
}

/* The crew comes when there is enough for it to do. */
static bool
give(struct stage *stage, const struct crew_trade *trade, struct reading *reading)
{
    struct failure none;

    if (stage->given++ < ALONE_MAX) {
        trade->work(reading);
        trade->take(trade->ctx, reading, &none);
        trade->drop(reading);
        return true;
    }
    if (!stage->crew)
        stage->crew = crew_open(trade, false);
    return crew_give(stage->crew, reading, reading->size + READING_WEIGHT, &none);
}

static bool
finish(struct stage *stage, struct failure *why)
{
    bool done = !stage->crew || crew_finish(stage->crew, why);

    crew_close(stage->crew);
    stage->crew = NULL;
    return done;
}

static bool
give_file(struct indexer *indexer, const struct file_info *file)
{
    struct crew_trade trade = {.work = reading_look,
                               .take = on_looked,
                               .clear = reading_clear,
                               .drop = reading_free,
                               .ctx = indexer};

    return give(&indexer->looking, &trade, begin(indexer, &indexer->looking, file));
}

static bool
read_posts(struct indexer *indexer, struct failure *why)
{
    struct crew_trade trade = {.work = reading_do,
                               .take = on_post,
                               .clear = reading_clear,
                               .drop = reading_free,
                               .ctx = indexer};
    const struct ranking *ranking = &indexer->ranking;

    ranking_settle(&indexer->ranking);
    catalog_begin_posts(indexer->catalog);
    for (size_t i = 0; i < ranking->count; i++) {
        const struct ranked *post = &ranking->items[i];
        struct reading *reading =
            begin(indexer, &indexer->reading,
                  &(struct file_info){.path = post->path, .size = post->size});

        reading->seconds = post->seconds;
        reading->lines = post->lines;
        give(&indexer->reading, &trade, reading);
    }
    return finish(&indexer->reading, why);
}

/* An empty path: what the address was is gone. */
static void
add_address(struct indexer *indexer, struct str address, struct str path)
{
    struct buf target = {0};

    if (path.len > 0)
        buf_format(&target, "/%.*s", (int)path.len, path.ptr);
    if (!str_eq(address, buf_str(&target)))
        catalog_add_address(indexer->catalog, address, buf_str(&target));
    buf_free(&target);
}

/* Where the addresses of a row lead, one step at a time: old to path, and path to where that file
 * has gone. */
static void
add_row(struct indexer *indexer, const struct ledger_row *row)
{
    const struct ledger_row *now = ledger_find_id(&indexer->ledger, row->source);
    struct buf address = {0};

    if (str_starts(row->path, STR("."))) /* a draft: never served, and never was */
        return;
    if (row->old.len > 0 && uri_path_decode(uri_split(row->old).path, &address) == URI_PATH_OK)
        add_address(indexer, buf_str(&address), row->path);
    buf_truncate(&address, 0);
    buf_format(&address, "/%.*s", (int)row->path.len, row->path.ptr);
    if (str_eq(row->state, STR("gone")))
        add_address(indexer, buf_str(&address), (struct str){0});
    else if (str_eq(row->state, STR("moved")) && now)
        add_address(indexer, buf_str(&address), now->path);
    buf_free(&address);
}

/* What is there has the first claim to an address, what was removed the last. */
static void
add_ledger(struct indexer *indexer)
{
    static const struct str states[] = {{"live", 4}, {"moved", 5}, {"gone", 4}};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        for (size_t j = 0; j < indexer->ledger.count; j++)
            if (str_eq(indexer->ledger.rows[j].state, states[i]))
                add_row(indexer, &indexer->ledger.rows[j]);
}

static bool
on_file(void *ctx, const struct file_info *file)
{
    struct indexer *indexer = ctx;

    note_seen(&indexer->seen, file->path, file->size, file->mtime_ns);
    return !indexer->catalog || give_file(indexer, file);
}

/* Goes through the capsule; the digest stands for all that shaped what was found. */
static bool
survey(struct indexer *indexer, struct digest *digest, struct failure *why)
{
    const char *language = indexer->config->blog.language;
    bool done;

    note_seen(&indexer->seen, language, strlen(language), 0);
    note_ledger(indexer);
    done = file_walk(indexer->root, on_file, indexer, why) ||
           fail_in(why, "%s", indexer->config->blog.root);
    done = done && finish(&indexer->looking, why);
    *digest = digest_of(buf_str(&indexer->seen));
    buf_free(&indexer->seen);
    return done;
}

static bool
indexer_open(struct indexer *indexer, const struct config *config, struct failure *why)
{
    *indexer = (struct indexer){.config = config};
    indexer->root = file_open_folder(config->blog.root, why);
    return indexer->root >= 0;
}

static void
indexer_close(struct indexer *indexer)
{
    crew_close(indexer->looking.crew);
    crew_close(indexer->reading.crew);
    ranking_free(&indexer->ranking);
    catalog_build_close(indexer->catalog);
    media_sniffer_close(indexer->sniffer);
    ledger_free(&indexer->ledger);
    buf_free(&indexer->seen);
    if (indexer->root >= 0)
        close(indexer->root);
}

/* An empty file that is ours alone as long as the descriptor is open, or FILE_OPEN_FAILED. */
static int
claim(const char *path, struct failure *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, INDEX_MODE);
    struct stat ours, there;

    if (fd < 0) {
        fail_errno(why, "cannot write %s", path);
        return FILE_OPEN_FAILED;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        fail(why, "cannot write %s: another process is making the index", path);
    else if (fstat(fd, &ours) != 0 || stat(path, &there) != 0 || ours.st_ino != there.st_ino)
        fail(why, "cannot write %s: another process has just made the index", path);
    else if (ftruncate(fd, 0) != 0)
        fail_errno(why, "cannot write %s", path);
    else
        return fd;
    close(fd);
    return FILE_OPEN_FAILED;
}

/* The name is safe only when the folder is. */
static bool
sync_folder(const char *path)
{
    struct buf folder = {0};
    const char *slash = strrchr(path, '/');
    int fd;
    bool done;

    buf_put(&folder, slash ? str_head(str_of(path), (size_t)(slash - path) + 1) : STR("."));
    fd = open(buf_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_free(&folder);
    done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

static bool
write_index(struct indexer *indexer, const char *path, struct failure *why)
{
    struct catalog_build *catalog;
    struct digest digest;

    indexer->catalog = catalog_create(path, why);
    if (!indexer->catalog || !survey(indexer, &digest, why) || !read_posts(indexer, why))
        return false;
    add_ledger(indexer);
    catalog = indexer->catalog;
    indexer->catalog = NULL;
    return catalog_finish(catalog, indexer->is_blind ? STR("") : str_of(digest.hex), why);
}

bool
index_build(const struct config *config, struct index_report *report, struct failure *why)
{
    struct indexer indexer;
    struct buf draft = {0};
    int fd = FILE_OPEN_FAILED;
    bool done = false;

    report->posts = report->pages = report->files = 0;
    if (!indexer_open(&indexer, config, why))
        goto out;
    indexer.report = report;
    buf_format(&draft, "%s.tmp", config->blog.index);
    if (!ledger_load(&indexer.ledger, indexer.root, why))
        goto out;
    fd = claim(buf_text(&draft), why);
    if (fd < 0)
        goto out;
    done = write_index(&indexer, buf_text(&draft), why);
    if (done && (fsync(fd) != 0 || rename(buf_text(&draft), config->blog.index) != 0 ||
                 !sync_folder(config->blog.index)))
        done = fail_errno(why, "cannot write %s", config->blog.index);
    if (!done)
        unlink(buf_text(&draft));
out:
    if (fd >= 0)
        close(fd);
    indexer_close(&indexer);
    buf_free(&draft);
    return done;
}

bool
index_is_current(const struct config *config)
{
    struct indexer indexer;
    struct failure why;
    struct digest digest;
    struct catalog *catalog = catalog_open(config->blog.index, &why);
    bool current = catalog && indexer_open(&indexer, config, &why);

    if (current) {
        current = survey(&indexer, &digest, &why) &&
                  str_eq(catalog_fingerprint(catalog), str_of(digest.hex));
        indexer_close(&indexer);
    }
    catalog_close(catalog);
    return current;
}
