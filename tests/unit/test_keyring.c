#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "tls_pair.h"

#include "serve/keyring.h"

enum { HASH_SHORT = 32, HASH_LONG = 48 };

/* A key and its certificate in the folder of tls_pair.h, in place of those made for all tests. */
struct kind {
    const char *name, *group; /* group: of an elliptic curve */
    unsigned bits;            /* of RSA */
};

static const struct kind kinds[] = {
    {"EC", "P-256", 0},  {"EC", "P-384", 0},   {"EC", "P-521", 0},
    {"RSA", NULL, 2048}, {"ED25519", NULL, 0},
};

static EVP_PKEY *
generate(const struct kind *kind)
{
    if (kind->group)
        return EVP_EC_gen(kind->group);
    return kind->bits ? EVP_RSA_gen(kind->bits) : EVP_PKEY_Q_keygen(NULL, NULL, kind->name);
}

static EVP_PKEY *
use_key_of(const struct kind *kind)
{
    EVP_PKEY *key = generate(kind);
    FILE *file = fopen(server.key, "w");
    struct failure why = {""};

    assert_non_null(key);
    assert_true(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    unlink(server.cert);
    buf_truncate(&server.chains, 0);
    if (!certificate_make(&server.config, &why) ||
        !certificate_read(&server.config, &server.chains, &why))
        fail_msg("%s", why.text);
    return key;
}

/* --- what is signed --- */

static size_t
text_of_1_3(unsigned char *text, size_t hash)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";

    memset(text, ' ', 64);
    memcpy(text + 64, context, sizeof context);
    memset(text + 64 + sizeof context, 0xab, hash);
    return 64 + sizeof context + hash;
}

static size_t
text_of_1_2(unsigned char *text, unsigned char group, unsigned char len)
{
    const unsigned char header[] = {3, 0, group, len};

    memset(text, 0xcd, 64);
    memcpy(text + 64, header, sizeof header);
    memset(text + 64 + sizeof header, 0xef, len);
    return 64 + sizeof header + len;
}

static struct keyring *
open_keyring(void)
{
    struct failure why = {""};
    struct keyring *keyring = keyring_open(&server.config, buf_str(&server.chains), &why);

    if (!keyring)
        fail_msg("%s", why.text);
    return keyring;
}

static void
expect_signature(EVP_PKEY *key, const struct keyline_request *request,
                 const struct keyline_reply *reply)
{
    const EVP_MD *hashes[] = {[4] = EVP_sha256(), [6] = EVP_sha384(), [8] = EVP_sha512()};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;

    assert_int_equal(EVP_DigestVerifyInit(ctx, &options, hashes[request->hash / 8], NULL, key), 1);
    if (request->is_pss)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_DigestVerify(ctx, reply->signature, reply->signature_len, request->text,
                                      request->text_len),
                     1);
    EVP_MD_CTX_free(ctx);
}

static void
test_signatures_are_true(void **state)
{
    static const struct {
        size_t kind;
        uint16_t hash, is_pss;
        bool is_1_3;
    } rows[] = {
        {0, 32, 0, true}, {0, 32, 0, false}, {0, 64, 0, false}, {1, 48, 0, true}, {2, 64, 0, true},
        {3, 32, 1, true}, {3, 32, 0, false}, {3, 64, 1, false}, {4, 0, 0, true},  {4, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key = use_key_of(&kinds[rows[i].kind]);
        struct keyring *keyring = open_keyring();
        struct keyline_request request = {
            .number = 7 + i, .hash = rows[i].hash, .is_pss = rows[i].is_pss};
        struct keyline_reply reply;

        request.text_len = (uint16_t)(rows[i].is_1_3 ? text_of_1_3(request.text, HASH_LONG)
                                                     : text_of_1_2(request.text, 0x18, 97));
        keyring_answer(keyring, &request, &reply);
        assert_int_equal(reply.number, request.number);
        assert_true(reply.signature_len > 0);
        expect_signature(key, &request, &reply);
        keyring_close(keyring);
        EVP_PKEY_free(key);
    }
}

static void
test_nothing_else_is_signed(void **state)
{
    enum { OF_1_3, OF_1_2 };
    static const struct {
        int form;
        size_t hash;                       /* in a text of 1.3 */
        unsigned char group, len;          /* in one of 1.2 */
        size_t broken_at;                  /* a byte that is changed, 0: none */
        int longer;                        /* than the form has it */
        uint16_t key, signed_hash, is_pss; /* asked for */
        size_t kind;
        bool is_signed;
    } rows[] = {
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .is_signed = true},
        {.form = OF_1_3, .hash = 48, .signed_hash = 32, .is_signed = true},
        {.form = OF_1_3, .hash = 47, .signed_hash = 32},
        {.form = OF_1_3, .hash = 0, .signed_hash = 32},
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .broken_at = 63},
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .broken_at = 74}, /* "client" would do */
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .broken_at = 97},
        {.form = OF_1_3, .hash = 32, .signed_hash = 20},
        {.form = OF_1_3, .hash = 32, .signed_hash = 0},
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .key = 1},
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .key = 65535},
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .kind = 3}, /* PKCS 1 is not for 1.3 */
        {.form = OF_1_3, .hash = 32, .signed_hash = 32, .kind = 4},
        {.form = OF_1_2, .group = 0x1d, .len = 32, .signed_hash = 32, .is_signed = true},
        {.form = OF_1_2, .group = 0x17, .len = 65, .signed_hash = 32, .is_signed = true},
        {.form = OF_1_2, .group = 0x18, .len = 97, .signed_hash = 32, .is_signed = true},
        {.form = OF_1_2, .group = 0x17, .len = 32, .signed_hash = 32},
        {.form = OF_1_2, .group = 0x1d, .len = 32, .signed_hash = 32, .longer = 1},
        {.form = OF_1_2, .group = 0x1d, .len = 32, .signed_hash = 32, .longer = -1},
        {.form = OF_1_2, .group = 0x1d, .len = 32, .signed_hash = 32, .longer = -100},
        {.form = OF_1_2, .group = 0x1d, .len = 32, .signed_hash = 32, .longer = 60000},
        {.form = OF_1_2, .group = 0x1d, .len = 32, .signed_hash = 32, .broken_at = 64},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key = use_key_of(&kinds[rows[i].kind]);
        struct keyring *keyring = open_keyring();
        struct keyline_request request = {
            .key = rows[i].key, .hash = rows[i].signed_hash, .is_pss = rows[i].is_pss};
        struct keyline_reply reply;
        size_t len = rows[i].form == OF_1_3 ? text_of_1_3(request.text, rows[i].hash)
                                            : text_of_1_2(request.text, rows[i].group, rows[i].len);

        request.text_len = (uint16_t)((int)len + rows[i].longer);
        if (rows[i].broken_at)
            request.text[rows[i].broken_at] ^= 1;
        keyring_answer(keyring, &request, &reply);
        if ((reply.signature_len > 0) != rows[i].is_signed)
            fail_msg("row %zu", i);
        keyring_close(keyring);
        EVP_PKEY_free(key);
    }
}

static void
test_key_that_does_not_fit(void **state)
{
    EVP_PKEY *key = use_key_of(&kinds[0]), *other = generate(&kinds[0]);
    FILE *file = fopen(server.key, "w");
    struct failure why = {""};

    (void)state;
    assert_true(PEM_write_PrivateKey(file, other, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    assert_null(keyring_open(&server.config, buf_str(&server.chains), &why));
    assert_non_null(strstr(why.text, "is not the key of"));
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    keyring_close(NULL);
}

/* --- the process --- */

/* A keyring in a child, and this process as its supervisor and as the workers of both lines. */
struct house {
    pid_t pid;
    int control;
    int keyring_ends[2];
    struct keyline lines[2];
    struct tls_context *context; /* of the first line */
};

static void
start_keyring(struct house *house)
{
    int theirs;

    assert_true(keyline_open(&theirs, &house->control));
    house->pid = fork();
    if (house->pid == 0) {
        struct keyring *keyring = open_keyring();

        close(house->control);
        for (int i = 0; i < 2; i++) {
            close(house->keyring_ends[i]);
            close(house->lines[i].fd);
        }
        keyring_serve(keyring, theirs);
        keyring_close(keyring);
        buf_free(&server.chains);
        _exit(0);
    }
    close(theirs);
    for (int i = 0; i < 2; i++)
        assert_true(keyline_hand(house->control, house->keyring_ends[i]));
}

static struct tls_context *
context_of(struct keyline *line)
{
    struct failure why = {""};
    const struct tls_setup with = {
        .config = &server.config,
        .chains = buf_str(&server.chains),
        .ring = &server.ring,
        .line = line,
    };
    struct tls_context *context = tls_context_new(&with, &why);

    if (!context)
        fail_msg("%s", why.text);
    return context;
}

static void
build(struct house *house)
{
    for (int i = 0; i < 2; i++) {
        int fd;

        assert_true(keyline_open(&house->keyring_ends[i], &fd));
        house->lines[i] = keyline_of(fd);
    }
    start_keyring(house);
    house->context = context_of(&house->lines[0]);
}

static void
kill_keyring(struct house *house)
{
    kill(house->pid, SIGKILL);
    waitpid(house->pid, NULL, 0);
    close(house->control);
}

/* The keyring ends by itself once nobody can ask it any more. */
static void
leave(struct house *house)
{
    int status;

    tls_context_free(house->context);
    close(house->control);
    for (int i = 0; i < 2; i++) {
        close(house->keyring_ends[i]);
        close(house->lines[i].fd);
    }
    assert_int_equal(waitpid(house->pid, &status, 0), house->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static enum tls_result
meet(struct tls_context *context, int version, const char *algorithms)
{
    SSL_CTX *ctx = new_client(version);
    struct pair pair;
    enum tls_result result;

    if (algorithms)
        assert_int_equal(SSL_CTX_set1_sigalgs_list(ctx, algorithms), 1);
    pair = new_pair(ctx, context);
    result = shake_hands(&pair);
    if (result == TLS_DONE) {
        client_writes(&pair, "hello\r\n");
        expect_read(&pair, "hello\r\n");
    }
    end_pair(&pair);
    SSL_CTX_free(ctx);
    return result;
}

static void
test_handshakes(void **state)
{
    static const struct {
        size_t kind;
        int version;
        const char *algorithms; /* NULL: what the client has */
        enum tls_result result;
    } rows[] = {
        {0, TLS1_3_VERSION, NULL, TLS_DONE},
        {0, TLS1_2_VERSION, NULL, TLS_DONE},
        {0, TLS1_2_VERSION, "ECDSA+SHA512", TLS_DONE},
        {0, TLS1_3_VERSION, "ECDSA+SHA384", TLS_BROKEN},
        {1, TLS1_3_VERSION, NULL, TLS_DONE},
        {1, TLS1_2_VERSION, NULL, TLS_DONE},
        {2, TLS1_3_VERSION, NULL, TLS_DONE},
        {3, TLS1_3_VERSION, NULL, TLS_DONE},
        {3, TLS1_3_VERSION, "RSA-PSS+SHA512", TLS_DONE},
        {3, TLS1_3_VERSION, "RSA+SHA256", TLS_BROKEN},
        {3, TLS1_2_VERSION, "RSA-PSS+SHA384", TLS_DONE},
        {3, TLS1_2_VERSION, "RSA+SHA256", TLS_DONE},
        {4, TLS1_3_VERSION, NULL, TLS_DONE},
        {4, TLS1_2_VERSION, NULL, TLS_DONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key = use_key_of(&kinds[rows[i].kind]);
        struct house house = {0};

        build(&house);
        if (meet(house.context, rows[i].version, rows[i].algorithms) != rows[i].result)
            fail_msg("row %zu", i);
        leave(&house);
        EVP_PKEY_free(key);
    }
}

static void
test_keyring_that_died_is_replaced(void **state)
{
    struct house house = {0};

    (void)state;
    build(&house);
    assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_DONE);
    kill_keyring(&house);
    start_keyring(&house);
    assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_DONE);
    leave(&house);
}

static time_t
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* Nobody hangs: each waits for a while, and once enough are waiting nobody does any more. */
static void
test_silent_keyring(void **state)
{
    time_t begun = now(), before;
    struct house house = {0};
    int attempts = 0;

    (void)state;
    build(&house);
    kill_keyring(&house);
    do {
        before = now();
        assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_BROKEN);
        attempts++;
    } while (now() > before && attempts < 20);
    assert_in_range(attempts, 2, 8);
    assert_true(now() - begun < 20);
    start_keyring(&house);
    /* what was asked in vain is answered first, and is not taken for the new answer */
    while (meet(house.context, TLS1_3_VERSION, NULL) != TLS_DONE)
        assert_true(now() - begun < 60);
    leave(&house);
}

static void
test_line_that_is_cut(void **state)
{
    struct house house = {0};

    (void)state;
    build(&house);
    kill_keyring(&house);
    close(house.keyring_ends[0]);
    assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_BROKEN);
    house.keyring_ends[0] = dup(house.keyring_ends[1]);
    start_keyring(&house);
    leave(&house);
}

/* Whatever comes in on one line, the others are served. */
static void
test_hostile_line(void **state)
{
    static const char junk[2 * sizeof(struct keyline_request)] = "junk";
    static const size_t sizes[] = {0, 1, sizeof(struct keyline_request) - 1, sizeof junk};
    struct house house = {0};

    (void)state;
    build(&house);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (int n = 0; n < 1000; n++) /* nobody reads the replies */
            send(house.lines[1].fd, junk, sizes[i], MSG_DONTWAIT);
        assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_DONE);
    }
    shutdown(house.lines[1].fd, SHUT_RDWR);
    assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_DONE);
    leave(&house);
}

/* Such as one whose descriptor found no room: it is no line that the keyring could wait for. */
static void
test_hand_that_is_empty(void **state)
{
    struct house house = {0};

    (void)state;
    build(&house);
    for (int i = 0; i < 2 * KEYRING_LINES_MAX; i++)
        while (send(house.control, "", 1, MSG_DONTWAIT) < 0)
            assert_int_equal(errno, EAGAIN);
    assert_int_equal(meet(house.context, TLS1_3_VERSION, NULL), TLS_DONE);
    leave(&house);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        ROW(test_signatures_are_true),
        ROW(test_nothing_else_is_signed),
        ROW(test_handshakes),
        ROW(test_keyring_that_died_is_replaced),
        ROW(test_silent_keyring),
        ROW(test_line_that_is_cut),
        ROW(test_hostile_line),
        ROW(test_hand_that_is_empty),
        ROW(test_key_that_does_not_fit),
    };

    return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
