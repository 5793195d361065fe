#include "import/shrink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64, NUMBER_MAX = 32 /* bytes of a number and what is around it */ };

/* What GraphicsMagick calls the format. It is told, so that no content can choose another. */
static const struct {
    const char *ending, *source;
} formats[] = {
    {".jpg", "jpeg:-[0]"}, {".jpeg", "jpeg:-[0]"}, {".png", "png:-[0]"},
    {".gif", "gif:-[0]"},  {".webp", "webp:-[0]"}, {".bmp", "bmp:-[0]"},
};

/* The arguments of one run, ended with NULL. */
struct command {
    const char *arguments[ARGUMENTS_MAX];
    size_t count;
    char pixels[NUMBER_MAX], side[NUMBER_MAX], quality[NUMBER_MAX], hint[NUMBER_MAX];
    char sizes[VARIANTS][NUMBER_MAX], outputs[VARIANTS][NUMBER_MAX];
};

bool
shrink_find(struct buf *program)
{
    struct str rest = str_of(getenv("PATH"));

    while (rest.len > 0) {
        struct str folder = str_cut(&rest, ':');

        buf_truncate(program, 0);
        buf_put(program, folder);
        buf_put(program, STR("/gm"));
        if (str_starts(folder, STR("/")) && access(program->ptr, X_OK) == 0)
            return true;
    }
    buf_truncate(program, 0);
    return false;
}

/* NULL when there is none. */
static const char *
source_of(struct str path)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct str ending = str_of(formats[i].ending);

        if (path.len > ending.len && str_eq_nocase(str_after(path, path.len - ending.len), ending))
            return formats[i].source;
    }
    return NULL;
}

bool
shrink_knows(struct str path)
{
    return source_of(path) != NULL;
}

static void
add(struct command *command, const char *argument)
{
    command->arguments[command->count++] = argument;
}

static void
add_option(struct command *command, const char *name, const char *value)
{
    add(command, name);
    add(command, value);
}

static void
add_limit(struct command *command, const char *name, const char *value)
{
    add(command, "-limit");
    add_option(command, name, value);
}

/* Makes the picture small before anything else, since the rest needs memory for each pixel. */
static void
compose(struct command *command, const char *source, const int outputs[VARIANTS])
{
    unsigned largest = variant_pixels[VARIANTS - 1];

    *command = (struct command){.count = 0};
    snprintf(command->pixels, NUMBER_MAX, "%d", SHRINK_PIXELS_MAX);
    snprintf(command->side, NUMBER_MAX, "%d", SHRINK_SIDE_MAX);
    snprintf(command->quality, NUMBER_MAX, "%d", SHRINK_QUALITY);
    snprintf(command->hint, NUMBER_MAX, "%ux%u", largest, largest);
    add_option(command, "gm", "convert");
    add_limit(command, "Pixels", command->pixels);
    add_limit(command, "Width", command->side);
    add_limit(command, "Height", command->side);
    add_limit(command, "Threads", "1");
    add_limit(command, "Disk", "0");
    add_limit(command, "Map", "0");
    add_option(command, "-size", command->hint);
    add(command, source);
    for (size_t i = VARIANTS; i-- > 0;) {
        snprintf(command->sizes[i], NUMBER_MAX, "%ux%u>", variant_pixels[i], variant_pixels[i]);
        snprintf(command->outputs[i], NUMBER_MAX, "jpeg:/dev/fd/%d", outputs[i]);
        add_option(command, "-resize", command->sizes[i]);
        if (i == VARIANTS - 1) {
            add(command, "-auto-orient");
            add_option(command, "-background", "white");
            add(command, "-flatten");
            add_option(command, "-colorspace", "RGB");
            add(command, "-strip");
            add_option(command, "-quality", command->quality);
        }
        if (i > 0)
            add(command, "-write");
        add(command, command->outputs[i]);
    }
}

static void
limit(int resource, rlim_t most)
{
    setrlimit(resource, &(struct rlimit){most, most});
}

/* In the child: nothing but what may be called between fork and exec. */
static void
become(const char *program, const struct command *command, int picture, int nowhere)
{
    static char *const environment[] = {"HOME=/", "LC_ALL=C", "OMP_NUM_THREADS=1", NULL};

    limit(RLIMIT_AS, SHRINK_MEMORY_MAX);
    limit(RLIMIT_CPU, SHRINK_SECONDS_MAX);
    limit(RLIMIT_FSIZE, SHRINK_OUTPUT_MAX);
    limit(RLIMIT_CORE, 0);
    if (dup2(picture, STDIN_FILENO) >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 &&
        dup2(nowhere, STDERR_FILENO) >= 0)
        execve(program, (char *const *)command->arguments, environment);
    _exit(EXIT_FAILURE);
}

static bool
run(const char *program, const struct command *command, int picture, struct failure *why)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC), status = 0;
    pid_t child = nowhere < 0 ? -1 : fork();

    if (child == 0)
        become(program, command, picture, nowhere);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (nowhere >= 0)
        close(nowhere);
    if (child < 0)
        return fail_errno(why, "cannot start %s", program);
    return status == 0 || fail(why, "GraphicsMagick cannot read it");
}

static bool
take_output(int fd, struct buf *variant, struct failure *why)
{
    struct stat info;
    ssize_t got = -1;

    if (fstat(fd, &info) == 0 && info.st_size <= SHRINK_OUTPUT_MAX)
        got = pread(fd, buf_room(variant, (size_t)info.st_size), (size_t)info.st_size, 0);
    if (got > 0)
        variant->len += (size_t)got;
    return (got > 0 && str_starts(buf_str(variant), STR("\xff\xd8"))) ||
           fail(why, "GraphicsMagick makes no JPEG of it");
}

bool
shrink(const char *program, struct str path, int fd, struct buf variants[VARIANTS],
       struct failure *why)
{
    struct command command;
    int outputs[VARIANTS];
    bool done = true;

    for (size_t i = 0; i < VARIANTS; i++) { /* these stay open in the child */
        outputs[i] = memfd_create("variant", 0);
        if (outputs[i] < 0)
            done = fail_errno(why, "cannot make a temporary file");
    }
    compose(&command, source_of(path), outputs);
    done = done && run(program, &command, fd, why);
    for (size_t i = 0; i < VARIANTS; i++) {
        done = done && take_output(outputs[i], &variants[i], why);
        if (outputs[i] >= 0)
            close(outputs[i]);
    }
    return done;
}
