/* SPDX-License-Identifier: MIT */
/**
 * @file base.h
 *
 * What every other header needs: visibility, attributes, and the two macros
 * behind every options and driver-list initialiser. Includes nothing of libmsvc.
 */
#ifndef MSVC_BASE_H
#define MSVC_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSVC_VERSION_MAJOR 0
#define MSVC_VERSION_MINOR 1
#define MSVC_VERSION_PATCH 0
#define MSVC_VERSION       "0.1.0"

#if defined(__GNUC__)
#define MSVC_API              __attribute__((visibility("default")))
#define MSVC_MUST_USE         __attribute__((warn_unused_result))
#define MSVC_PRINTF(fmt, var) __attribute__((format(printf, fmt, var)))
#else
#define MSVC_API
#define MSVC_MUST_USE
#define MSVC_PRINTF(fmt, var)
#endif

#ifdef __cplusplus
#define MSVC_BEGIN_DECLS extern "C" {
#define MSVC_END_DECLS   }

/* The address of a temporary is not allowed in C++; a temporary that knows its own address is. */
namespace msvc
{
template <class T> struct options_of {
    typedef T type; /* "struct x" with its keyword taken off: only so can it be written before {} */
    T value;
    explicit options_of(T given) : value(given)
    {
        value.size = sizeof(T);
    }
    const T *pointer() const
    {
        return &value;
    }
};

template <class T, size_t N> struct list_of {
    T items[N];
};

template <class T, class... A> list_of<T, sizeof...(A) + 1> list(A... given)
{
    return list_of<T, sizeof...(A) + 1>{ { given..., T() } };
}
} // namespace msvc

#define MSVC_OPTIONS_OF(name, ...) \
    (msvc::options_of<name>(msvc::options_of<name>::type{ __VA_ARGS__ }).pointer())
#define MSVC_LIST_OF(type, ...) (msvc::list<type>(__VA_ARGS__).items)
#else
#define MSVC_BEGIN_DECLS
#define MSVC_END_DECLS

/** A pointer to options with `size` set, that live to the end of the block. */
#define MSVC_OPTIONS_OF(type, ...) (&(const type){ .size = sizeof(type), __VA_ARGS__ })
/** An array of @p type that ends with NULL and lives to the end of the block. */
#define MSVC_LIST_OF(type, ...)    ((type[]){ __VA_ARGS__, NULL })
#endif

MSVC_BEGIN_DECLS

/** The version of the library that is loaded, "0.1.0"; compare with #MSVC_VERSION. Static. */
MSVC_API const char *msvc_version(void);

MSVC_END_DECLS

#endif
