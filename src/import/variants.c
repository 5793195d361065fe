#include "import/variants.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "import/shrink.h"

static const char folder[] = "media";

struct making {
    struct plan *plan;
    struct variants_report *report;
    struct failure *why;
    struct buf program;
    bool failed;
};

/* One picture and its variants. */
struct subject {
    struct making *making;
    struct buf path, size; /* of the picture; its bytes in decimal */
    uint64_t bytes;
    struct buf ids[VARIANTS], paths[VARIANTS], variants[VARIANTS];
    bool wanted[VARIANTS];
};

static void
subject_free(struct subject *subject)
{
    buf_free(&subject->path);
    buf_free(&subject->size);
    for (size_t i = 0; i < VARIANTS; i++) {
        buf_free(&subject->ids[i]);
        buf_free(&subject->paths[i]);
        buf_free(&subject->variants[i]);
    }
}

/* Whether it is to be made: nobody has yet, or it is ours and of another picture. */
static bool
is_wanted(const struct subject *subject, size_t i)
{
    const struct plan *plan = subject->making->plan;
    const struct ledger_row *row = ledger_find_id(&plan->ledger, buf_str(&subject->ids[i]));
    struct buf bytes = {0};
    struct failure unread;
    bool is_there, is_ours;

    if (row && str_eq(row->source, buf_str(&subject->size)))
        return false;
    is_there = file_read_beneath(plan->root, buf_text(&subject->paths[i]), SHRINK_OUTPUT_MAX,
                                 &bytes, &unread) ||
               faccessat(plan->root, buf_text(&subject->paths[i]), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    is_ours = row && str_eq(row->digest, str_of(digest_of(buf_str(&bytes)).hex));
    buf_free(&bytes);
    return !is_there || is_ours;
}

static void
note(const struct subject *subject, size_t i, bool is_made)
{
    struct digest digest = digest_of(buf_str(&subject->variants[i]));

    plan_note(subject->making->plan,
              &(struct ledger_row){
                  .id = buf_str(&subject->ids[i]),
                  .path = buf_str(is_made ? &subject->paths[i] : &subject->path),
                  .digest = is_made ? str_of(digest.hex) : STR(""),
                  .source = buf_str(&subject->size),
              });
}

/* Each must cost less than the picture, and a larger one more than the one before it: a picture of
 * few pixels needs but one. */
static bool
write_variants(struct subject *subject)
{
    struct making *making = subject->making;
    size_t least = 0;

    for (size_t i = 0; i < VARIANTS; i++) {
        size_t len = subject->variants[i].len;
        bool is_better = len > least && len < subject->bytes;

        if (!subject->wanted[i])
            continue;
        if (is_better && !file_write_beneath(making->plan->root, buf_text(&subject->paths[i]),
                                             buf_str(&subject->variants[i]), making->why))
            return false;
        note(subject, i, is_better);
        making->report->made += is_better;
        least = len;
    }
    return true;
}

/* What cannot be read now is not tried again until it is another file. */
static bool
make(struct subject *subject)
{
    struct making *making = subject->making;
    struct failure unread;
    int fd = file_open_beneath(making->plan->root, buf_text(&subject->path));

    making->report->pictures++;
    if (fd < 0 || !shrink(buf_text(&making->program), buf_str(&subject->path), fd,
                          subject->variants, &unread)) {
        making->report->failed++;
        for (size_t i = 0; i < VARIANTS; i++)
            buf_truncate(&subject->variants[i], 0);
    }
    if (fd >= 0)
        close(fd);
    return write_variants(subject);
}

static bool
look_at(struct subject *subject, const struct file_info *info)
{
    struct making *making = subject->making;
    bool wanted = false;

    subject->bytes = info->size;
    buf_format(&subject->path, "%s/%s", folder, info->path);
    buf_format(&subject->size, "%llu", (unsigned long long)info->size);
    for (size_t i = 0; i < VARIANTS; i++) {
        variant_put_path(&subject->paths[i], buf_str(&subject->path), variant_pixels[i]);
        buf_format(&subject->ids[i], "variant:%s", buf_text(&subject->paths[i]));
        subject->wanted[i] = is_wanted(subject, i);
        wanted = wanted || subject->wanted[i];
    }
    if (wanted && making->program.len == 0 && !shrink_find(&making->program))
        making->report->lacks_program = true;
    return !wanted || making->report->lacks_program || make(subject);
}

static bool
on_file(void *ctx, const struct file_info *info)
{
    struct making *making = ctx;
    struct subject subject = {.making = making};

    if (!shrink_knows(str_of(info->path)) || variant_is_path(str_of(info->path)) ||
        info->size > SHRINK_PICTURE_MAX)
        return true;
    making->failed = !look_at(&subject, info);
    subject_free(&subject);
    return !making->failed && !making->report->lacks_program;
}

bool
variants_make(struct plan *plan, struct variants_report *report, struct failure *why)
{
    struct making making = {.plan = plan, .report = report, .why = why};
    int fd = openat(plan->root, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool done;

    *report = (struct variants_report){0};
    if (fd < 0) /* no pictures */
        return true;
    done = file_walk(fd, on_file, &making, why) && !making.failed;
    close(fd);
    buf_free(&making.program);
    return done;
}
