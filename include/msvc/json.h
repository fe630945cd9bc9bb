/* SPDX-License-Identifier: MIT */
/**
 * @file json.h
 *
 * JSON (RFC 8259) twice: a writer that cannot write anything invalid, and a
 * reader that keeps numbers as they were written, whatever their length.
 *
 *     struct msvc_json_writer w;
 *
 *     msvc_json_writer_init(&w, &buffer);
 *     msvc_json_begin_object(&w);
 *     msvc_json_member_text(&w, "id", order_id);
 *     msvc_json_member_int(&w, "total", 4200);
 *     msvc_json_end_object(&w);
 *     status = msvc_json_writer_status(&w);
 *
 *     msvc_json_parse(&document, body, length, NULL, &err);
 *     id = msvc_json_string(msvc_json_member(msvc_json_root(document), "id"), NULL);
 *
 * Getters accept NULL and the wrong type, so that a path through a document
 * needs one check at its end.
 */
#ifndef MSVC_JSON_H
#define MSVC_JSON_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;
struct msvc_error;

/** Deepest nesting that is written, and read unless the options say less. */
#define MSVC_JSON_DEPTH_MAX 512

/** Longest text that is read, whatever the options say, in bytes: 1 GiB. */
#define MSVC_JSON_LENGTH_MAX 0x40000000

/** Writes one document. Initialise it; nothing to clear. Threading: one thread at a time. */
struct msvc_json_writer {
    struct msvc_buffer *out;                /**< Private. */
    int status;                             /**< Private. */
    unsigned depth;                         /**< Private. */
    bool needs_comma;                       /**< Private. */
    bool after_key;                         /**< Private. */
    uint8_t kinds[MSVC_JSON_DEPTH_MAX / 8]; /**< Private: array or object, a bit per level. */
};

/** Start a document at the end of @p out, which must outlive the writer. */
MSVC_API void msvc_json_writer_init(struct msvc_json_writer *writer, struct msvc_buffer *out);

MSVC_API void msvc_json_begin_object(struct msvc_json_writer *writer);
MSVC_API void msvc_json_end_object(struct msvc_json_writer *writer);
MSVC_API void msvc_json_begin_array(struct msvc_json_writer *writer);
MSVC_API void msvc_json_end_array(struct msvc_json_writer *writer);

/** Write a member's name; its value comes next. NULL fails with #MSVC_ERR_INVALID. */
MSVC_API void msvc_json_key(struct msvc_json_writer *writer, const char *name);

/** Write a string; NULL writes null. Bytes that are not UTF-8 become U+FFFD. */
MSVC_API void msvc_json_text(struct msvc_json_writer *writer, const char *text);
MSVC_API void msvc_json_text_n(struct msvc_json_writer *writer, const char *text, size_t length);
MSVC_API void msvc_json_int(struct msvc_json_writer *writer, int64_t number);
MSVC_API void msvc_json_uint(struct msvc_json_writer *writer, uint64_t number);
/** Write the fewest digits that read back as @p number; NaN and infinities become null. */
MSVC_API void msvc_json_double(struct msvc_json_writer *writer, double number);
MSVC_API void msvc_json_bool(struct msvc_json_writer *writer, bool truth);
MSVC_API void msvc_json_null(struct msvc_json_writer *writer);
/** Write @p json as it stands. It must be one valid value: not checked. */
MSVC_API void msvc_json_raw(struct msvc_json_writer *writer, const char *json, size_t length);

/* A name and a value in one call. */
MSVC_API void msvc_json_member_text(struct msvc_json_writer *writer, const char *name,
                                    const char *text);
MSVC_API void msvc_json_member_int(struct msvc_json_writer *writer, const char *name,
                                   int64_t number);
MSVC_API void msvc_json_member_bool(struct msvc_json_writer *writer, const char *name, bool truth);

/** @return 0 when the document is complete; #MSVC_ERR_STATE when calls came in a wrong order,
 * #MSVC_ERR_LIMIT too deep, #MSVC_ERR_INVALID for a NULL, or what the buffer says. */
MSVC_API int msvc_json_writer_status(const struct msvc_json_writer *writer);

/** A parsed document. Immutable. Threading: safe. */
struct msvc_json_document;

/** A value in a document; borrowed until the document is freed. Threading: safe. */
struct msvc_json;

enum msvc_json_type {
    MSVC_JSON_NONE, /**< What NULL is: a member that is not there. */
    MSVC_JSON_NULL,
    MSVC_JSON_FALSE,
    MSVC_JSON_TRUE,
    MSVC_JSON_NUMBER,
    MSVC_JSON_STRING,
    MSVC_JSON_ARRAY,
    MSVC_JSON_OBJECT,
};

/** How to read. Start from #MSVC_JSON_OPTIONS; 0 means the default. */
struct msvc_json_options {
    size_t size;          /**< Set by #MSVC_JSON_OPTIONS. */
    unsigned depth_limit; /**< Default and most #MSVC_JSON_DEPTH_MAX. */
    size_t length_limit; /**< Longest input in bytes. Default 64 MiB, most #MSVC_JSON_LENGTH_MAX. */
    bool allow_duplicates; /**< Accept a name twice in an object: only the last one is
                              there. Default: refused. */
};

#define MSVC_JSON_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_json_options, __VA_ARGS__)

/**
 * Parse one document; only white space may follow it. Strictly RFC 8259, UTF-8 without BOM.
 * The document takes about 5 times the memory of its text, 35 times at worst.
 *
 * @param[out] out  Owned by the caller; keeps nothing of @p text; untouched on failure.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_MALFORMED with line and column, #MSVC_ERR_LIMIT too long or too deep,
 *         #MSVC_ERR_INVALID for a NULL or a limit above the most, #MSVC_ERR_UNSUPPORTED (options of
 *         a newer version) or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_json_parse(struct msvc_json_document **out, const char *text,
                                           size_t length, const struct msvc_json_options *options,
                                           struct msvc_error *err);

/** Destroy @p document and every value in it. NULL is ignored. */
MSVC_API void msvc_json_free(struct msvc_json_document *document);

MSVC_API const struct msvc_json *msvc_json_root(const struct msvc_json_document *document);
MSVC_API enum msvc_json_type msvc_json_type(const struct msvc_json *value);

/** The member named @p name, NULL when there is none or @p value is no object. */
MSVC_API const struct msvc_json *msvc_json_member(const struct msvc_json *value, const char *name);

/** How many elements or members; 0 for anything else. */
MSVC_API size_t msvc_json_count(const struct msvc_json *value);

/** The first element or member's value, in the order written; NULL when empty. */
MSVC_API const struct msvc_json *msvc_json_first(const struct msvc_json *value);

/** The one after @p value in its array or object; NULL at the end. */
MSVC_API const struct msvc_json *msvc_json_next(const struct msvc_json *value);

/** The name under which @p value is a member, NULL when it is none. @param[out] length  Optional; a
 * name may hold NULs. */
MSVC_API const char *msvc_json_name(const struct msvc_json *value, size_t *length);

/** The string, NUL-terminated; NULL when it is not one. @param[out] length  Optional; a string may
 * hold NULs. */
MSVC_API const char *msvc_json_string(const struct msvc_json *value, size_t *length);

/** The number exactly as written; NULL when it is not one. */
MSVC_API const char *msvc_json_number(const struct msvc_json *value);

/**
 * Read a whole number; 1.0 and 1e2 are whole.
 *
 * @param[out] out  Untouched on failure.
 * @return 0, #MSVC_ERR_NOT_FOUND for NULL, #MSVC_ERR_INVALID when it is not a whole number,
 * #MSVC_ERR_LIMIT when it does not fit.
 */
MSVC_API MSVC_MUST_USE int msvc_json_get_int(int64_t *out, const struct msvc_json *value);

MSVC_END_DECLS

#endif
