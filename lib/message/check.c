/* SPDX-License-Identifier: MIT */
/*
 * What may go out: the limits of message.h and the rules that CloudEvents 1.0
 * has for attributes, so that every driver can carry what passed and no peer
 * has to guess.
 */
#include "message/message_internal.h"

#include <string.h>

#include <msvc/error.h>

#include "base/options_internal.h"
#include "base/utf8_internal.h"

#define ORIGIN "message"

/* Attributes that have their own field, or that the formats use. */
static const char *const reserved_names[] = {
    "specversion",  "id",          "source",     "type",        "subject",
    "time",         "topic",       "data",       "data_base64", "datacontenttype",
    "partitionkey", "traceparent", "tracestate",
};

bool msvc__message_is_extension(const char *name)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789")] != '\0' || *name == '\0')
        return false;
    for (size_t i = 0; i < sizeof(reserved_names) / sizeof(reserved_names[0]); i++) {
        if (strcmp(name, reserved_names[i]) == 0)
            return false;
    }
    return true;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

/* An attribute or header value; NULL is fine. */
static int check_text(const char *field, const char *text, size_t most, struct msvc_error *err)
{
    size_t length;

    if (text == NULL)
        return 0;
    length = strlen(text);
    if (length > most)
        return msvc_error_set(err, MSVC_ERR_LIMIT, ORIGIN, 0, "%s has %zu bytes, the limit is %zu",
                              field, length, most);
    if (!msvc__utf8_is_valid(text, length))
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "%s is not UTF-8", field);
    if (has_control(text))
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "%s has a control character",
                              field);
    return 0;
}

/* As check_text(), and empty is as wrong as CloudEvents says. */
static int check_name(const char *field, const char *text, struct msvc_error *err)
{
    if (text != NULL && *text == '\0')
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "%s is empty", field);
    return check_text(field, text, MSVC_MESSAGE_NAME_MAX, err);
}

static int check_attributes(const struct msvc_message *m, struct msvc_error *err)
{
    const struct {
        const char *field;
        const char *text;
    } names[] = {
        { "type", m->type },     { "id", m->id },
        { "source", m->source }, { "subject", m->subject },
        { "topic", m->topic },   { "content_type", m->content_type },
        { "key", m->key },       { "traceparent", m->traceparent },
    };
    int status = 0;

    if (m->type == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "type is missing");
    for (size_t i = 0; status == 0 && i < sizeof(names) / sizeof(names[0]); i++)
        status = check_name(names[i].field, names[i].text, err);
    if (status == 0)
        status = check_text("tracestate", m->tracestate, MSVC_MESSAGE_HEADER_VALUE_MAX, err);
    return status;
}

/* Words joined by dots, none of which is a sign of the patterns. */
static int check_topic(const char *topic, struct msvc_error *err)
{
    const char *word = topic;

    for (;;) {
        size_t length = strcspn(word, ".");

        if (length == 0 || (length == 1 && (*word == '*' || *word == '#')))
            return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                                  "topic \"%s\" has an empty word, or * or # as a word", topic);
        if (word[length] == '\0')
            return 0;
        word += length + 1;
    }
}

static bool stands_before(const struct msvc_header *headers, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(headers[i].name, headers[index].name) == 0)
            return true;
    }
    return false;
}

static int check_header(const struct msvc_header *headers, size_t index, struct msvc_error *err)
{
    const struct msvc_header *header = &headers[index];
    int status = check_name("header name", header->name, err);

    if (status < 0)
        return status;
    if (!msvc__message_is_extension(header->name))
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "header name \"%s\": lower-case letters and digits are allowed, and "
                              "no attribute's name",
                              header->name);
    if (stands_before(headers, index))
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "header \"%s\" is there twice",
                              header->name);
    if (header->value == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "header \"%s\" has no value",
                              header->name);
    return check_text(header->name, header->value, MSVC_MESSAGE_HEADER_VALUE_MAX, err);
}

static int check_headers(const struct msvc_header *headers, struct msvc_error *err)
{
    for (size_t i = 0; headers != NULL && headers[i].name != NULL; i++) {
        int status;

        if (i == MSVC_MESSAGE_HEADER_COUNT_MAX)
            return msvc_error_set(err, MSVC_ERR_LIMIT, ORIGIN, 0, "more than %d headers",
                                  MSVC_MESSAGE_HEADER_COUNT_MAX);
        status = check_header(headers, i, err);
        if (status < 0)
            return status;
    }
    return 0;
}

static int check_payload(const struct msvc_message *m, struct msvc_error *err)
{
    if (m->payload == NULL && m->payload_length > 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "payload is NULL, payload_length %zu", m->payload_length);
    if (m->payload_length > MSVC_MESSAGE_PAYLOAD_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, ORIGIN, 0,
                              "payload has %zu bytes, the limit is %u", m->payload_length,
                              MSVC_MESSAGE_PAYLOAD_MAX);
    return 0;
}

int msvc_message_check(const struct msvc_message *message, struct msvc_error *err)
{
    struct msvc_message m;
    int status;

    if (message == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "message is NULL");
    status = msvc__options_copy(&m, sizeof(m), message);
    if (status < 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "message of another version: start from MSVC_MESSAGE");
    status = check_attributes(&m, err);
    if (status == 0)
        status = check_topic(msvc_message_topic(&m), err);
    if (status == 0)
        status = check_headers(m.headers, err);
    return status == 0 ? check_payload(&m, err) : status;
}
