/* SPDX-License-Identifier: MIT */
/**
 * @file contract_value.h
 *
 * What a contract (contract.h) says of one value: an example, and how much of
 * it counts.
 *
 *     MSVC_PACT_OBJECT(
 *         { "id", msvc_pact_integer("7") },
 *         { "status", msvc_pact_matches("open|paid", "open") },
 *         { "lines", MSVC_PACT_EACH_LIKE(1, MSVC_PACT_OBJECT(
 *             { "sku", msvc_pact_like(msvc_pact_text("A-1")) })) })
 *
 * The same as JSON, in the format that the other libraries of Pact share:
 *
 *     msvc_pact_json("{\"id\":{\"pact:matcher:type\":\"integer\",\"value\":7}}")
 *
 * Values are small and made on the stack; what one points to is borrowed until
 * the call it goes into returns. Nothing here fails: what makes no sense is
 * refused by that call. docs/matchers.md has every rule.
 */
#ifndef MSVC_CONTRACT_VALUE_H
#define MSVC_CONTRACT_VALUE_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

enum msvc_pact_value_kind {
    MSVC_PACT_ABSENT, /**< Nothing at all. */
    MSVC_PACT_TEXT_VALUE,
    MSVC_PACT_JSON_VALUE, /**< With rules and generators in it, perhaps. */
    MSVC_PACT_OBJECT_VALUE,
    MSVC_PACT_ARRAY_VALUE,
    MSVC_PACT_VARIANTS_VALUE,
    MSVC_PACT_BYTES_VALUE,
    MSVC_PACT_DEFINED_VALUE, /**< What an expression says. */
};

struct msvc_pact_member;

/** An example and how much of it counts. Make one with the functions and macros below. */
struct msvc_pact_value {
    enum msvc_pact_value_kind kind;
    const char *text;           /**< A text, JSON, bytes, or an expression. */
    size_t length;              /**< Of bytes. */
    const char *rule;           /**< The name of a matcher; NULL: equal to the example. */
    const char *operand;        /**< What that matcher needs: a regex, a format. */
    bool operand_is_attributes; /**< It is an object of all it needs, as JSON. */
    const char *generator;      /**< Makes it anew: "Uuid". */
    const char *expression;     /**< What the provider's state puts in. */
    const struct msvc_pact_member *members; /**< Of an object; ended by a NULL name. */
    const struct msvc_pact_value *elements; /**< Of an array: its template; of variants: a list
                                               that one of kind #MSVC_PACT_ABSENT ends; of an
                                               expression: its example. */
    size_t least;                           /**< Elements of an array; 0: no limit. */
    size_t most;                            /**< Elements of an array; 0: no limit. */
};

/** A member of an object, a header, a query parameter or a message's metadata. */
struct msvc_pact_member {
    const char *name;
    struct msvc_pact_value value;
};

/** Exactly this text. */
MSVC_API struct msvc_pact_value msvc_pact_text(const char *text);
/** Exactly this JSON: `msvc_pact_json("42.50")`, `msvc_pact_json("[1, null]")`; but an object with
 * a `pact:matcher:type` or `pact:generator:type` in it means what these ask for. */
MSVC_API struct msvc_pact_value msvc_pact_json(const char *json);
/** Exactly these bytes, as a body of a type that is not text. */
MSVC_API struct msvc_pact_value msvc_pact_bytes(const void *bytes, size_t length);
/** Of the type of @p value; what is inside counts by its type too, unless it says otherwise. */
MSVC_API struct msvc_pact_value msvc_pact_like(struct msvc_pact_value value);
/** Equal to @p value, even inside of something that is msvc_pact_like(). */
MSVC_API struct msvc_pact_value msvc_pact_equal(struct msvc_pact_value value);
/** Any text that @p regex (Perl's syntax) matches from end to end. */
MSVC_API struct msvc_pact_value msvc_pact_matches(const char *regex, const char *example);
/** Any text with @p part in it. */
MSVC_API struct msvc_pact_value msvc_pact_includes(const char *part, const char *example);
/** Any whole number; @p example is JSON. */
MSVC_API struct msvc_pact_value msvc_pact_integer(const char *example);
/** Any number with a fraction; @p example is JSON. */
MSVC_API struct msvc_pact_value msvc_pact_decimal(const char *example);
/** Any number; @p example is JSON. */
MSVC_API struct msvc_pact_value msvc_pact_number(const char *example);
/** Any truth value. */
MSVC_API struct msvc_pact_value msvc_pact_boolean(bool example);
/** null. */
MSVC_API struct msvc_pact_value msvc_pact_null(void);
/** A date, time or both in the format of Java's DateTimeFormatter: "yyyy-MM-dd", "HH:mm:ss",
 * "yyyy-MM-dd'T'HH:mm:ssXXX". */
MSVC_API struct msvc_pact_value msvc_pact_date(const char *format, const char *example);
MSVC_API struct msvc_pact_value msvc_pact_time(const char *format, const char *example);
MSVC_API struct msvc_pact_value msvc_pact_datetime(const char *format, const char *example);
/** Any UUID; each payload that is made of it has another one. */
MSVC_API struct msvc_pact_value msvc_pact_uuid(const char *example);
/** Something of the type of @p value that is not empty. Version 4. */
MSVC_API struct msvc_pact_value msvc_pact_not_empty(struct msvc_pact_value value);
/** A version as semver.org has it. Version 4. */
MSVC_API struct msvc_pact_value msvc_pact_semver(const char *example);
/** Any other matcher of the specification, with its attributes as members of @p attributes (a JSON
 * object, or NULL): `msvc_pact_rule("contentType", "{\"value\":\"image/png\"}", example)`. */
MSVC_API struct msvc_pact_value msvc_pact_rule(const char *matcher, const char *attributes,
                                               struct msvc_pact_value example);
/** What the definition language of matching rules says: `"matching(regex, '[0-9]+', '7')"`.
 * @p example is for one that has none, such as `"atLeast(2)"`; else NULL. */
MSVC_API struct msvc_pact_value msvc_pact_defined(const char *expression,
                                                  const struct msvc_pact_value *example);
/** Let the provider put in what it has made in its state: `"${id}"`, "/users/${id}". */
MSVC_API struct msvc_pact_value msvc_pact_from_state(const char *expression,
                                                     struct msvc_pact_value example);
/** An object of these members, ended by a NULL name; see #MSVC_PACT_OBJECT. */
MSVC_API struct msvc_pact_value msvc_pact_object(const struct msvc_pact_member *members);
/** An array of elements like @p element; see #MSVC_PACT_EACH_LIKE. @p most 0: no limit. */
MSVC_API struct msvc_pact_value msvc_pact_each_like(const struct msvc_pact_value *element,
                                                    size_t least, size_t most);
/** An array in which each variant is found at least once; see #MSVC_PACT_CONTAINS. Version 4. */
MSVC_API struct msvc_pact_value msvc_pact_contains(const struct msvc_pact_value *variants);

/** Lists and objects that live to the end of the block. C only. */
#define MSVC_PACT_MEMBERS(...) ((const struct msvc_pact_member[]){ __VA_ARGS__, { .name = NULL } })
#define MSVC_PACT_OBJECT(...)  (msvc_pact_object(MSVC_PACT_MEMBERS(__VA_ARGS__)))
#define MSVC_PACT_EACH_LIKE(least, ...) \
    (msvc_pact_each_like((const struct msvc_pact_value[]){ __VA_ARGS__ }, (least), 0))
#define MSVC_PACT_CONTAINS(...) \
    (msvc_pact_contains(        \
        (const struct msvc_pact_value[]){ __VA_ARGS__, { .kind = MSVC_PACT_ABSENT } }))

MSVC_END_DECLS

#endif
