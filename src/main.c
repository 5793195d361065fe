/*
 * The table of subcommands: what each understands, and who does it.
 */

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/mem.h"
#include "import/import.h"
#include "serve/certificate.h"
#include "serve/sandbox.h"
#include "serve/supervisor.h"
#include "site/catalog_memory.h"
#include "site/check.h"
#include "site/config.h"
#include "site/books.h"
#include "site/indexer.h"
#include "text/xml_memory.h"

enum {
    HINTS_MAX = 256,          /* --hints FILE, so many times */
    STATUS_WITH_WARNINGS = 1, /* done, but a person should look */
};

struct options {
    const char *config_path;
    bool help; /* is all that is wanted */
    struct import_options import;
    const char *hints[HINTS_MAX];
};

struct subcommand {
    const char *name;
    const char *arguments, *more_arguments; /* as they are shown to a person, on two lines */
    const char *short_options;              /* with the '+' that stops at the first operand, and
                                             * the ':' that leaves it to us to say what is wrong */
    bool long_options;
    bool sources; /* operands are wanted; else none is allowed */
    int (*run)(const struct options *options);
};

enum long_option {
    OPTION_CHECK = 256,
    OPTION_STRICT,
    OPTION_HINTS,
    OPTION_REPORT,
    OPTION_DRAFTS,
    OPTION_PRUNE,
    OPTION_ALLOW_SUMMARY,
    OPTION_HELP,
};

static const struct option import_long_options[] = {
    {"check", no_argument, NULL, OPTION_CHECK},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"hints", required_argument, NULL, OPTION_HINTS},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"drafts", no_argument, NULL, OPTION_DRAFTS},
    {"prune", no_argument, NULL, OPTION_PRUNE},
    {"allow-summary", no_argument, NULL, OPTION_ALLOW_SUMMARY},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option other_long_options[] = {
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int
say_failure(int status, const char *what, const struct failure *why)
{
    fprintf(stderr, "inspir: %s: %s\n", what, why->text);
    return status;
}

static void
print_warning(void *ctx, const char *sentence)
{
    size_t *count = ctx;

    fprintf(stderr, "inspir: %s\n", sentence);
    (*count)++;
}

static int
run_serve(const struct options *options)
{
    return supervise(options->config_path);
}

static int
run_import(const struct options *options)
{
    struct config config;
    struct failure why;
    int status;

    if (!config_load(&config, options->config_path, &why))
        return say_failure(EX_CONFIG, "cannot import", &why);
    status = import_run(&config, &options->import);
    config_free(&config);
    return status;
}

static int
run_index(const struct options *options)
{
    size_t warnings = 0;
    struct index_report report = {.warn = print_warning, .ctx = &warnings};
    struct config config;
    struct failure why;
    bool done;

    if (!config_load(&config, options->config_path, &why))
        return say_failure(EX_CONFIG, "cannot make the index", &why);
    if (!config_finds_root(&config, &why)) {
        config_free(&config);
        return say_failure(EX_CONFIG, "cannot make the index", &why);
    }
    done = index_build(&config, &report, &why) &&
           (books_make(&config, &why) || fail_in(&why, "books"));
    config_free(&config);
    if (!done)
        return say_failure(EX_CANTCREAT, "cannot make the index", &why);
    if (!options->import.quiet)
        printf("%zu posts, %zu pages, %zu other files\n", report.posts, report.pages, report.files);
    return warnings > 0 ? STATUS_WITH_WARNINGS : EXIT_SUCCESS;
}

static int
run_check(const struct options *options)
{
    size_t warnings = 0;
    struct check_report report = {.warn = print_warning, .ctx = &warnings};
    const struct log log = {.fd = STDERR_FILENO};
    struct config config;
    struct failure why;
    struct buf findings = {0};
    struct str rest;
    bool can_serve, done;

    if (!config_load(&config, options->config_path, &why))
        return say_failure(EX_CONFIG, "bad configuration", &why);
    can_serve = sandbox_check(&config, &log, &why) && certificate_check(&config, &findings, &why) &&
                check_places(&config, &report, &why);
    done = can_serve && check_capsule(&config, &report, &why);
    for (rest = buf_str(&findings); rest.len > 0;) {
        struct str line = str_line(&rest);

        fprintf(stderr, "inspir: %.*s\n", (int)line.len, line.ptr);
        warnings++;
    }
    buf_free(&findings);
    config_free(&config);
    if (!can_serve)
        return say_failure(EX_CONFIG, "cannot serve", &why);
    if (!done)
        return say_failure(EX_CANTCREAT, "cannot check the capsule", &why);
    printf("%zu posts, %zu pages, %zu links: %zu findings\n", report.posts, report.pages,
           report.links, warnings);
    return warnings > 0 ? STATUS_WITH_WARNINGS : EXIT_SUCCESS;
}

static int
run_version(const struct options *options)
{
    (void)options;
    printf("inspir %s\n", INSPIR_VERSION);
    return EXIT_SUCCESS;
}

static int run_help(const struct options *options);

static const struct subcommand subcommands[] = {
    {"serve", " [-c FILE]", "", "+:c:h", false, false, run_serve},
    {"import", " [-c FILE] [-q] [--check] [--strict] [--hints FILE]... [--report FILE]",
     " [--drafts] [--prune] [--allow-summary] SOURCE...", ":c:qh", true, true, run_import},
    {"index", " [-c FILE] [-q]", "", "+:c:qh", false, false, run_index},
    {"check", " [-c FILE]", "", "+:c:h", false, false, run_check},
    {"version", "", "", "+:h", false, false, run_version},
    {"help", "", "", "+:h", false, false, run_help},
};

static const size_t subcommand_count = sizeof subcommands / sizeof *subcommands;

static int
run_help(const struct options *options)
{
    (void)options;
    for (size_t i = 0; i < subcommand_count; i++) {
        const struct subcommand *one = &subcommands[i];

        printf("%s inspir %-*s%s\n", i == 0 ? "usage:" : "      ",
               one->arguments[0] == '\0' ? 0 : (int)strlen("version"), one->name, one->arguments);
        if (one->more_arguments[0] != '\0')
            printf("%*s%s\n", (int)strlen("usage: inspir import "), "", one->more_arguments);
    }
    return EXIT_SUCCESS;
}

/* "usage: inspir index [-c FILE] [-q]" */
static void
print_usage(FILE *file, const struct subcommand *subcommand)
{
    fprintf(file, "usage: inspir %s%s%s\n", subcommand->name, subcommand->arguments,
            subcommand->more_arguments);
}

static int
refuse(const struct subcommand *subcommand, const struct failure *why)
{
    fprintf(stderr, "inspir: %s: %s: ", subcommand->name, why->text);
    print_usage(stderr, subcommand);
    return EX_USAGE;
}

/* Says what getopt did not like: a letter is in optopt, a word is the last one that it read. */
static bool
fail_option(int option, const char *word, struct failure *why)
{
    if (optopt == 0)
        return fail(why, "unknown option %s", word);
    if (optopt >= OPTION_CHECK)
        return fail(why, option == ':' ? "%s needs a value" : "%s: this option has no value", word);
    return fail(why, option == ':' ? "-%c needs a value" : "unknown option -%c", optopt);
}

/* An option that getopt knows, in a subcommand that has it. */
static bool
take_option(struct options *options, int option, struct failure *why)
{
    bool *const flags[] = {
        [OPTION_CHECK - OPTION_CHECK] = &options->import.check,
        [OPTION_STRICT - OPTION_CHECK] = &options->import.strict,
        [OPTION_DRAFTS - OPTION_CHECK] = &options->import.drafts,
        [OPTION_PRUNE - OPTION_CHECK] = &options->import.prune,
        [OPTION_ALLOW_SUMMARY - OPTION_CHECK] = &options->import.allow_summary,
        [OPTION_HELP - OPTION_CHECK] = &options->help,
    };

    if (option == 'c')
        options->config_path = optarg;
    else if (option == 'q')
        options->import.quiet = true;
    else if (option == 'h')
        options->help = true;
    else if (option == OPTION_REPORT)
        options->import.report = optarg;
    else if (option == OPTION_HINTS && options->import.hint_count == HINTS_MAX)
        return fail(why, "--hints more than %d times", HINTS_MAX);
    else if (option == OPTION_HINTS)
        options->hints[options->import.hint_count++] = optarg;
    else
        *flags[option - OPTION_CHECK] = true;
    return true;
}

static bool
read_options(const struct subcommand *subcommand, int argc, char **argv, struct options *options,
             struct failure *why)
{
    const struct option *long_options =
        subcommand->long_options ? import_long_options : other_long_options;
    int option;

    while ((option = getopt_long(argc, argv, subcommand->short_options, long_options, NULL)) != -1)
        if (option == '?' || option == ':' ? !fail_option(option, argv[optind - 1], why)
                                           : !take_option(options, option, why))
            return false;
    if (options->help)
        return true;
    if (subcommand->sources && optind >= argc)
        return fail(why, "no source is named");
    return subcommand->sources || optind == argc || fail(why, "unknown word %s", argv[optind]);
}

/* What a person asked for and could not be told is not done. */
static int
finish_output(int status)
{
    bool is_done = status == EXIT_SUCCESS || status == STATUS_WITH_WARNINGS;

    if ((fflush(stdout) == 0 && !ferror(stdout)) || !is_done)
        return status;
    fputs("inspir: cannot write: standard output takes no more\n", stderr);
    return EX_CANTCREAT;
}

static int
run(const struct subcommand *subcommand, int argc, char **argv)
{
    struct options options = {.config_path = config_default_path()};
    struct failure why;
    int status;

    if (!read_options(subcommand, argc, argv, &options, &why))
        return refuse(subcommand, &why);
    if (options.help) {
        print_usage(stdout, subcommand);
        return finish_output(EXIT_SUCCESS);
    }
    options.import.hints = options.hints;
    options.import.sources = (const char *const *)argv + optind;
    options.import.source_count = (size_t)(argc - optind);
    status = subcommand->run(&options);
    return subcommand->run == run_serve ? status : finish_output(status);
}

/* What is no subcommand, or what asks for one in the way of other programs. */
static int
run_other(const char *word)
{
    if (word && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0))
        return finish_output(run_help(NULL));
    if (word && strcmp(word, "--version") == 0)
        return finish_output(run_version(NULL));
    if (word)
        fprintf(stderr, "inspir: unknown subcommand %s: usage: inspir ", word);
    else
        fputs("inspir: no subcommand is named: usage: inspir ", stderr);
    for (size_t i = 0; i < subcommand_count; i++)
        fprintf(stderr, "%s%s", i == 0 ? "" : "|", subcommands[i].name);
    fputs(" ...\n", stderr);
    return EX_USAGE;
}

/* A socket or a file that got one of these numbers would receive what is meant for a person. */
static void
open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

int
main(int argc, char **argv)
{
    open_standard_streams();
    mem_rule_openssl();
    catalog_rule_memory();
    xml_rule_memory();
    for (size_t i = 0; argc > 1 && i < subcommand_count; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return run(&subcommands[i], argc - 1, argv + 1);
    return run_other(argc > 1 ? argv[1] : NULL);
}
