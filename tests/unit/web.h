#ifndef UNIT_WEB_H
#define UNIT_WEB_H

/*
 * The web server of tests/integration/webserver.py as the fixture of a test: it is told what to
 * answer and says what it was asked. The fetcher may ask it, and never sleeps between tries.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "import/fetch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct web {
    pid_t pid;
    FILE *orders, *replies;
    char *line; /* the last reply */
    size_t cap;
    char origin[64];        /* http://127.0.0.1:PORT */
    struct name_list hosts; /* that the fetcher may ask though they are private */
    struct fetcher *fetcher;
    struct buf waits; /* between tries, in milliseconds */
};

struct web_answer {
    const char *path;
    int status;          /* 0: 200 */
    const char *headers; /* lines; NULL: none */
    const char *flags;   /* as webserver.py knows them; NULL: none */
    const char *body;    /* NULL: none */
    size_t len;          /* of a body that holds NUL; 0: it ends with one */
};

static inline const char *
web_reply(struct web *web)
{
    if (getline(&web->line, &web->cap, web->replies) <= 0)
        return "";
    web->line[strcspn(web->line, "\n")] = '\0';
    return web->line;
}

static inline void
web_put(struct web *web, const char *text, size_t len)
{
    putc('\t', web->orders);
    for (size_t i = 0; i < len; i++)
        fprintf(web->orders, "%%%02x", (unsigned char)text[i]);
}

static inline void
web_put_text(struct web *web, const char *text)
{
    web_put(web, text ? text : "", text ? strlen(text) : 0);
}

static inline void
web_add(struct web *web, struct web_answer answer)
{
    char status[16];

    snprintf(status, sizeof status, "%d", answer.status ? answer.status : 200);
    fputs("add", web->orders);
    web_put_text(web, answer.path);
    web_put_text(web, status);
    web_put_text(web, answer.headers);
    web_put_text(web, answer.flags);
    if (answer.len > 0)
        web_put(web, answer.body, answer.len);
    else
        web_put_text(web, answer.body);
    putc('\n', web->orders);
    fflush(web->orders);
    assert_string_equal(web_reply(web), "done");
}

/* Forgets what a path answers. */
static inline void
web_unsay(struct web *web, const char *path)
{
    fputs("forget", web->orders);
    web_put_text(web, path);
    putc('\n', web->orders);
    fflush(web->orders);
    assert_string_equal(web_reply(web), "done");
}

/* What the server was asked since the last time, percent-encoded, with a tab between requests. */
static inline const char *
web_requests(struct web *web)
{
    fputs("requests\n", web->orders);
    fflush(web->orders);
    return web_reply(web);
}

/* Before each test: nothing was asked, nobody waited. */
static inline int
web_forget(void **state)
{
    struct web *web = *state;

    web_requests(web);
    buf_truncate(&web->waits, 0);
    return 0;
}

#define web_test(test) cmocka_unit_test_setup(test, web_forget)

/* The address of a path, valid as long as the buffer. */
static inline const char *
web_address(const struct web *web, struct buf *address, const char *path)
{
    buf_truncate(address, 0);
    buf_format(address, "%s%s", web->origin, path);
    return buf_text(address);
}

static inline void
web_note_wait(void *ctx, long wait_ms)
{
    struct web *web = ctx;

    buf_format(&web->waits, "%ld ", wait_ms);
}

static inline void
web_run(const int orders[2], const int replies[2])
{
    dup2(orders[0], STDIN_FILENO);
    dup2(replies[1], STDOUT_FILENO);
    close(orders[1]);
    close(replies[0]);
    execlp("python3", "python3", "tests/integration/webserver.py", (char *)NULL);
    _exit(127);
}

static inline int
web_start(void **state)
{
    struct web *web = mem_new(sizeof *web);
    struct str ready;
    unsigned long port = 0;
    int orders[2], replies[2];
    struct failure why;

    *state = web;
    if (pipe(orders) != 0 || pipe(replies) != 0 || (web->pid = fork()) < 0)
        return -1;
    if (web->pid == 0)
        web_run(orders, replies);
    close(orders[0]);
    close(replies[1]);
    web->orders = fdopen(orders[1], "w");
    web->replies = fdopen(replies[0], "r");
    ready = str_of(web_reply(web));
    if (!str_skip(&ready, STR("ready ")) || !str_number(ready, UINT16_MAX, &port))
        return -1;
    snprintf(web->origin, sizeof web->origin, "http://127.0.0.1:%lu", port);
    names_add_hosts(&web->hosts, STR("127.0.0.1"), &why);
    web->fetcher = fetcher_open(&web->hosts, &why);
    fetcher_on_wait(web->fetcher, web_note_wait, web);
    return 0;
}

static inline int
web_stop(void **state)
{
    struct web *web = *state;
    int status;

    fclose(web->orders);
    fclose(web->replies);
    waitpid(web->pid, &status, 0);
    fetcher_close(web->fetcher);
    names_free(&web->hosts);
    buf_free(&web->waits);
    free(web->line);
    free(web);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

#endif
