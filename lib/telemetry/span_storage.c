/* SPDX-License-Identifier: MIT */
/*
 * What is set on a span is copied into the span itself. Nothing is ever given
 * back: a value that is replaced by a longer one leaves its old place unused.
 */
#include "telemetry/span_internal.h"

#include <string.h>

#include "base/utf8_internal.h"

void msvc__span_storage_clear(struct msvc__span_storage *storage)
{
    storage->bottom = 0;
    storage->top = sizeof(storage->bytes);
}

static void *take(struct msvc__span_storage *storage, size_t size, size_t alignment)
{
    size_t top;

    if (size > storage->top - storage->bottom)
        return NULL;
    top = (storage->top - size) & ~(alignment - 1);
    if (top < storage->bottom)
        return NULL;
    storage->top = top;
    return storage->bytes + top;
}

void *msvc__span_storage_take(struct msvc__span_storage *storage, size_t size)
{
    return take(storage, size, alignof(max_align_t));
}

/* NULL when it does not fit whole. */
static char *copy(struct msvc__span_storage *storage, const char *text, size_t length)
{
    char *place = take(storage, length + 1, 1);

    if (place == NULL)
        return NULL;
    if (length > 0)
        memcpy(place, text, length);
    place[length] = '\0';
    return place;
}

const char *msvc__span_storage_text(struct msvc__span_storage *storage, const char *text,
                                    size_t most)
{
    size_t room = storage->top - storage->bottom;

    if (text == NULL || room == 0)
        return "";
    if (most > room - 1)
        most = room - 1;
    return copy(storage, text, msvc__utf8_cut(text, strnlen(text, most + 1), most));
}

/* Copies what the value points to. */
static bool copy_value(struct msvc__span_storage *storage, struct msvc_attribute *out,
                       const struct msvc_attribute *given)
{
    char *text;

    if (given->type == MSVC_ATTRIBUTE_STRING) {
        text = copy(storage, given->value.string.data, given->value.string.length);
        if (text == NULL)
            return false;
        out->value.string.data = text;
        out->value.string.length = given->value.string.length;
    } else {
        out->value = given->value;
    }
    out->type = given->type;
    return true;
}

static bool copy_attribute(struct msvc__span_storage *storage, struct msvc_attribute *out,
                           const struct msvc_attribute *given)
{
    size_t top = storage->top;

    out->key = copy(storage, given->key, strlen(given->key));
    if (out->key != NULL && copy_value(storage, out, given))
        return true;
    storage->top = top;
    return false;
}

static struct msvc_attribute *find(struct msvc_attribute *attributes, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(attributes[i].key, key) == 0)
            return &attributes[i];
    }
    return NULL;
}

bool msvc__span_storage_set(struct msvc__span_storage *storage, size_t *count,
                            const struct msvc_attribute *attribute)
{
    struct msvc_attribute *attributes = (struct msvc_attribute *)(void *)storage->bytes;
    struct msvc_attribute *known = find(attributes, *count, attribute->key);
    struct msvc_attribute added;

    if (known != NULL)
        return copy_value(storage, known, attribute);
    if (*count == MSVC__SPAN_ATTRIBUTE_LIMIT ||
        storage->top - storage->bottom < sizeof(attributes[0]))
        return false;
    storage->bottom += sizeof(attributes[0]);
    if (!copy_attribute(storage, &added, attribute)) {
        storage->bottom -= sizeof(attributes[0]);
        return false;
    }
    attributes[(*count)++] = added;
    return true;
}

const struct msvc_attribute *msvc__span_storage_attributes(struct msvc__span_storage *storage,
                                                           size_t *count, uint32_t *dropped,
                                                           const struct msvc_attribute *attributes)
{
    struct msvc_attribute *copies;
    size_t given = 0;

    *count = 0;
    *dropped = 0;
    while (attributes != NULL && attributes[given].key != NULL)
        given++;
    if (given > MSVC__SPAN_ATTRIBUTE_LIMIT) {
        *dropped = (uint32_t)(given - MSVC__SPAN_ATTRIBUTE_LIMIT);
        given = MSVC__SPAN_ATTRIBUTE_LIMIT;
    }
    copies = given > 0 ? msvc__span_storage_take(storage, given * sizeof(copies[0])) : NULL;
    if (copies == NULL) {
        *dropped += (uint32_t)given;
        return NULL;
    }
    for (size_t i = 0; i < given; i++) {
        if (copy_attribute(storage, &copies[*count], &attributes[i]))
            (*count)++;
        else
            (*dropped)++;
    }
    return copies;
}
