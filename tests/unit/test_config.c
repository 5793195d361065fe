#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "site/config.h"
#include "site/keys.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

/* A folder of our own with an inspir.ini in it. */
struct place {
    char folder[sizeof "/tmp/inspir-test-XXXXXX"];
    char ini[sizeof "/tmp/inspir-test-XXXXXX/inspir.ini"];
};

static void
place_make(struct place *place, struct str text)
{
    struct failure why;
    int root;

    strcpy(place->folder, "/tmp/inspir-test-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->ini, sizeof place->ini, "%s/inspir.ini", place->folder);
    root = file_open_folder(place->folder, &why);
    assert_true(file_write_beneath(root, "inspir.ini", text, &why));
    close(root);
}

static void
place_remove(const struct place *place)
{
    unlink(place->ini);
    rmdir(place->folder);
}

static bool
load(struct config *config, struct str text, struct failure *why)
{
    struct place place;
    bool loaded;

    place_make(&place, text);
    loaded = config_load(config, place.ini, why);
    place_remove(&place);
    return loaded;
}

static void
assert_names(const struct name_list *list, const char *expected)
{
    struct buf all = {0};

    for (size_t i = 0; i < list->count; i++)
        buf_format(&all, "%s%s", i == 0 ? "" : " ", list->items[i]);
    assert_string_equal(buf_text(&all), expected);
    assert_null(list->items[list->count]);
    buf_free(&all);
}

static void
assert_addresses(const struct address_list *list, const char *expected)
{
    struct buf all = {0};

    for (size_t i = 0; i < list->count; i++)
        buf_format(&all, "%s%s %u", i == 0 ? "" : "; ", list->items[i].host, list->items[i].port);
    assert_string_equal(buf_text(&all), expected);
    buf_free(&all);
}

static void
test_empty_file_gives_defaults(void **state)
{
    struct config config;
    struct failure why;

    (void)state;
    assert_true(load(&config, STR(""), &why));
    assert_string_equal(config.blog.title, "inspir");
    assert_string_equal(config.blog.language, "en");
    assert_string_equal(config.blog.timezone, "UTC");
    assert_int_equal(config.blog.page_size, 25);
    assert_int_equal(config.light.part, 4000);
    assert_false(config.light.ascii);
    assert_string_equal(config.blog.icon, "\U0001F4DD");
    assert_names(&config.robots.disallow, "/search /random /since/ /light/ /book/");
    assert_true(config.robots.archiver && config.robots.indexer && config.robots.researcher &&
                config.robots.webproxy);
    assert_names(&config.gemini.hosts, "localhost");
    assert_addresses(&config.gemini.listen, "127.0.0.1 1965; ::1 1965");
    assert_int_equal(config.gemini.port, 0);
    assert_true(config.tls.isolate_key);
    assert_true(config.gopher.enabled);
    assert_string_equal(config.gopher.host, "localhost");
    assert_addresses(&config.gopher.listen, "127.0.0.1 7070; ::1 7070");
    assert_int_equal(config.gopher.look.width, 67);
    assert_int_equal(config.gopher.look.charset, CHARSET_UTF8);
    assert_false(config.gopher.look.posts_as_menus);
    assert_false(config.gopher.look.strict1436);
    assert_false(config.import.fetch_media);
    assert_int_equal(config.import.max_image, 800);
    assert_int_equal(config.server.workers, 0);
    assert_string_equal(config.server.user, "");
    assert_int_equal(config.server.sandbox, SANDBOX_TRY);
    assert_string_equal(config.server.log, "stderr");
    assert_int_equal(config.server.log_address, LOG_ADDRESS_NONE);
    assert_int_equal(config.limits.connections, 4096);
    assert_int_equal(config.limits.connections_per_address, 64);
    assert_int_equal(config.limits.stall_s, 30);
    assert_names(&config.limits.rate_exempt, "127.0.0.0/8 ::1/128");
    assert_int_equal(config.zone_count, 0);
    config_free(&config);
}

static const char everything[] =
    "\xef\xbb\xbf; a comment\r\n"
    "# another\r\n"
    "[blog]\r\n"
    "title = INSP!R Asia ; the name\r\n"
    "  subtitle = a;b\r\n"
    "old_hosts = Old.Example.org,\n"
    "old_hosts = www.old.example.org, old.example.net\n"
    "language = PT-br\n"
    "timezone = Asia/Phnom_Penh\n"
    "page_size = 1000\n"
    "icon = \U0001F1F3\U0001F1F1\n"
    "[robots]\n"
    "disallow = /a b/, /c\n"
    "disallow = /\u00E9\n"
    "archiver = no\n"
    "webproxy = no\n"
    "[light]\n"
    "part = 12kB\n"
    "ascii = yes\n"
    "[gemini] ; where\n"
    "host = Example.ORG, [0:0::1]\n"
    "listen = 127.0.0.1:0, 127.0.0.1:0\n"
    "listen = [::]:1965\n"
    "port = 65535\n"
    "[gopher]\n"
    "enabled = no\n"
    "width = 132\n"
    "charset = latin-1\n"
    "posts = menu\n"
    "strict1436 = yes\n"
    "[import]\n"
    "media = fetch\n"
    "[server]\n"
    "workers = 2\n"
    "user = _inspir\n"
    "sandbox = require\n"
    "log_address = hash\n"
    "[limits]\n"
    "handshake_s = 1\n"
    "rate_exempt = 10.0.0.0/8, 192.0.2.7, 2001:DB8::/32\n"
    "[zone /private/]\n"
    "require = any\n"
    "[zone /a folder with a long name/that is longer than inih keeps/]\n"
    "require = AB:cd:0000000000000000000000000000000000000000000000000000000000ef\n"
    "require = 1111111111111111111111111111111111111111111111111111111111111111\n";

static void
test_everything_is_read(void **state)
{
    struct config config;
    struct failure why;

    (void)state;
    if (!load(&config, STR(everything), &why))
        fail_msg("%s", why.text);
    assert_string_equal(config.blog.title, "INSP!R Asia");
    assert_string_equal(config.blog.subtitle, "a;b");
    assert_names(&config.blog.old_hosts, "old.example.org www.old.example.org old.example.net");
    assert_string_equal(config.blog.language, "pt-BR");
    assert_string_equal(config.blog.timezone, "Asia/Phnom_Penh");
    assert_int_equal(config.blog.page_size, 1000);
    assert_int_equal(config.light.part, 12000);
    assert_true(config.light.ascii);
    assert_string_equal(config.blog.icon, "\U0001F1F3\U0001F1F1");
    assert_names(&config.robots.disallow, "/a b/ /c /\u00E9");
    assert_false(config.robots.archiver || config.robots.webproxy);
    assert_true(config.robots.indexer && config.robots.researcher);
    assert_names(&config.gemini.hosts, "example.org ::1");
    assert_addresses(&config.gemini.listen, "127.0.0.1 0; 127.0.0.1 0; :: 1965");
    assert_int_equal(config.gemini.port, 65535);
    assert_false(config.gopher.enabled);
    assert_string_equal(config.gopher.host, "example.org");
    assert_int_equal(config.gopher.look.width, 132);
    assert_int_equal(config.gopher.look.charset, CHARSET_LATIN1);
    assert_true(config.gopher.look.posts_as_menus);
    assert_true(config.gopher.look.strict1436);
    assert_true(config.import.fetch_media);
    assert_int_equal(config.server.workers, 2);
    assert_string_equal(config.server.user, "_inspir");
    assert_int_equal(config.server.sandbox, SANDBOX_REQUIRE);
    assert_int_equal(config.server.log_address, LOG_ADDRESS_HASH);
    assert_int_equal(config.limits.handshake_s, 1);
    assert_names(&config.limits.rate_exempt, "10.0.0.0/8 192.0.2.7/32 2001:db8::/32");
    assert_int_equal(config.zone_count, 2);
    assert_string_equal(config.zones[0].path, "/private/");
    assert_true(config.zones[0].any);
    assert_string_equal(config.zones[1].path,
                        "/a folder with a long name/that is longer than inih keeps/");
    assert_names(&config.zones[1].keys,
                 "abcd0000000000000000000000000000000000000000000000000000000000ef "
                 "1111111111111111111111111111111111111111111111111111111111111111");
    config_free(&config);
}

static void
test_paths_begin_at_the_ini_file(void **state)
{
    static const struct {
        const char *text, *root, *index, *cert, *log; /* %s: the ini file's folder */
    } rows[] = {
        {"", "%s/capsule", "%s/capsule/.index.db", "%s/certs/cert.pem", "stderr"},
        {"[blog]\nroot = /srv/x\n[server]\nlog = syslog\n", "/srv/x", "/srv/x/.index.db",
         "%s/certs/cert.pem", "syslog"},
        {"[blog]\nroot = a b\nindex = i.db\n[tls]\ncert = /c.pem\n[server]\nlog = l/log\n",
         "%s/a b", "%s/i.db", "/c.pem", "%s/l/log"},
        {"[blog]\nroot = .\n[tls]\ncert = .certs/c.pem\nkey = .certs/k.pem\n", "%s/.",
         "%s/./.index.db", "%s/.certs/c.pem", "stderr"},
        {"[blog]\nindex = capsule-index.db\n[tls]\ncert = capsule/../c.pem\n", "%s/capsule",
         "%s/capsule-index.db", "%s/capsule/../c.pem", "stderr"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *expected[] = {rows[i].root, rows[i].index, rows[i].cert, rows[i].log};
        const char *found[4];
        struct place place;
        struct config config;
        struct failure why;

        place_make(&place, str_of(rows[i].text));
        assert_true(config_load(&config, place.ini, &why));
        found[0] = config.blog.root;
        found[1] = config.blog.index;
        found[2] = config.tls.cert;
        found[3] = config.server.log;
        for (size_t j = 0; j < 4; j++) {
            struct buf path = {0};
            bool relative = expected[j][0] == '%';

            buf_format(&path, "%s%s", relative ? place.folder : "",
                       expected[j] + (relative ? 2 : 0));
            assert_string_equal(found[j], buf_text(&path));
            buf_free(&path);
        }
        config_free(&config);
        place_remove(&place);
    }
}

static void
test_listeners_have_their_own_look(void **state)
{
    static const struct {
        const char *settings;
        struct gopher_look look;
    } rows[] = {
        {NULL, {0, 50, CHARSET_LATIN1, false, true}},
        {"width=40 charset=ascii", {0, 40, CHARSET_ASCII, false, true}},
        {"posts=menu  port=70   strict1436=no", {70, 50, CHARSET_LATIN1, true, false}},
    };
    struct config config;
    struct failure why;

    (void)state;
    assert_true(load(&config,
                     STR("[gopher]\n"
                         "listen = 127.0.0.1:7070, 127.0.0.1:7040  width=40 charset=ascii\n"
                         "listen = [::1]:7071 posts=menu  port=70   strict1436=no ; the last\n"
                         "width = 50\ncharset = latin-1\nstrict1436 = yes\n"),
                     &why));
    assert_addresses(&config.gopher.listen, "127.0.0.1 7070; 127.0.0.1 7040; ::1 7071");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *settings = config.gopher.listen.items[i].settings;
        struct gopher_look look = config.gopher.look;

        assert_true(str_eq(str_of(settings), str_of(rows[i].settings)));
        assert_true(look_apply(&look, str_of(settings), &why));
        assert_int_equal(look.port, rows[i].look.port);
        assert_int_equal(look.width, rows[i].look.width);
        assert_int_equal(look.charset, rows[i].look.charset);
        assert_int_equal(look.posts_as_menus, rows[i].look.posts_as_menus);
        assert_int_equal(look.strict1436, rows[i].look.strict1436);
    }
    config_free(&config);
}

static void
test_hosts_have_pairs_of_their_own(void **state)
{
    struct place place;
    struct config config;
    struct failure why = {""};
    struct buf expected = {0};

    (void)state;
    place_make(&place, STR("[host b.example]\ncert = b/cert.pem\nkey = /b.pem\n"
                           "[host C.example]\nkey = c.key\ncert = c.cert\n"
                           "[gemini]\nhost = a.example, b.example, c.example\n"));
    if (!config_load(&config, place.ini, &why))
        fail_msg("%s", why.text);
    assert_int_equal(config.host_count, 2);
    assert_string_equal(config.hosts[0].name, "b.example");
    assert_string_equal(config.hosts[1].name, "c.example");
    buf_format(&expected, "%s/b/cert.pem", place.folder);
    assert_string_equal(config.hosts[0].cert, buf_text(&expected));
    assert_string_equal(config.hosts[0].key, "/b.pem");
    buf_truncate(&expected, 0);
    buf_format(&expected, "%s/c.key", place.folder);
    assert_string_equal(config.hosts[1].key, buf_text(&expected));
    buf_free(&expected);
    config_free(&config);
    place_remove(&place);
}

#define X100                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxx"

static void
test_errors_name_line_and_remedy(void **state)
{
    static const struct {
        struct str text;
        const char *message; /* what stands behind FILE: */
    } rows[] = {
        {STR("[blog]\npage_siez = 3\n"),
         "2: unknown key page_siez in [blog]; did you mean page_size?"},
        {STR("\n[gemini]\npage_size = 3\n"),
         "3: unknown key page_size in [gemini]; did you mean page_size in [blog]?"},
        {STR("[gopher]\nhosts = a\n"), "2: unknown key hosts in [gopher]; did you mean host?"},
        {STR("[blog]\nindex = capsule/index.db\n"),
         "2: index is in the capsule, where it would be served"},
        {STR("[tls]\nkey = ./capsule//certs/./key.pem\n"),
         "2: key is in the capsule, where it would be served"},
        {STR("[blog]\n\nroot = .\n"), "3: cert is in the capsule, where it would be served"},
        {STR("[blog]\nroot = /\n[server]\nlog = /var/log/inspir\n[tls]\ncert = .c/c\nkey = .c/k\n"),
         "4: log is in the capsule, where it would be served"},
        {STR("[bolg]\n"), "1: unknown section [bolg]; did you mean [blog]?"},
        {STR("[zones]\n"), "1: unknown section [zones]; did you mean [zone]?"},
        {STR("[]\n"), "1: unknown section []; did you mean [tls]?"},
        {STR("title = x\n"), "1: title stands before the first [section]"},
        {STR("[blog\n"), "1: a section is written [name]"},
        {STR("[blog] x\n"), "1: a section is written [name]"},
        {STR("[blog]\ntitle\n[bolg]\n"), "2: neither [section] nor key = value"},
        {STR("[blog]\ntitle = a\n[tls]\n[blog]\ntitle = b\n"),
         "5: title is there already, in line 2"},
        {STR("[blog]\ntitle =\n"), "2: title must not be empty"},
        {STR("[blog]\nroot = ; nothing\n"), "2: root must not be empty"},
        {STR("[blog]\nlanguage = nl_NL\n"),
         "2: language must be a tag like en or pt-BR, not \"nl_NL\""},
        {STR("[blog]\ntimezone = ../x\n"), "2: timezone cannot be \"../x\""},
        {STR("[blog]\n\ntimezone = Mars/Base\n"),
         "3: timezone: this system knows no zone Mars/Base"},
        {STR("[blog]\npage_size = 0\n"), "2: page_size must be a number from 1 to 1000, not \"0\""},
        {STR("[light]\npart = 999\n"),
         "2: part must be a size from 1000 to 1000000 bytes like 4 kB, not \"999\""},
        {STR("[light]\npart = 2 MB\n"),
         "2: part must be a size from 1000 to 1000000 bytes like 4 kB, not \"2 MB\""},
        {STR("[light]\npart = kB\n"),
         "2: part must be a size from 1000 to 1000000 bytes like 4 kB, not \"kB\""},
        {STR("[blog]\npage_size = 1001\n"),
         "2: page_size must be a number from 1 to 1000, not \"1001\""},
        {STR("[blog]\npage_size = +5\n"),
         "2: page_size must be a number from 1 to 1000, not \"+5\""},
        {STR("[gopher]\nwidth = 39\n"), "2: width must be a number from 40 to 132, not \"39\""},
        {STR("[gopher]\nenabled = maybe\n"), "2: enabled must be no or yes, not \"maybe\""},
        {STR("[gopher]\ncharset = utf8\n"),
         "2: charset must be utf-8, latin-1 or ascii, not \"utf8\""},
        {STR("[server]\nsandbox = on\n"), "2: sandbox must be off, try or require, not \"on\""},
        {STR("[server]\nworkers = 0\n"), "2: workers must be a number from 1 to 64, not \"0\""},
        {STR("[server]\nuser = a b\n"), "2: user cannot be \"a b\""},
        {STR("[limits]\nrequest_s = 0\n"),
         "2: request_s must be a number from 1 to 3600, not \"0\""},
        {STR("[robots]\ndisallow = /a, b/\n"),
         "2: disallow: \"b/\" is no path as in the capsule, like /private/"},
        {STR("[robots]\ndisallow = /a%20b/\n"),
         "2: disallow: \"/a%20b/\" is no path as in the capsule, like /private/"},
        {STR("[robots]\nindexer = maybe\n"), "2: indexer must be no or yes, not \"maybe\""},
        {STR("[gemini]\nlisten = 127.0.0.1:1965, [::1]:3000\n\n"
             "[gopher]\nlisten = 127.0.0.1:70\nlisten = [0::1]:3000\n"),
         "6: [gopher] listen: [::1]:3000 is taken by Gemini already"},
        {STR("[gemini]\nlisten = 127.0.0.1:7070\n"),
         "2: [gemini] listen: 127.0.0.1:7070 is taken by Gopher already"},
        {STR("[blog]\nicon = <\n"), "2: icon must be an emoji, not \"<\""},
        {STR("[blog]\nicon = a word\n"), "2: icon must be an emoji, not \"a word\""},
        {STR("[blog]\nicon = \U0001F600 \U0001F600\n"),
         "2: icon must be an emoji, not \"\U0001F600 \U0001F600\""},
        {STR("[limits]\nrate_exempt = 10.0.0.0/33\n"),
         "2: rate_exempt: \"10.0.0.0/33\" is no network like 10.0.0.0/8"},
        {STR("[gemini]\nport = 0\n"), "2: port must be a number from 1 to 65535, not \"0\""},
        {STR("[gemini]\nhost = ex_ample.org\n"),
         "2: host: \"ex_ample.org\" is no host name and no IP address"},
        {STR("[gemini]\nhost = -a.org\n"), "2: host: \"-a.org\" is no host name and no IP address"},
        {STR("[gemini]\nhost = 10.0.0\n"), "2: host: \"10.0.0\" is no host name and no IP address"},
        {STR("[gemini]\nhost = example.org.\n"),
         "2: host: \"example.org.\" is no host name and no IP address"},
        {STR("[gemini]\nhost = ,\n"), "2: host must not be empty"},
        {STR("[gemini]\nhost = a\nhost = b, A\n"), "3: host: \"A\" twice"},
        {STR("[gopher]\nhost = a, b\n"), "2: host: \"a, b\" is no host name and no IP address"},
        {STR("[gemini]\nlisten = localhost:1965\n"),
         "2: listen: \"localhost:1965\" is no address like 127.0.0.1:1965 or [::1]:1965"},
        {STR("[gemini]\nlisten = 127.0.0.1\n"),
         "2: listen: \"127.0.0.1\" is no address like 127.0.0.1:1965 or [::1]:1965"},
        {STR("[gemini]\nlisten = ::1:1965\n"),
         "2: listen: \"::1:1965\" is no address like 127.0.0.1:1965 or [::1]:1965"},
        {STR("[gemini]\nlisten = [::1]:65536\n"),
         "2: listen: \"[::1]:65536\" is no address like 127.0.0.1:1965 or [::1]:1965"},
        {STR("[gemini]\nlisten = 127.0.0.1:1965 width=40\n"),
         "2: listen: nothing can stand behind an address, not \"width=40\""},
        {STR("[gopher]\nlisten = 127.0.0.1:70 width=39\n"),
         "2: listen: width must be a number from 40 to 132, not \"39\""},
        {STR("[gopher]\nlisten = 127.0.0.1:70 width=40 width=40\n"),
         "2: listen: width twice for one listener"},
        {STR("[gopher]\nlisten = 127.0.0.1:70, 127.0.0.1:71 charset=utf8\n"),
         "2: listen: charset must be utf-8, latin-1 or ascii, not \"utf8\""},
        {STR("[gopher]\nlisten = 127.0.0.1:70 host=example.org\n"),
         "2: listen: a listener has no setting \"host\", but port, width, charset, posts and "
         "strict1436"},
        {STR("[gopher]\nlisten = 127.0.0.1:70 width 40\n"),
         "2: listen: width must be a number from 40 to 132, not \"\""},
        {STR("[gopher]\nlisten = 127.0.0.1:70 width=40, 127.0.0.1:70 width=60\n"),
         "2: listen: \"127.0.0.1:70 width=60\" twice"},
        {STR("[gemini]\nlisten = [::1]:1965\nlisten = [0::1]:1965\n"),
         "3: listen: \"[0::1]:1965\" twice"},
        {STR("[zone]\n"),
         "1: a zone is a folder as it is called in the capsule, like [zone /private/]"},
        {STR("[zone /private]\n"),
         "1: a zone is a folder as it is called in the capsule, like [zone /private/]"},
        {STR("[zone /a%20b/]\n"),
         "1: a zone is a folder as it is called in the capsule, like [zone /private/]"},
        {STR("[zone /a/../b/]\n"),
         "1: a zone is a folder as it is called in the capsule, like [zone /private/]"},
        {STR("[host]\n"), "1: a host with its own certificate is a name, like [host blog.example]"},
        {STR("[host 127.0.0.1]\n"),
         "1: a host with its own certificate is a name, like [host blog.example]"},
        {STR("[gemini]\nhost = a, b\n[host b]\ncert = c\n"),
         "3: the host b needs lines cert = and key ="},
        {STR("[host a]\ncert = c\nkey = k\n"), "1: a is not among the hosts of [gemini]"},
        {STR("[gemini]\nhost = a\n[host A]\ncert = c\nkey = k\n[host a]\n"),
         "6: the host a is there already, in line 3"},
        {STR("[gemini]\nhost = a\n[host a]\ncert = c\ncert = d\n"),
         "5: cert is there already, in line 4"},
        {STR("[gemini]\nhost = a\n[host a]\nsert = c\n"),
         "4: unknown key sert in [host]; did you mean cert?"},
        {STR("[gemini]\nhost = a, b\n[host a]\ncert = c\nkey = k\n[host b]\ncert = d\n"
             "key = capsule/k\n"),
         "6: key is in the capsule, where it would be served"},
        {STR("\n[zone /a/]\n"), "2: the zone /a/ needs a line require = any, or fingerprints"},
        {STR("[zone /a/]\nrequire = any\n[zone /a/]\n"),
         "3: the zone /a/ is there already, in line 1"},
        {STR("[zone /a/]\nrequire = any\nrequire = "
             "1111111111111111111111111111111111111111111111111111111111111111\n"),
         "3: require is either any or a list of fingerprints"},
        {STR("[zone /a/]\nrequire = 11\n"),
         "2: require: \"11\" is no SHA-256 fingerprint of 64 hexadecimal digits"},
        {STR("[blog]\n; " X100 X100 "\n"), "2: the line has more than 199 bytes"},
        {STR("[blog]\nsubtitle = a\0b\n"), "2: the line is not UTF-8 text"},
        {STR("[blog]\nsubtitle = a\x1b[2J\n"), "2: the line is not UTF-8 text"},
        {STR("[blog]\nsubtitle = caf\xe9\n"), "2: the line is not UTF-8 text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config;
        struct failure why = {{0}};
        const char *message;

        assert_false(load(&config, rows[i].text, &why));
        message = strstr(why.text, "/inspir.ini:");
        assert_non_null(message);
        assert_string_equal(message + strlen("/inspir.ini:"), rows[i].message);
        assert_null(config.path);
    }
}

static void
test_line_of_199_bytes_is_read(void **state)
{
    struct config config;
    struct failure why;
    struct buf text = {0};

    (void)state;
    buf_format(&text, "[blog]\ntitle = %s%.91s\n", X100, X100);
    if (!load(&config, buf_str(&text), &why))
        fail_msg("%s", why.text);
    assert_int_equal(strlen(config.blog.title), 191);
    config_free(&config);
    buf_free(&text);
}

static void
test_missing_file_is_an_error(void **state)
{
    struct config config;
    struct failure why;

    (void)state;
    assert_false(config_load(&config, "/nowhere/inspir.ini", &why));
    assert_string_equal(why.text, "/nowhere/inspir.ini: No such file or directory");
}

static void
test_list_is_limited(void **state)
{
    struct config config;
    struct failure why;
    struct buf text = {0};

    (void)state;
    buf_put(&text, STR("[gemini]\n"));
    for (int i = 0; i <= CONFIG_LIST_MAX; i++)
        buf_format(&text, "listen = 127.0.0.1:0\n");
    assert_false(load(&config, buf_str(&text), &why));
    assert_non_null(strstr(why.text, ":66: listen: more than 64 items"));
    buf_free(&text);
}

static void
assert_explains(const char *path, const char *const forms[], size_t form_count)
{
    struct buf text = {0};
    struct failure why;

    assert_true(file_read(path, CONFIG_FILE_MAX, &text, &why));
    for (size_t i = 0; i < key_count; i++) {
        bool found = false;

        for (size_t j = 0; j < form_count; j++) {
            struct buf line = {0};

            buf_format(&line, "\n%s%s", forms[2 * j], keys[i].name);
            buf_put(&line, str_of(forms[2 * j + 1]));
            found = found || strstr(buf_text(&text), buf_text(&line));
            buf_free(&line);
        }
        if (!found)
            fail_msg("%s does not explain %s", path, keys[i].name);
    }
    buf_free(&text);
}

/* tests/run starts us in the folder of the project. */
static void
test_every_key_is_explained(void **state)
{
    static const char *const in_file[] = {"", " =", ";", " ="}, *const in_manual[] = {".It Ic ",
                                                                                      "\n"};

    (void)state;
    assert_explains("inspir.ini", in_file, 2);
    assert_explains("man/inspir.ini.5", in_manual, 1);
}

static void
test_shipped_file_is_good(void **state)
{
    struct config config;
    struct failure why;

    (void)state;
    if (!config_load(&config, "inspir.ini", &why))
        fail_msg("%s", why.text);
    assert_string_equal(config.blog.title, "INSP!R Asia");
    assert_string_equal(config.blog.root, "capsule");
    assert_int_equal(config.zone_count, 0);
    config_free(&config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_file_gives_defaults),
        cmocka_unit_test(test_everything_is_read),
        cmocka_unit_test(test_listeners_have_their_own_look),
        cmocka_unit_test(test_paths_begin_at_the_ini_file),
        cmocka_unit_test(test_hosts_have_pairs_of_their_own),
        cmocka_unit_test(test_errors_name_line_and_remedy),
        cmocka_unit_test(test_line_of_199_bytes_is_read),
        cmocka_unit_test(test_missing_file_is_an_error),
        cmocka_unit_test(test_list_is_limited),
        cmocka_unit_test(test_every_key_is_explained),
        cmocka_unit_test(test_shipped_file_is_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
