/*
 * What it costs that the private key is in a process of its own: full handshakes of TLS 1.3, client
 * and server at the two ends of a socketpair in this process, with the key here and with the key in
 * a keyring. Both in turn in small batches, so that whatever else the machine does meets both. Of
 * all batches the median counts, and beside it the best, which other processes disturb least; and
 * the time that the processors worked for it, here and in the keyring.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "serve/certificate.h"
#include "serve/keyring.h"
#include "serve/tls.h"

enum {
    BATCHES = 61,
    HANDSHAKES = 50, /* of a batch */
    MODES = 2,
};

struct place {
    char folder[32], cert[64], key[64];
    struct config config;
    struct buf chains;
    struct ticket_ring ring;
};

static void
give_up(const char *what)
{
    fprintf(stderr, "handshake: %s\n", what);
    exit(1);
}

static void
need(bool good, const struct failure *why)
{
    if (!good)
        give_up(why->text);
}

static double
now_us(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void
make_place(struct place *place, EVP_PKEY *key)
{
    static char host[] = "localhost";
    struct failure why = {""};
    FILE *file;

    strcpy(place->folder, "/tmp/inspir-XXXXXX");
    if (!mkdtemp(place->folder))
        give_up("no folder");
    snprintf(place->cert, sizeof place->cert, "%s/cert.pem", place->folder);
    snprintf(place->key, sizeof place->key, "%s/key.pem", place->folder);
    file = fopen(place->key, "w");
    if (!file || PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1)
        give_up("no key");
    fclose(file);
    place->config.tls.cert = place->cert;
    place->config.tls.key = place->key;
    place->config.gemini.hosts.items[0] = host;
    place->config.gemini.hosts.count = 1;
    need(certificate_make(&place->config, &why) &&
             certificate_read(&place->config, &place->chains, &why) &&
             ticket_ring_init(&place->ring, ticket_clock(), &why),
         &why);
}

static void
remove_place(struct place *place)
{
    unlink(place->cert);
    unlink(place->key);
    rmdir(place->folder);
    buf_free(&place->chains);
}

static struct tls_context *
new_context(struct place *place, struct keyline *line)
{
    struct failure why = {""};
    const struct tls_setup setup = {
        .config = &place->config,
        .chains = buf_str(&place->chains),
        .ring = &place->ring,
        .line = line,
    };
    struct tls_context *context = tls_context_new(&setup, &why);

    need(context != NULL, &why);
    return context;
}

/* The child ends when the lines of its parent do. */
static pid_t
start_keyring(const struct place *place, struct keyline *line)
{
    struct failure why = {""};
    int control, theirs, end, ours;
    pid_t pid;

    if (!keyline_open(&theirs, &control) || !keyline_open(&end, &ours))
        give_up("no sockets");
    pid = fork();
    if (pid == 0) {
        struct keyring *keyring = keyring_open(&place->config, buf_str(&place->chains), &why);

        need(keyring != NULL, &why);
        close(control);
        close(end);
        close(ours);
        keyring_serve(keyring, theirs);
        _exit(0);
    }
    close(theirs);
    if (pid < 0 || !keyline_hand(control, end))
        give_up("no keyring");
    close(end);
    close(control);
    *line = keyline_of(ours);
    return pid;
}

static void
handshake(SSL_CTX *ctx, struct tls_context *context)
{
    int fds[2], done = 0;
    enum tls_result result = TLS_WANT_READ;
    struct tls *tls;
    SSL *client = SSL_new(ctx);

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
        give_up("no sockets");
    tls = tls_new(context, fds[0]);
    SSL_set_fd(client, fds[1]);
    SSL_set_connect_state(client);
    while (done != 1 || result != TLS_DONE) {
        if (done != 1)
            done = SSL_do_handshake(client);
        if (result != TLS_DONE)
            result = tls_handshake(tls);
        if (result == TLS_BROKEN)
            give_up("a handshake failed");
    }
    tls_free(tls);
    SSL_free(client);
    close(fds[0]);
    close(fds[1]);
}

/* Microseconds of one handshake. */
struct cost {
    double wall, processor;
};

static struct cost
batch(SSL_CTX *ctx, struct tls_context *context, clockid_t keyring)
{
    const double wall = now_us(CLOCK_MONOTONIC);
    const double processor = now_us(CLOCK_PROCESS_CPUTIME_ID) + now_us(keyring);
    struct cost cost;

    for (int i = 0; i < HANDSHAKES; i++)
        handshake(ctx, context);
    cost.wall = (now_us(CLOCK_MONOTONIC) - wall) / HANDSHAKES;
    cost.processor = (now_us(CLOCK_PROCESS_CPUTIME_ID) + now_us(keyring) - processor) / HANDSHAKES;
    return cost;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
say(const char *name, const char *which, double here, double isolated)
{
    printf(
        "%-8s %-9s  key in the worker %6.1f us, in the keyring %6.1f us: %+6.1f us, ratio %.3f\n",
        name, which, here, isolated, isolated - here, isolated / here);
}

static void
compare(const char *name, EVP_PKEY *key)
{
    static double us[MODES][BATCHES], processor_us[MODES][BATCHES];
    struct place place = {0};
    struct keyline line;
    struct tls_context *contexts[MODES];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    clockid_t clock;
    pid_t keyring;

    make_place(&place, key);
    keyring = start_keyring(&place, &line);
    if (clock_getcpuclockid(keyring, &clock) != 0)
        give_up("no clock of the keyring");
    contexts[0] = new_context(&place, NULL);
    contexts[1] = new_context(&place, &line);
    for (int mode = 0; mode < MODES; mode++)
        batch(ctx, contexts[mode], clock); /* to warm up */
    for (int i = 0; i < BATCHES; i++)
        for (int mode = 0; mode < MODES; mode++) {
            struct cost cost = batch(ctx, contexts[mode], clock);

            us[mode][i] = cost.wall;
            processor_us[mode][i] = cost.processor;
        }
    for (int mode = 0; mode < MODES; mode++) {
        qsort(us[mode], BATCHES, sizeof us[mode][0], by_size);
        qsort(processor_us[mode], BATCHES, sizeof processor_us[mode][0], by_size);
        tls_context_free(contexts[mode]);
    }
    say(name, "median", us[0][BATCHES / 2], us[1][BATCHES / 2]);
    say(name, "best", us[0][0], us[1][0]);
    say(name, "processor", processor_us[0][BATCHES / 2], processor_us[1][BATCHES / 2]);
    close(line.fd);
    waitpid(keyring, NULL, 0);
    SSL_CTX_free(ctx);
    remove_place(&place);
    EVP_PKEY_free(key);
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN);
    printf("full handshakes of TLS 1.3, client and server together, %d batches of %d:\n", BATCHES,
           HANDSHAKES);
    compare("P-256", EVP_EC_gen("P-256"));
    compare("Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    compare("RSA-2048", EVP_RSA_gen(2048));
    return 0;
}
