/* SPDX-License-Identifier: MIT */
/**
 * @file settings.h
 *
 * Configuration from the environment (12-factor): say once what there is, read
 * it at the start, and get every mistake in one report.
 *
 *     static const struct msvc_setting settings[] = {
 *         { "LIMIT", MSVC_SETTING_NUMBER, "500000", "largest payment", .least = 1 },
 *         { NULL },
 *     };
 *
 *     msvc_settings_read(&found, "PAYMENT_", settings, environ, &problems);
 *     limit = msvc_settings_number(found, "LIMIT");
 *
 * A name with the prefix in front wins over the bare name: `PAYMENT_LOG_LEVEL`
 * over `LOG_LEVEL`. An empty value counts as unset.
 */
#ifndef MSVC_SETTINGS_H
#define MSVC_SETTINGS_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;

enum msvc_setting_kind {
    MSVC_SETTING_TEXT,
    MSVC_SETTING_NUMBER, /**< A whole number from least to most (most 0: no upper bound). */
    MSVC_SETTING_FLAG,   /**< true, false, yes, no, on, off, 1 or 0. */
    MSVC_SETTING_URL,    /**< What url.h reads. */
};

/** One setting. Static data; lists end with a NULL name. */
struct msvc_setting {
    const char *name; /**< "STORE_URL", without the prefix. */
    enum msvc_setting_kind kind;
    const char *fallback; /**< As text; NULL: required. "" is a legal empty value. */
    const char *help;     /**< One line for --help. */
    int64_t least, most;  /**< For numbers. */
    bool is_secret;       /**< The value is never shown. */
};

/** Settings that were read. Immutable. Threading: safe. */
struct msvc_settings;

/**
 * Read @p settings from @p environment.
 *
 * @param[out] out       Owned by the caller; untouched on failure. Refers to @p settings, which
 * must outlive it.
 * @param prefix         "ORDER_"; NULL or "" for none.
 * @param environment    As environ.
 * @param[out] problems  A line for every setting that is missing or wrong: what was found (unless
 * secret) and expected.
 * @return 0, #MSVC_ERR_INVALID when there are problems or for a NULL, or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_settings_read(struct msvc_settings **out, const char *prefix,
                                              const struct msvc_setting *settings,
                                              char *const *environment,
                                              struct msvc_buffer *problems);
MSVC_API void msvc_settings_free(struct msvc_settings *settings);

/** The value as text, NULL for a name that is not a setting. Borrowed. */
MSVC_API const char *msvc_settings_text(const struct msvc_settings *settings, const char *name);
/** 0 for a name that is not a number. */
MSVC_API int64_t msvc_settings_number(const struct msvc_settings *settings, const char *name);
/** false for a name that is not a flag. */
MSVC_API bool msvc_settings_flag(const struct msvc_settings *settings, const char *name);

/** Append a line or two for each setting: name, default, help. */
MSVC_API void msvc_settings_help(struct msvc_buffer *out, const char *prefix,
                                 const struct msvc_setting *settings);

MSVC_END_DECLS

#endif
