/* SPDX-License-Identifier: MIT */
/**
 * @file attribute.h
 *
 * A key and a typed value, as spans, log records and resources carry them.
 *
 *     msvc_log_info(log, "order.created", MSVC_STR("order.id", id), MSVC_I64("total", 4200));
 */
#ifndef MSVC_ATTRIBUTE_H
#define MSVC_ATTRIBUTE_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

enum msvc_attribute_type {
    MSVC_ATTRIBUTE_STRING,
    MSVC_ATTRIBUTE_INT,
    MSVC_ATTRIBUTE_DOUBLE,
    MSVC_ATTRIBUTE_BOOL,
};

struct msvc_attribute {
    const char *key; /**< UTF-8; dotted lower case by convention. */
    enum msvc_attribute_type type;
    union {
        struct {
            const char *data; /**< NULL is the empty string. */
            size_t length;
        } string;
        int64_t integer;
        double number;
        bool truth;
    } value;
};

/** Make attributes; the strings are borrowed, the call they go into copies them. */
MSVC_API struct msvc_attribute msvc_attribute_string(const char *key, const char *text);
MSVC_API struct msvc_attribute msvc_attribute_string_n(const char *key, const char *text,
                                                       size_t length);
MSVC_API struct msvc_attribute msvc_attribute_int(const char *key, int64_t number);
MSVC_API struct msvc_attribute msvc_attribute_double(const char *key, double number);
MSVC_API struct msvc_attribute msvc_attribute_bool(const char *key, bool truth);

#define MSVC_STR(key, text)          msvc_attribute_string((key), (text))
#define MSVC_STRN(key, text, length) msvc_attribute_string_n((key), (text), (length))
#define MSVC_I64(key, number)        msvc_attribute_int((key), (number))
#define MSVC_F64(key, number)        msvc_attribute_double((key), (number))
#define MSVC_BOOL(key, truth)        msvc_attribute_bool((key), (truth))

/* Behind the macros that take attributes at the end: an array ended by one without a key. */
#ifdef __cplusplus
MSVC_END_DECLS
namespace msvc
{
template <size_t N> struct attributes_of {
    struct msvc_attribute items[N];
};
template <class... A> attributes_of<sizeof...(A) + 1> attributes(A... given)
{
    return attributes_of<sizeof...(A) + 1>{ { given..., msvc_attribute() } };
}
} // namespace msvc
MSVC_BEGIN_DECLS
#define MSVC_ATTRIBUTES(...) (msvc::attributes(__VA_ARGS__).items)
#else
/** An array of attributes, ended by one whose key is NULL, that lives to the end of the block. */
#define MSVC_ATTRIBUTES(...) MSVC_ATTRIBUTES_(__VA_ARGS__)
#define MSVC_ATTRIBUTES_(...) \
    ((const struct msvc_attribute *)(const struct msvc_attribute[]){ __VA_ARGS__, { 0 } })
#endif

MSVC_END_DECLS

#endif
