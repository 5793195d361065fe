#ifndef SERVE_KEYRING_H
#define SERVE_KEYRING_H

/*
 * The process that holds the private keys. It knows one message, of one size, and signs nothing but
 * the two texts that a TLS server signs in a handshake. Whoever owns a worker can have handshakes
 * signed for as long as he has it: he cannot take a key away, sign anything else, or prepare
 * signatures for later, since each holds what the client has just drawn.
 *
 * It gets the lines of the workers by a control line from the supervisor. When that one is closed
 * it serves the lines that are left to their ends.
 */

#include "base/fail.h"
#include "base/log.h"
#include "base/str.h"
#include "serve/keyline.h"
#include "site/config.h"

enum {
    KEYRING_LINES_MAX = WORKERS_MAX,
    KEYRING_LAST_S = 60, /* that it goes on once the control line is closed */
};

/* What tells a person, and tests, which process it is. */
#define KEYRING_NAME "inspir-keyring"

/* What the supervisor hands over. */
struct keyring_setup {
    const struct config *config;
    struct str chains; /* as certificate_read() gave them */
    const struct log *log;
    int ready_fd; /* a byte is written here once the keys are there */
    int control;
};

/* Serves until the last line is closed. The exit status. */
int keyring_run(const struct keyring_setup *setup);

struct keyring; /* the keys */

/* Reads them and compares them with the certificates. End with keyring_close. */
struct keyring *keyring_open(const struct config *config, struct str chains, struct failure *why);
void keyring_close(struct keyring *keyring);

/* Signs, or refuses. Any bytes are a request. */
void keyring_answer(const struct keyring *keyring, const struct keyline_request *request,
                    struct keyline_reply *reply);

/* Answers on the lines that come in by the control line, until all of them are closed. */
void keyring_serve(const struct keyring *keyring, int control);

#endif
