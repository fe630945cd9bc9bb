/* SPDX-License-Identifier: MIT */
/* Writes a form once more, with new values where generators stand. */
#include <ctype.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

#include "contract/generate_internal.h"

static void encode(struct msvc_buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (isalnum(byte) || (byte != '\0' && strchr("-._*", byte) != NULL))
            msvc_buffer_byte(out, (char)byte);
        else if (byte == ' ')
            msvc_buffer_byte(out, '+');
        else
            msvc_buffer_printf(out, "%%%02X", byte);
    }
}

static int write_value(struct msvc_buffer *out, const struct msvc__generate_run *run,
                       const struct msvc_header *pair)
{
    struct msvc__place root = { .depth = 1 };
    struct msvc__place field = {
        .parent = &root, .name = pair->name, .name_length = strlen(pair->name), .depth = 2
    };
    const struct msvc__generator *generator = msvc__generator_for(&run->part->generators, &field);
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int made = 0;

    if (generator != NULL)
        made = msvc__generate_text(&text, generator, run->mode, run->context, run->err);
    if (made < 0)
        msvc_error_prefix(run->err, "generator %s at %s", generator->type, generator->where);
    else if (made == 1)
        encode(out, text.data != NULL ? text.data : "", text.length);
    else
        encode(out, pair->value, strlen(pair->value));
    msvc_buffer_clear(&text);
    return made < 0 ? made : 0;
}

int msvc__generate_form(struct msvc_buffer *out, const struct msvc__generate_run *run)
{
    struct msvc__pairs form = { .items = NULL };
    int status = msvc__pairs_add_query(&form, run->part->body);

    for (size_t i = 0; status == 0 && i < form.count; i++) {
        if (i > 0)
            msvc_buffer_byte(out, '&');
        encode(out, form.items[i].name, strlen(form.items[i].name));
        msvc_buffer_byte(out, '=');
        status = write_value(out, run, &form.items[i]);
    }
    msvc__pairs_clear(&form);
    return status < 0 ? status : msvc_buffer_status(out);
}
