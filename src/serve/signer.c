#include "serve/signer.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "base/mem.h"

static const char provider_name[] = "inspir-keyring";
static const char parameter_private[] = "inspir-private"; /* a struct private_half */

struct signer {
    OSSL_LIB_CTX *library; /* else OpenSSL might take our keys for what it makes itself */
    OSSL_PROVIDER *provider;
};

/* Where the half is that is not here. */
struct private_half {
    struct keyline *line; /* NULL: nowhere */
    unsigned index;
};

struct key {
    const char *kind; /* as OpenSSL calls it */
    EVP_PKEY *public; /* of OpenSSL's own provider */
    struct private_half private;
};

/* One signature to be made. */
struct signature {
    const struct key *key; /* borrowed */
    uint16_t hash;         /* bytes, 0: none */
    bool is_pss;
};

/* --- keys --- */

static void *
key_new(const char *kind)
{
    struct key *key = mem_new(sizeof *key);

    key->kind = kind;
    return key;
}

static void *
on_new_ec(void *provider)
{
    (void)provider;
    return key_new("EC");
}

static void *
on_new_rsa(void *provider)
{
    (void)provider;
    return key_new("RSA");
}

static void *
on_new_ed25519(void *provider)
{
    (void)provider;
    return key_new("ED25519");
}

static void
on_key_free(void *ctx)
{
    struct key *key = ctx;

    EVP_PKEY_free(key->public);
    free(key);
}

/* OpenSSL gives us public halves also to compare them. */
static int
on_key_import(void *ctx, int selection, const OSSL_PARAM params[])
{
    struct key *key = ctx;
    const OSSL_PARAM *private = OSSL_PARAM_locate_const(params, parameter_private);
    EVP_PKEY_CTX *builder = EVP_PKEY_CTX_new_from_name(NULL, key->kind, NULL);
    bool done = builder && EVP_PKEY_fromdata_init(builder) == 1 &&
                EVP_PKEY_fromdata(builder, &key->public, EVP_PKEY_PUBLIC_KEY,
                                  (OSSL_PARAM *)params) == 1; /* which it only reads */

    (void)selection;
    EVP_PKEY_CTX_free(builder);
    if (done && private && private->data_size == sizeof key->private)
        memcpy(&key->private, private->data, sizeof key->private);
    return done;
}

static const OSSL_PARAM *
on_key_import_types(int selection)
{
    static const OSSL_PARAM none[] = {OSSL_PARAM_END};

    (void)selection;
    return none;
}

static int
on_key_has(const void *ctx, int selection)
{
    const struct key *key = ctx;

    return key->public && ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key->private.line);
}

static int
on_key_match(const void *a, const void *b, int selection)
{
    const struct key *first = a, *second = b;

    (void)selection;
    return first->public && second->public && EVP_PKEY_eq(first->public, second->public) == 1;
}

/* Sizes, strength, group: all that a public half tells. */
static int
on_key_get_params(void *ctx, OSSL_PARAM params[])
{
    const struct key *key = ctx;

    return key->public && EVP_PKEY_get_params(key->public, params) == 1;
}

static const OSSL_PARAM *
on_key_gettable_params(void *provider)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)provider;
    return params;
}

static const char *
on_ec_operation_name(int operation)
{
    (void)operation;
    return "ECDSA";
}

/* --- signatures --- */

static void *
on_signature_new(void *provider, const char *properties)
{
    (void)provider;
    (void)properties;
    return mem_new(sizeof(struct signature));
}

/* RSA signs with PSS where TLS asks for it, always with a salt as long as the hash. */
static int
on_signature_set_params(void *ctx, const OSSL_PARAM params[])
{
    struct signature *signature = ctx;
    const OSSL_PARAM *padding =
        params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE) : NULL;
    int mode;

    if (!padding)
        return 1;
    if (padding->data_type == OSSL_PARAM_UTF8_STRING)
        signature->is_pss = strcmp(padding->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
    else if (OSSL_PARAM_get_int(padding, &mode) == 1)
        signature->is_pss = mode == RSA_PKCS1_PSS_PADDING;
    else
        return 0;
    return 1;
}

static const OSSL_PARAM *
on_signature_settable_params(void *ctx, void *provider)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)provider;
    return params;
}

static int
on_sign_init(void *ctx, const char *hash, void *key, const OSSL_PARAM params[])
{
    struct signature *signature = ctx;
    const EVP_MD *md = hash && *hash ? EVP_get_digestbyname(hash) : NULL;

    signature->key = key;
    signature->hash = md ? (uint16_t)EVP_MD_get_size(md) : 0;
    signature->is_pss = false;
    return signature->key->private.line && (md || !hash || !*hash) &&
           on_signature_set_params(ctx, params);
}

/* With no room given, only says how much it may take. */
static int
on_sign(void *ctx, unsigned char *out, size_t *len, size_t room, const unsigned char *text,
        size_t text_len)
{
    const struct signature *signature = ctx;
    const struct private_half *private = &signature->key->private;
    struct keyline_request request = {
        .key = (uint16_t) private->index,
        .hash = signature->hash,
        .is_pss = signature->is_pss,
        .text_len = (uint16_t)text_len,
    };
    struct keyline_reply reply;

    if (!out) {
        *len = (size_t)EVP_PKEY_get_size(signature->key->public);
        return 1;
    }
    if (text_len > sizeof request.text)
        return 0;
    memcpy(request.text, text, text_len);
    if (!keyline_ask(private->line, &request, &reply) || reply.signature_len > room)
        return 0;
    memcpy(out, reply.signature, reply.signature_len);
    *len = reply.signature_len;
    return 1;
}

/* --- what OpenSSL finds --- */

#define FUNCTION(name) ((void (*)(void))(name))
#define KEY_FUNCTIONS(new)                                                                   \
    {OSSL_FUNC_KEYMGMT_NEW, FUNCTION(new)}, {OSSL_FUNC_KEYMGMT_FREE, FUNCTION(on_key_free)}, \
        {OSSL_FUNC_KEYMGMT_IMPORT, FUNCTION(on_key_import)},                                 \
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, FUNCTION(on_key_import_types)},                     \
        {OSSL_FUNC_KEYMGMT_HAS, FUNCTION(on_key_has)},                                       \
        {OSSL_FUNC_KEYMGMT_MATCH, FUNCTION(on_key_match)},                                   \
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, FUNCTION(on_key_get_params)},                         \
    {                                                                                        \
        OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, FUNCTION(on_key_gettable_params)                  \
    }

static const OSSL_DISPATCH ec_functions[] = {
    KEY_FUNCTIONS(on_new_ec),
    {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, FUNCTION(on_ec_operation_name)},
    {0, NULL},
};
static const OSSL_DISPATCH rsa_functions[] = {KEY_FUNCTIONS(on_new_rsa), {0, NULL}};
static const OSSL_DISPATCH ed25519_functions[] = {KEY_FUNCTIONS(on_new_ed25519), {0, NULL}};

static const OSSL_DISPATCH signature_functions[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, FUNCTION(on_signature_new)},
    {OSSL_FUNC_SIGNATURE_FREECTX, FUNCTION(free)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, FUNCTION(on_sign_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, FUNCTION(on_sign)},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, FUNCTION(on_signature_set_params)},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, FUNCTION(on_signature_settable_params)},
    {0, NULL},
};

static const OSSL_ALGORITHM *
on_query(void *provider, int operation, int *may_not_keep)
{
    static const char any[] = "provider=inspir-keyring";
    static const OSSL_ALGORITHM kinds[] = {
        {"EC:id-ecPublicKey", any, ec_functions, NULL},
        {"RSA:rsaEncryption", any, rsa_functions, NULL},
        {"ED25519", any, ed25519_functions, NULL},
        {NULL, NULL, NULL, NULL},
    };
    static const OSSL_ALGORITHM signatures[] = {
        {"ECDSA", any, signature_functions, NULL},
        {"RSA:rsaEncryption", any, signature_functions, NULL},
        {"ED25519", any, signature_functions, NULL},
        {NULL, NULL, NULL, NULL},
    };

    (void)provider;
    *may_not_keep = 0;
    if (operation == OSSL_OP_KEYMGMT)
        return kinds;
    return operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int
on_load(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *offered, const OSSL_DISPATCH **functions,
        void **provider)
{
    static const OSSL_DISPATCH ours[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, FUNCTION(on_query)},
        {0, NULL},
    };

    (void)offered;
    *functions = ours;
    *provider = (void *)core; /* all that is known is in the keys */
    return 1;
}

/* --- what we do with it --- */

struct signer *
signer_new(struct failure *why)
{
    struct signer *signer = mem_new(sizeof *signer);

    signer->library = OSSL_LIB_CTX_new();
    if (signer->library && OSSL_PROVIDER_add_builtin(signer->library, provider_name, on_load) == 1)
        signer->provider = OSSL_PROVIDER_load(signer->library, provider_name);
    if (signer->provider)
        return signer;
    signer_free(signer);
    fail(why, "OpenSSL takes no keys from a process of their own");
    return NULL;
}

void
signer_free(struct signer *signer)
{
    if (!signer)
        return;
    if (signer->provider)
        OSSL_PROVIDER_unload(signer->provider);
    OSSL_LIB_CTX_free(signer->library);
    free(signer);
}

EVP_PKEY *
signer_key(struct signer *signer, const EVP_PKEY *public, struct keyline *line, unsigned index,
           struct failure *why)
{
    struct private_half private = {.line = line, .index = index};
    OSSL_PARAM ours[] = {
        OSSL_PARAM_construct_octet_string(parameter_private, &private, sizeof private),
        OSSL_PARAM_construct_end(),
    };
    OSSL_PARAM *theirs = NULL, *all = NULL;
    EVP_PKEY_CTX *builder =
        EVP_PKEY_CTX_new_from_name(signer->library, EVP_PKEY_get0_type_name(public), NULL);
    EVP_PKEY *key = NULL;

    if (EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &theirs) == 1)
        all = OSSL_PARAM_merge(theirs, ours);
    if (!builder || !all || EVP_PKEY_fromdata_init(builder) != 1 ||
        EVP_PKEY_fromdata(builder, &key, EVP_PKEY_KEYPAIR, all) != 1)
        fail(why, "a key of the kind %s cannot be in a process of its own",
             EVP_PKEY_get0_type_name(public));
    ERR_clear_error();
    OPENSSL_free(all);
    OSSL_PARAM_free(theirs);
    EVP_PKEY_CTX_free(builder);
    return key;
}
