#include "tls_pair.h"

enum { REPLY = 200000 };

/* --- what is agreed on --- */

static void
test_versions(void **state)
{
    static const struct {
        int version;
        enum tls_result result;
    } rows[] = {
        {TLS1_VERSION, TLS_BROKEN},
        {TLS1_1_VERSION, TLS_BROKEN},
        {TLS1_2_VERSION, TLS_DONE},
        {TLS1_3_VERSION, TLS_DONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = new_client(rows[i].version);
        struct pair pair = new_pair(ctx, server.context);

        assert_int_equal(shake_hands(&pair), rows[i].result);
        if (rows[i].result == TLS_DONE) {
            client_writes(&pair, "hello\r\n");
            expect_read(&pair, "hello\r\n");
            server_writes(&pair, STR("20 text/plain\r\n"));
            client_reads(&pair, "20 text/plain\r\n");
        } else {
            assert_int_equal(tls_close_notify(pair.tls), TLS_BROKEN);
        }
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
}

static void
test_ciphers_and_groups(void **state)
{
    static const struct {
        const char *ciphers; /* of 1.2; NULL: 1.3 */
        const char *groups;
        enum tls_result result;
    } rows[] = {
        {"ECDHE-ECDSA-AES128-GCM-SHA256", "P-256", TLS_DONE},
        {"ECDHE-ECDSA-CHACHA20-POLY1305", "P-256", TLS_DONE},
        {"ECDHE-ECDSA-AES256-GCM-SHA384", "P-256", TLS_DONE},
        {"ECDHE-ECDSA-AES128-SHA256", "P-256", TLS_BROKEN}, /* CBC */
        {"ECDHE-ECDSA-AES128-CCM", "P-256", TLS_BROKEN},
        {NULL, "X25519", TLS_DONE},
        {NULL, "P-256", TLS_DONE},
        {NULL, "P-384", TLS_DONE},
        {NULL, "P-521", TLS_BROKEN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = new_client(rows[i].ciphers ? TLS1_2_VERSION : TLS1_3_VERSION);
        struct pair pair;

        if (rows[i].ciphers)
            assert_int_equal(SSL_CTX_set_cipher_list(ctx, rows[i].ciphers), 1);
        assert_int_equal(SSL_CTX_set1_groups_list(ctx, rows[i].groups), 1);
        pair = new_pair(ctx, server.context);
        assert_int_equal(shake_hands(&pair), rows[i].result);
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
}

static void
test_server_name(void **state)
{
    static const struct {
        const char *sent, *seen;
    } rows[] = {
        {"capsule.example", "capsule.example"},
        {"Capsule.EXAMPLE", "Capsule.EXAMPLE"},
        {"unknown.example", "unknown.example"},
        {NULL, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = new_client(TLS1_3_VERSION);
        struct pair pair = new_pair(ctx, server.context);
        struct str seen;

        if (rows[i].sent)
            SSL_set_tlsext_host_name(pair.client, rows[i].sent);
        connect_pair(&pair);
        seen = tls_server_name(pair.tls);
        assert_true(str_eq(seen, str_of(rows[i].seen)));
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
}

/* L7: a list of protocols neither fails the handshake nor is answered. */
static void
test_protocol_list_is_ignored(void **state)
{
    static const unsigned char list[] = "\6gemini";
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);
    const unsigned char *selected;
    unsigned len;

    (void)state;
    SSL_set_alpn_protos(pair.client, list, sizeof(list) - 1);
    connect_pair(&pair);
    SSL_get0_alpn_selected(pair.client, &selected, &len);
    assert_int_equal(len, 0);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

/* L6 */
static void
test_plain_text_gets_no_byte(void **state)
{
    static const struct str rows[] = {{"gemini://localhost/\r\n", 21},
                                      {"SSH-2.0-x\r\n", 11},
                                      {"\x17\3\3\0\5hello", 10},
                                      {"\x15", 1}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = new_client(TLS1_3_VERSION);
        struct pair pair = new_pair(ctx, server.context);
        char byte;

        assert_int_equal(tls_handshake(pair.tls), TLS_WANT_READ);
        assert_int_equal(write(pair.fds[1], rows[i].ptr, rows[i].len), rows[i].len);
        assert_int_equal(tls_handshake(pair.tls), TLS_BROKEN);
        assert_int_equal(tls_close_notify(pair.tls), TLS_BROKEN);
        assert_int_equal(recv(pair.fds[1], &byte, 1, 0), -1);
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
}

static void
test_connection_that_ends_at_once(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);

    (void)state;
    shutdown(pair.fds[1], SHUT_WR);
    assert_int_equal(tls_handshake(pair.tls), TLS_ENDED);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

/* --- sessions --- */

static void
put_ticket(struct buf *out, SSL_SESSION *session)
{
    const unsigned char *ticket;
    size_t len;

    SSL_SESSION_get0_ticket(session, &ticket, &len);
    assert_true(len > 0);
    buf_put(out, (struct str){(const char *)ticket, len});
}

static void
test_resumption(void **state)
{
    static const struct {
        int version, epochs;
        bool reused, same_ticket;
    } rows[] = {
        {TLS1_2_VERSION, 0, true, true},  {TLS1_2_VERSION, 1, true, false},
        {TLS1_2_VERSION, 2, true, false}, {TLS1_2_VERSION, 3, false, false},
        {TLS1_3_VERSION, 0, true, false}, {TLS1_3_VERSION, 1, true, false},
        {TLS1_3_VERSION, 2, true, false}, {TLS1_3_VERSION, 3, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = new_client(rows[i].version);
        struct tls_context *other = new_context();
        SSL_SESSION *session = NULL;
        struct buf first = {0}, second = {0};

        assert_false(visit(ctx, server.context, &session, "capsule.example"));
        put_ticket(&first, session);
        ticket_ring_advance(&server.ring,
                            ticket_clock() + (int64_t)rows[i].epochs * TICKET_EPOCH_S);
        assert_int_equal(visit(ctx, other, &session, "capsule.example"), rows[i].reused);
        put_ticket(&second, session);
        assert_int_equal(str_eq(buf_str(&first), buf_str(&second)), rows[i].same_ticket);
        SSL_SESSION_free(session);
        tls_context_free(other);
        SSL_CTX_free(ctx);
        buf_free(&first), buf_free(&second);
        teardown(NULL), setup(NULL);
    }
}

/* A process that nobody visited for long forgets with the first visitor what it should have. */
static void
test_old_keys_are_forgotten(void **state)
{
    struct ticket_key first = server.ring.keys[0];
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair;

    (void)state;
    server.ring.epoch -= TICKET_KEYS_KEPT;
    pair = new_pair(ctx, server.context);
    assert_int_equal(server.ring.epoch, ticket_clock() / TICKET_EPOCH_S);
    assert_null(memmem(&server.ring, sizeof(server.ring), first.cipher, sizeof(first.cipher)));
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
    unsigned *count = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    (void)session;
    ++*count;
    return 0;
}

/* L9: a second one would only cost a thin link. */
static void
test_one_ticket(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    SSL_SESSION *session = NULL;
    unsigned count = 0;

    (void)state;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
    SSL_CTX_set_app_data(ctx, &count);
    visit(ctx, server.context, &session, "capsule.example");
    assert_int_equal(count, 1);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
}

/* CVE-2025-23419: what one host knows of a client is not carried to the next. */
static void
test_resumption_is_of_one_name(void **state)
{
    static const struct {
        int version;
        const char *first, *second;
        bool reused;
    } rows[] = {
        {TLS1_2_VERSION, "capsule.example", "capsule.example", true},
        {TLS1_2_VERSION, "capsule.example", "CAPSULE.example", true},
        {TLS1_2_VERSION, "capsule.example", "alias.example", false},
        {TLS1_2_VERSION, "capsule.example", NULL, false},
        {TLS1_2_VERSION, NULL, NULL, true},
        {TLS1_2_VERSION, NULL, "capsule.example", false},
        {TLS1_3_VERSION, "capsule.example", "capsule.example", true},
        {TLS1_3_VERSION, "capsule.example", "CAPSULE.example", true},
        {TLS1_3_VERSION, "capsule.example", "alias.example", false},
        {TLS1_3_VERSION, "capsule.example", NULL, false},
        {TLS1_3_VERSION, NULL, NULL, true},
        {TLS1_3_VERSION, NULL, "capsule.example", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_SESSION *session = NULL;
        SSL_CTX *ctx = new_client(rows[i].version);

        assert_false(visit(ctx, server.context, &session, rows[i].first));
        assert_int_equal(visit(ctx, server.context, &session, rows[i].second), rows[i].reused);
        SSL_SESSION_free(session);
        SSL_CTX_free(ctx);
    }
}

/* L10: skipped, never read, and the handshake goes on. */
static void
test_early_data_is_not_accepted(void **state)
{
    SSL_SESSION *kept = NULL, *session;
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair;
    size_t put;

    (void)state;
    visit(ctx, server.context, &kept, "capsule.example");
    assert_int_equal(SSL_SESSION_get_max_early_data(kept), 0);
    session = SSL_SESSION_dup(kept);
    SSL_SESSION_set_max_early_data(session, 1000);
    pair = new_pair(ctx, server.context);
    SSL_set_tlsext_host_name(pair.client, "capsule.example");
    SSL_set_session(pair.client, session);
    assert_int_equal(SSL_write_early_data(pair.client, "early", 5, &put), 1);
    connect_pair(&pair);
    assert_int_equal(SSL_get_early_data_status(pair.client), SSL_EARLY_DATA_REJECTED);
    client_writes(&pair, "late");
    expect_read(&pair, "late");
    end_pair(&pair);
    SSL_SESSION_free(session);
    SSL_SESSION_free(kept);
    SSL_CTX_free(ctx);
}

/* --- the end --- */

static void
expect_end(struct pair *pair)
{
    char byte;

    assert_int_equal(SSL_read(pair->client, &byte, 1), 0);
    assert_int_equal(SSL_get_error(pair->client, 0), SSL_ERROR_ZERO_RETURN);
}

/* L2 and L3: each side says that it is done, and the server goes on to write after the client. */
static void
test_close_notify_both_ways(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        SSL_CTX *ctx = new_client(versions[i]);
        struct pair pair = new_pair(ctx, server.context);

        connect_pair(&pair);
        client_writes(&pair, "request");
        assert_int_equal(SSL_shutdown(pair.client), 0);
        shutdown(pair.fds[1], SHUT_WR);
        expect_read(&pair, "request");
        expect_result(&pair, TLS_ENDED);
        expect_result(&pair, TLS_ENDED);
        server_writes(&pair, STR("reply"));
        client_reads(&pair, "reply");
        assert_int_equal(tls_close_notify(pair.tls), TLS_DONE);
        assert_int_equal(tls_close_notify(pair.tls), TLS_DONE);
        expect_end(&pair);
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
}

/* L2: the server does not wait for the client's. */
static void
test_close_notify_without_an_answer(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);

    (void)state;
    assert_int_equal(tls_close_notify(pair.tls), TLS_BROKEN); /* nothing to close yet */
    connect_pair(&pair);
    assert_int_equal(tls_close_notify(pair.tls), TLS_DONE);
    assert_int_equal(tls_close_notify(pair.tls), TLS_DONE);
    expect_end(&pair);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

static void
test_end_without_close_notify(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);
    size_t put;

    (void)state;
    connect_pair(&pair);
    expect_result(&pair, TLS_WANT_READ);
    shutdown(pair.fds[1], SHUT_WR);
    expect_result(&pair, TLS_ENDED);
    server_writes(&pair, STR("reply"));
    close(pair.fds[1]);
    pair.fds[1] = -1;
    assert_int_equal(tls_write(pair.tls, STR("nobody"), &put), TLS_BROKEN);
    assert_int_equal(tls_close_notify(pair.tls), TLS_BROKEN);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

/* --- limits --- */

static void
test_key_updates_are_counted(void **state)
{
    static const struct {
        int updates;
        enum tls_result result;
    } rows[] = {{1, TLS_DONE}, {30, TLS_DONE}, {33, TLS_BROKEN}, {200, TLS_BROKEN}};
    char byte;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = new_client(TLS1_3_VERSION);
        struct pair pair = new_pair(ctx, server.context);

        connect_pair(&pair);
        for (int n = 0; n < rows[i].updates; n++) {
            assert_int_equal(SSL_key_update(pair.client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
            assert_int_equal(SSL_do_handshake(pair.client), 1);
        }
        client_writes(&pair, "x");
        expect_result(&pair, rows[i].result);
        /* A flood is not read to its end first. */
        assert_int_equal(recv(pair.fds[0], &byte, 1, MSG_PEEK) == 1, rows[i].result == TLS_BROKEN);
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
}

/* The same with a byte of text between two of them. */
static void
test_key_updates_in_disguise(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);
    enum tls_result result = TLS_DONE;
    char bytes[64];
    size_t got;

    (void)state;
    connect_pair(&pair);
    for (int n = 0; n < 2 * TLS_IDLE_RECORDS_MAX && result == TLS_DONE; n++) {
        SSL_key_update(pair.client, SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(pair.client);
        client_writes(&pair, "x");
        result = tls_read(pair.tls, bytes, sizeof(bytes), &got);
    }
    assert_int_equal(result, TLS_BROKEN);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

static void
test_drip_is_no_flood(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);

    (void)state;
    connect_pair(&pair);
    for (int n = 0; n < 1026; n++) {
        client_writes(&pair, "x");
        expect_read(&pair, "x");
    }
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

static void
test_no_renegotiation(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_2_VERSION);
    struct pair pair = new_pair(ctx, server.context);

    (void)state;
    connect_pair(&pair);
    assert_int_equal(SSL_renegotiate(pair.client), 1);
    SSL_do_handshake(pair.client);
    expect_result(&pair, TLS_WANT_READ);
    assert_int_equal(SSL_do_handshake(pair.client), -1);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), SSL_R_NO_RENEGOTIATION);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

/* Small records at first; and the whole of a long reply arrives though the socket fills up. */
static void
test_long_reply(void **state)
{
    SSL_CTX *ctx = new_client(TLS1_3_VERSION);
    struct pair pair = new_pair(ctx, server.context);
    char *reply = calloc(1, REPLY), *copy = malloc(REPLY), *before = NULL;
    size_t sent = 0, got = 0, put, now;
    bool waited = false;

    (void)state;
    for (size_t i = 0; i < REPLY; i++)
        reply[i] = (char)(i * 7 + i / 256);
    connect_pair(&pair);
    for (int i = 0; i < ROUNDS_MAX && got < REPLY; i++) {
        enum tls_result result = TLS_DONE;

        while (sent < REPLY && result == TLS_DONE) {
            char *moved = malloc(REPLY - sent); /* the bytes lie elsewhere each time */

            memcpy(moved, reply + sent, REPLY - sent);
            result = tls_write(pair.tls, (struct str){moved, REPLY - sent}, &put);
            free(before);
            before = moved;
            if (result == TLS_DONE) {
                assert_true(put <= (sent < TLS_RECORD_FIRST_FOR ? TLS_RECORD_FIRST : 16384));
                sent += put;
            }
        }
        waited = waited || result == TLS_WANT_WRITE;
        while (got < REPLY && SSL_read_ex(pair.client, copy + got, REPLY - got, &now))
            got += now;
    }
    assert_true(waited);
    assert_int_equal(got, REPLY);
    assert_memory_equal(reply, copy, REPLY);
    free(reply), free(copy), free(before);
    end_pair(&pair);
    SSL_CTX_free(ctx);
}

/* --- several hosts --- */

/* A second host with its own pair, for as long as a test wants it. */
struct second {
    struct host_pair host;
    char cert[64], key[64];
    struct buf former; /* chains */
    struct tls_context *context;
};

static void
add_second(struct second *second)
{
    static char name[] = "second.example";
    struct failure why = {""};

    *second = (struct second){.former = server.chains};
    snprintf(second->cert, sizeof(second->cert), "%s/second-cert.pem", server.folder);
    snprintf(second->key, sizeof(second->key), "%s/second-key.pem", server.folder);
    second->host = (struct host_pair){name, second->cert, second->key};
    server.config.hosts = &second->host;
    server.config.host_count = 1;
    server.chains = (struct buf){0};
    if (!certificate_make(&server.config, &why) ||
        !certificate_read(&server.config, &server.chains, &why))
        fail_msg("%s", why.text);
    second->context = new_context();
}

static void
remove_second(struct second *second)
{
    tls_context_free(second->context);
    unlink(second->cert);
    unlink(second->key);
    buf_free(&server.chains);
    server.chains = second->former;
    server.config.hosts = NULL;
    server.config.host_count = 0;
}

/* L5, R24, R25 */
static void
test_each_host_shows_its_certificate(void **state)
{
    static const struct {
        const char *asked, *covered, *not_covered;
    } rows[] = {
        {"second.example", "second.example", "capsule.example"},
        {"SECOND.example", "second.example", "capsule.example"},
        {"capsule.example", "capsule.example", "second.example"},
        {"unknown.example", "capsule.example", "second.example"},
        {NULL, "capsule.example", "second.example"},
    };
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct second second;

    (void)state;
    add_second(&second);
    for (size_t i = 0; i < COUNT(rows) * COUNT(versions); i++) {
        size_t row = i / COUNT(versions);
        SSL_CTX *ctx = new_client(versions[i % COUNT(versions)]);
        struct pair pair = new_pair(ctx, second.context);
        X509 *cert;

        if (rows[row].asked)
            SSL_set_tlsext_host_name(pair.client, rows[row].asked);
        connect_pair(&pair);
        cert = SSL_get0_peer_certificate(pair.client);
        assert_int_equal(X509_check_host(cert, rows[row].covered, 0, 0, NULL), 1);
        assert_int_equal(X509_check_host(cert, rows[row].not_covered, 0, 0, NULL), 0);
        end_pair(&pair);
        SSL_CTX_free(ctx);
    }
    remove_second(&second);
}

/* A ticket of one host is none for the other, in either direction; at its own host it is good. */
static void
test_tickets_stay_at_their_host(void **state)
{
    static const struct {
        const char *from, *to;
        bool is_reused;
    } rows[] = {
        {"second.example", "second.example", true},   {"capsule.example", "capsule.example", true},
        {"second.example", "capsule.example", false}, {"capsule.example", "second.example", false},
        {"unknown.example", "second.example", false},
    };
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct second second;

    (void)state;
    add_second(&second);
    for (size_t i = 0; i < COUNT(rows) * COUNT(versions); i++) {
        size_t row = i / COUNT(versions);
        SSL_CTX *ctx = new_client(versions[i % COUNT(versions)]);
        SSL_SESSION *session = NULL;

        assert_false(visit(ctx, second.context, &session, rows[row].from));
        assert_int_equal(visit(ctx, second.context, &session, rows[row].to), rows[row].is_reused);
        SSL_SESSION_free(session);
        SSL_CTX_free(ctx);
    }
    remove_second(&second);
}

static void
test_context_without_its_key(void **state)
{
    char nowhere[] = "/nowhere/key.pem", *key = server.config.tls.key;
    struct failure why = {""};
    const struct tls_setup with = {
        .config = &server.config,
        .chains = buf_str(&server.chains),
        .ring = &server.ring,
    };

    (void)state;
    server.config.tls.key = nowhere;
    assert_null(tls_context_new(&with, &why));
    assert_non_null(strstr(why.text, nowhere));
    server.config.tls.key = key;
    tls_context_free(NULL);
    tls_free(NULL);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        ROW(test_versions),
        ROW(test_ciphers_and_groups),
        ROW(test_server_name),
        ROW(test_protocol_list_is_ignored),
        ROW(test_plain_text_gets_no_byte),
        ROW(test_connection_that_ends_at_once),
        ROW(test_resumption),
        ROW(test_old_keys_are_forgotten),
        ROW(test_one_ticket),
        ROW(test_resumption_is_of_one_name),
        ROW(test_early_data_is_not_accepted),
        ROW(test_close_notify_both_ways),
        ROW(test_close_notify_without_an_answer),
        ROW(test_end_without_close_notify),
        ROW(test_key_updates_are_counted),
        ROW(test_key_updates_in_disguise),
        ROW(test_drip_is_no_flood),
        ROW(test_no_renegotiation),
        ROW(test_long_reply),
        ROW(test_each_host_shows_its_certificate),
        ROW(test_tickets_stay_at_their_host),
        ROW(test_context_without_its_key),
    };

    return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
