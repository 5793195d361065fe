#include "import/jsonld.h"

#include <json-c/json.h>

/* Appends a text; other values say nothing. */
static void
put_text(struct buf *out, const struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        buf_put(out, (struct str){json_object_get_string((struct json_object *)value),
                                  (size_t)json_object_get_string_len(value)});
}

/* BlogPosting, NewsArticle, …: one type or a list of them. */
static bool
is_posting(struct json_object *object)
{
    struct json_object *type = json_object_object_get(object, "@type");
    size_t count = json_object_is_type(type, json_type_array) ? json_object_array_length(type) : 1;

    for (size_t i = 0; i < count; i++) {
        struct json_object *one =
            json_object_is_type(type, json_type_array) ? json_object_array_get_idx(type, i) : type;
        struct str name = str_of(json_object_get_string(one));

        if (json_object_is_type(one, json_type_string) &&
            (str_ends(name, STR("Posting")) || str_ends(name, STR("Article"))))
            return true;
    }
    return false;
}

/* The value itself, or a member of it: "author": "N" and "author": {"name": "N"}. */
static void
put_member(struct buf *out, struct json_object *value, const char *member)
{
    if (json_object_is_type(value, json_type_array))
        value = json_object_array_get_idx(value, 0);
    if (json_object_is_type(value, json_type_object))
        value = json_object_object_get(value, member);
    put_text(out, value);
}

static bool
read_object(struct jsonld *posting, struct json_object *object)
{
    if (!json_object_is_type(object, json_type_object) || !is_posting(object))
        return false;
    put_text(&posting->headline, json_object_object_get(object, "headline"));
    put_text(&posting->published, json_object_object_get(object, "datePublished"));
    put_text(&posting->modified, json_object_object_get(object, "dateModified"));
    put_member(&posting->author, json_object_object_get(object, "author"), "name");
    put_member(&posting->address, json_object_object_get(object, "mainEntityOfPage"), "@id");
    if (posting->address.len == 0)
        put_text(&posting->address, json_object_object_get(object, "url"));
    return true;
}

static bool
read_list(struct jsonld *posting, struct json_object *list)
{
    size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

    for (size_t i = 0; i < count; i++)
        if (read_object(posting, json_object_array_get_idx(list, i)))
            return true;
    return false;
}

bool
jsonld_read(struct jsonld *posting, struct str json)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSONLD_DEPTH_MAX);
    struct json_object *root = NULL;
    bool found = false;

    *posting = (struct jsonld){0};
    json = str_trim(json);
    if (tokener && json.len > 0 && json.len <= JSONLD_MAX)
        root = json_tokener_parse_ex(tokener, json.ptr, (int)json.len);
    if (root)
        found = read_object(posting, root) || read_list(posting, root) ||
                (json_object_is_type(root, json_type_object) &&
                 read_list(posting, json_object_object_get(root, "@graph")));
    json_object_put(root);
    if (tokener)
        json_tokener_free(tokener); /* takes no NULL */
    return found;
}

void
jsonld_free(struct jsonld *posting)
{
    buf_free(&posting->headline);
    buf_free(&posting->published);
    buf_free(&posting->modified);
    buf_free(&posting->author);
    buf_free(&posting->address);
}
