/* SPDX-License-Identifier: MIT */
/* What a parsed value is made of; shared by the reader, the index and the getters. */
#ifndef MSVC_BASE_JSON_INTERNAL_H
#define MSVC_BASE_JSON_INTERNAL_H

#include <msvc/json.h>

struct msvc_error;

/* Objects with more members than this have an index. */
#define MSVC__JSON_INDEX_ABOVE 16

/* Names by hash: open addressing, half full at most. Keyed, so that nobody can make names collide.
 */
struct msvc__json_index {
    uint64_t key[2];
    size_t mask;
    struct msvc_json *slots[]; /* mask + 1 */
};

struct msvc_json {
    const char *name; /* NULL when it is no member; its NUL is not counted */
    struct msvc_json *next;
    union {
        const char *text; /* of a string, decoded, or of a number, as written */
        struct {
            struct msvc_json *first;
            struct msvc__json_index *index; /* NULL for arrays and small objects */
        } children;
    } value;
    uint32_t name_length;
    uint32_t length; /* bytes of text, or number of children */
    enum msvc_json_type type;
};

/* Where the reader is. Every function below says where and what was found when it fails. */
struct msvc__json_scanner {
    const char *start;
    const char *at;
    const char *end;
    char *pool; /* where decoded text goes; it never overtakes what was read */
    struct msvc_error *err;
};

/* Fill err with "line, column: message" and return `status`. */
int msvc__json_fail(const struct msvc__json_scanner *s, int status, const char *at,
                    const char *message);

/* Fill err with "expected `what`, found …" and return MSVC_ERR_MALFORMED. */
int msvc__json_expected(const struct msvc__json_scanner *s, const char *what);

void msvc__json_skip_space(struct msvc__json_scanner *s);

/* Whether `byte` comes next; it is then read. */
bool msvc__json_take(struct msvc__json_scanner *s, char byte);

/* Read what stands behind an opening quote, decoded into the pool, with the closing quote. */
int msvc__json_read_string(struct msvc__json_scanner *s, const char **text, uint32_t *length);

/* Read a number; nothing goes to the pool. */
int msvc__json_scan_number(struct msvc__json_scanner *s);

/* Bytes that msvc__json_index_members() needs for an object of `count` members. */
size_t msvc__json_index_size(size_t count);

/*
 * Look for names that occur twice in a complete object, and fill `index` on
 * the way (NULL for a small object). Of two members with one name the first is
 * taken out when `drops_duplicates`, else it is returned. NULL when all is well.
 */
const struct msvc_json *msvc__json_index_members(struct msvc_json *object,
                                                 struct msvc__json_index *index,
                                                 const uint64_t key[2], bool drops_duplicates);

/* The member with that name, NULL when there is none. */
const struct msvc_json *msvc__json_find(const struct msvc_json *object, const char *name,
                                        size_t length);

#endif
