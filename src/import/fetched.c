#include "import/fetched.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static const char heading[] = "address\tetag\tlast-modified";

/* Of the row that says what the import was like. */
static const struct str settings_address = {"settings", 8};

/* A control byte would break the line or the header that the value is sent in. */
static bool
is_row(const struct fetched_row *row)
{
    return row->address.len > 0 && row->etag.len + row->modified.len > 0 &&
           !str_has_control(row->address) && !str_has_control(row->etag) &&
           !str_has_control(row->modified);
}

/* The number of the row, or their count. */
static size_t
place_of(const struct fetched *fetched, struct str address)
{
    size_t i = 0;

    while (i < fetched->count && !str_eq(buf_str(&fetched->rows[i].address), address))
        i++;
    return i;
}

static void
drop(struct fetched *fetched, size_t place)
{
    buf_free(&fetched->rows[place].address);
    buf_free(&fetched->rows[place].etag);
    buf_free(&fetched->rows[place].modified);
    fetched->count--;
    memmove(&fetched->rows[place], &fetched->rows[place + 1],
            (fetched->count - place) * sizeof *fetched->rows);
}

static void
add(struct fetched *fetched, const struct fetched_row *row)
{
    size_t place;

    if (fetched->count == FETCHED_ROWS_MAX)
        drop(fetched, 0);
    place = fetched->count++;
    memset(&fetched->rows[place], 0, sizeof *fetched->rows);
    buf_put(&fetched->rows[place].address, row->address);
    buf_put(&fetched->rows[place].etag, row->etag);
    buf_put(&fetched->rows[place].modified, row->modified);
}

static void
parse(struct fetched *fetched, struct str text)
{
    if (!str_eq(str_line(&text), str_of(heading)))
        return;
    while (text.len > 0) {
        struct str line = str_line(&text);
        struct fetched_row row = {.address = str_cut(&line, '\t'), .etag = str_cut(&line, '\t')};

        row.modified = line;
        if (is_row(&row) && place_of(fetched, row.address) == fetched->count)
            add(fetched, &row);
    }
}

bool
fetched_load(struct fetched *fetched, int root, struct failure *why)
{
    struct buf text = {0};
    int fd = file_open_beneath(root, FETCHED_NAME);
    bool done;

    *fetched = (struct fetched){0};
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd >= 0)
        close(fd);
    done = file_read_beneath(root, FETCHED_NAME, FETCHED_FILE_MAX, &text, why);
    if (done)
        parse(fetched, buf_str(&text));
    buf_free(&text);
    return done;
}

bool
fetched_find(const struct fetched *fetched, struct str address, struct fetched_row *row)
{
    size_t place = place_of(fetched, address);

    if (place == fetched->count)
        return false;
    *row = (struct fetched_row){
        .address = buf_str(&fetched->rows[place].address),
        .etag = buf_str(&fetched->rows[place].etag),
        .modified = buf_str(&fetched->rows[place].modified),
    };
    return true;
}

void
fetched_put(struct fetched *fetched, const struct fetched_row *row)
{
    struct fetched_row old;
    bool is_known = fetched_find(fetched, row->address, &old), is_good = is_row(row);

    if (is_known == is_good &&
        (!is_known || (str_eq(old.etag, row->etag) && str_eq(old.modified, row->modified))))
        return;
    if (is_known)
        drop(fetched, place_of(fetched, row->address));
    if (is_good)
        add(fetched, row);
    fetched->is_changed = true;
}

void
fetched_demand(struct fetched *fetched, struct str settings)
{
    struct fetched_row row;

    if (!fetched_find(fetched, settings_address, &row) || !str_eq(row.etag, settings))
        fetched_free(fetched);
}

void
fetched_mark(struct fetched *fetched, struct str settings)
{
    if (fetched->count > 0)
        fetched_put(fetched, &(struct fetched_row){.address = settings_address, .etag = settings});
}

bool
fetched_save(struct fetched *fetched, int root, struct failure *why)
{
    struct buf text = {0};
    bool done;

    if (!fetched->is_changed)
        return true;
    buf_format(&text, "%s\n", heading);
    for (size_t i = 0; i < fetched->count; i++)
        buf_format(&text, "%s\t%s\t%s\n", buf_text(&fetched->rows[i].address),
                   buf_text(&fetched->rows[i].etag), buf_text(&fetched->rows[i].modified));
    done = file_write_beneath(root, FETCHED_NAME, buf_str(&text), why);
    fetched->is_changed = !done;
    buf_free(&text);
    return done;
}

void
fetched_free(struct fetched *fetched)
{
    while (fetched->count > 0)
        drop(fetched, fetched->count - 1);
    fetched->is_changed = false;
}
