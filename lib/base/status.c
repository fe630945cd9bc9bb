/* SPDX-License-Identifier: MIT */
#include <msvc/status.h>

struct status_entry {
    int status;
    enum msvc_retry_advice retry;
    const char *name;
    const char *text;
};

#define STATUS_ENTRY(name, value, retry, text) \
    [-(value)] = { (value), MSVC_RETRY_##retry, #name, (text) },
static const struct status_entry entries[] = { [0] = { 0, MSVC_RETRY_NEVER, "OK", "success" },
                                               MSVC_STATUS_MAP(STATUS_ENTRY) };
#undef STATUS_ENTRY

static const struct status_entry unknown = { 0, MSVC_RETRY_NEVER, "?", "unknown status" };

static const struct status_entry *find(int status)
{
    int count = (int)(sizeof(entries) / sizeof(entries[0]));

    if (status >= 0)
        return &entries[0];
    if (status <= -count || entries[-status].name == NULL)
        return &unknown;
    return &entries[-status];
}

const char *msvc_status_text(int status)
{
    return find(status)->text;
}

const char *msvc_status_name(int status)
{
    return find(status)->name;
}

enum msvc_retry_advice msvc_status_retry(int status)
{
    return find(status)->retry;
}

const char *msvc_version(void)
{
    return MSVC_VERSION;
}
