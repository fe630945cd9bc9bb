/* SPDX-License-Identifier: MIT */
/* The content type matcher: looks at the bytes, and not at what was said of them. */
#include <msvc/buffer.h>
#include <msvc/json.h>

#include "contract/content_internal.h"
#include "contract/matcher_internal.h"
#include "message/base64_internal.h"

static bool refuse(struct msvc_buffer *why, const char *wanted, const char *found)
{
    msvc_buffer_printf(why,
                       "Expected binary contents to have content type '%s' but detected contents "
                       "was '%s'",
                       wanted, found);
    return false;
}

static bool accepts(const char *wanted, const char *bytes, size_t length, struct msvc_buffer *why)
{
    return msvc__content_is(wanted, bytes, length) ||
           refuse(why, wanted, msvc__content_detect(bytes, length));
}

bool msvc__accepts_content(const struct msvc__matcher *m, const struct msvc__subject *actual,
                           struct msvc_buffer *why)
{
    size_t length = 0;
    const char *text = msvc__subject_text(actual, &length);
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;
    bool fits;

    if (msvc__subject_is_container(actual))
        return refuse(why, m->text, "application/json");
    if (actual->json != NULL && length > 0 && msvc__base64_decode(&bytes, text, length))
        fits = accepts(m->text, bytes.data, bytes.length, why); /* JSON has no other bytes */
    else
        fits = accepts(m->text, text, length, why);
    msvc_buffer_clear(&bytes);
    return fits;
}
