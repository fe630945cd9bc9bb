/* SPDX-License-Identifier: MIT */
/*
 * The text is cut into pieces first, then everything is decoded into one block
 * of memory. Messages point at a column and quote nothing: after a forgotten
 * escape, a piece of the password may stand where a port or path should be.
 */
#include <msvc/url.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/url_internal.h"

#define ORIGIN    "core"
#define MOST_PORT 65535

struct piece {
    const char *at; /* NULL when the URL does not have it */
    size_t length;
};

struct pieces {
    struct piece scheme;
    struct piece user;
    struct piece password;
    struct piece hosts;
    struct piece path;
    struct piece query;
};

/* While parsing: decoded text goes to pool, the redacted copy grows at redacted. */
struct parser {
    const char *text;
    struct msvc_error *err;
    struct msvc_url *url;
    char *pool;
    char *redacted;
    const char *copied; /* how far the text went into the redacted copy */
};

static int malformed(const struct parser *p, const char *at, const char *found)
{
    return msvc_error_set(p->err, MSVC_ERR_MALFORMED, ORIGIN, 0, "URL, column %zu: %s",
                          (size_t)(at - p->text) + 1, found);
}

static bool is_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* Takes everything before the first of `stops` off `rest`; the stop itself stays. */
static struct piece take_until(struct piece *rest, const char *stops)
{
    struct piece taken = { rest->at, 0 };

    while (taken.length < rest->length && strchr(stops, rest->at[taken.length]) == NULL)
        taken.length++;
    rest->at += taken.length;
    rest->length -= taken.length;
    return taken;
}

/* Whether `rest` starts with `mark`, which is then taken off. */
static bool take_mark(struct piece *rest, const char *mark)
{
    size_t length = strlen(mark);

    if (rest->length < length || memcmp(rest->at, mark, length) != 0)
        return false;
    rest->at += length;
    rest->length -= length;
    return true;
}

static void cut_authority(struct pieces *pieces, struct piece authority)
{
    struct piece before = authority;
    struct piece userinfo = take_until(&before, "@");

    pieces->hosts = authority;
    if (!take_mark(&before, "@"))
        return;
    pieces->hosts = before;
    pieces->user = take_until(&userinfo, ":");
    if (take_mark(&userinfo, ":"))
        pieces->password = userinfo;
}

static int cut(const struct parser *p, struct pieces *pieces)
{
    struct piece rest = { p->text, strlen(p->text) };

    pieces->scheme = take_until(&rest, ":/?#");
    if (!take_mark(&rest, ":"))
        return malformed(p, rest.at, "expected a scheme and a colon, such as \"http:\"");
    if (take_mark(&rest, "//"))
        cut_authority(pieces, take_until(&rest, "/?#"));
    pieces->path = take_until(&rest, "?#");
    if (take_mark(&rest, "?"))
        pieces->query = take_until(&rest, "#");
    if (rest.length > 0)
        return malformed(p, rest.at, "a fragment has no meaning here; write '#' as %23");
    return 0;
}

static size_t count_parts(struct piece piece, char separator)
{
    size_t count = piece.length > 0 ? 1 : 0;

    for (size_t i = 0; i < piece.length; i++)
        count += piece.at[i] == separator;
    return count;
}

/* One block: the URL, its hosts, its pairs, every decoded string, the redacted copy. */
static int allocate(struct parser *p, const struct pieces *pieces)
{
    size_t host_count = count_parts(pieces->hosts, ',');
    size_t pair_count = count_parts(pieces->query, '&');
    size_t length = strlen(p->text);
    size_t hosts_size = host_count * sizeof(struct msvc_url_host);
    size_t pairs_size = pair_count * sizeof(struct msvc_url_pair);
    size_t pool_size = length + host_count + 2 * pair_count + 4;
    size_t redacted_size = length + (pair_count + 1) * strlen(MSVC__URL_HIDDEN) + 1;
    char *block =
        msvc__new(sizeof(struct msvc_url) + hosts_size + pairs_size + pool_size + redacted_size);

    if (block == NULL)
        return msvc_error_set(p->err, MSVC_ERR_NOMEM, ORIGIN, 0, "no memory for a URL");
    p->url = (void *)block;
    p->url->hosts = (void *)(block + sizeof(struct msvc_url));
    p->url->pairs = (void *)(block + sizeof(struct msvc_url) + hosts_size);
    p->pool = block + sizeof(struct msvc_url) + hosts_size + pairs_size;
    p->redacted = p->pool + pool_size;
    p->url->redacted = p->redacted;
    p->copied = p->text;
    return 0;
}

/* RFC 3986's unreserved and sub-delims, and what the component allows beyond them. */
static bool is_allowed(char byte, const char *more)
{
    return is_alpha(byte) || is_digit(byte) ||
           (byte != '\0' &&
            (strchr("-._~!$&'()*+,;=", byte) != NULL || strchr(more, byte) != NULL));
}

static int hex_value(char digit)
{
    if (is_digit(digit))
        return digit - '0';
    digit = lower(digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The byte that "%xx" stands for; a status when it stands for none. */
static int decode_byte(const struct parser *p, struct piece piece, size_t at)
{
    int high = at + 2 < piece.length ? hex_value(piece.at[at + 1]) : -1;
    int low = at + 2 < piece.length ? hex_value(piece.at[at + 2]) : -1;

    if (high < 0 || low < 0)
        return malformed(p, piece.at + at, "expected two hexadecimal digits after '%'");
    if (high == 0 && low == 0)
        return malformed(p, piece.at + at, "a NUL cannot be in a URL");
    return high << 4 | low;
}

static int decode(struct parser *p, const char **out, struct piece piece, const char *more)
{
    char *to = p->pool;

    for (size_t i = 0; i < piece.length; i++) {
        int byte = (unsigned char)piece.at[i];

        if (byte == '%') {
            byte = decode_byte(p, piece, i);
            i += 2;
        } else if (!is_allowed(piece.at[i], more)) {
            return malformed(p, piece.at + i, "a character that must be percent-encoded here");
        }
        if (byte < 0)
            return byte;
        *to++ = (char)byte;
    }
    *to++ = '\0';
    *out = p->pool;
    p->pool = to;
    return 0;
}

static int read_scheme(struct parser *p, struct piece scheme)
{
    if (scheme.length == 0 || !is_alpha(scheme.at[0]))
        return malformed(p, scheme.at, "expected a scheme, which starts with a letter");
    p->url->scheme = p->pool;
    for (size_t i = 0; i < scheme.length; i++) {
        char byte = lower(scheme.at[i]);

        if (!is_alpha(byte) && !is_digit(byte) && strchr("+-.", byte) == NULL)
            return malformed(p, scheme.at + i,
                             "a scheme holds only letters, digits, '+', '-' and '.'");
        *p->pool++ = byte;
    }
    *p->pool++ = '\0';
    return 0;
}

static int read_port(const struct parser *p, uint16_t *out, struct piece text)
{
    unsigned port = 0;

    for (size_t i = 0; i < text.length && port <= MOST_PORT; i++) {
        if (!is_digit(text.at[i]))
            return malformed(p, text.at + i,
                             "expected a port; in a user or password write ':', '/', '?', '#' and "
                             "'@' as %3A, %2F, %3F, %23 and %40");
        port = port * 10 + (unsigned)(text.at[i] - '0');
    }
    if (text.length > 0 && (port == 0 || port > MOST_PORT))
        return malformed(p, text.at, "expected a port from 1 to 65535");
    *out = (uint16_t)port;
    return 0;
}

/* An IPv6 address, perhaps with a zone ("fe80::1%eth0" once decoded). */
static bool is_address(const char *name)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    size_t length = strcspn(name, "%");

    if (length >= sizeof(address) || (name[length] == '%' && name[length + 1] == '\0'))
        return false;
    memcpy(address, name, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &ignored) == 1;
}

static int read_host(struct parser *p, struct piece text)
{
    struct msvc_url_host *host = &p->url->hosts[p->url->host_count];
    const char *start = text.at;
    struct piece name;
    int status;

    if (take_mark(&text, "[")) {
        name = take_until(&text, "]");
        status = decode(p, &host->name, name, ":");
        if (status < 0)
            return status;
        if (!take_mark(&text, "]") || !is_address(host->name))
            return malformed(p, start, "expected an IPv6 address and ']' after '['");
    } else {
        name = take_until(&text, ":");
        if (name.length == 0)
            return malformed(p, start, "expected the name of a host");
        status = decode(p, &host->name, name, "");
        if (status < 0)
            return status;
    }
    if (text.length > 0 && !take_mark(&text, ":"))
        return malformed(p, text.at, "expected ':' or the end of the host");
    p->url->host_count++;
    return read_port(p, &host->port, text);
}

static int read_hosts(struct parser *p, struct piece rest)
{
    int status = 0;
    bool has_more = rest.length > 0;

    while (status == 0 && has_more) {
        status = read_host(p, take_until(&rest, ","));
        has_more = take_mark(&rest, ",");
    }
    return status;
}

/* Copies the text up to `secret` and stars in its place. */
static void hide(struct parser *p, struct piece secret)
{
    size_t length = (size_t)(secret.at - p->copied);

    memcpy(p->redacted, p->copied, length);
    memcpy(p->redacted + length, MSVC__URL_HIDDEN, strlen(MSVC__URL_HIDDEN));
    p->redacted += length + strlen(MSVC__URL_HIDDEN);
    p->copied = secret.at + secret.length;
}

static int read_pair(struct parser *p, struct piece text)
{
    struct msvc_url_pair *pair = &p->url->pairs[p->url->pair_count];
    struct piece key = take_until(&text, "=");
    int status;

    if (key.length == 0 && text.length == 0)
        return 0;
    if (key.length == 0)
        return malformed(p, key.at, "expected a name before '='");
    status = decode(p, &pair->key, key, ":@/?");
    if (status < 0)
        return status;
    if (take_mark(&text, "=") && msvc__url_is_secret(pair->key))
        hide(p, text);
    p->url->pair_count++;
    return decode(p, &pair->value, text, ":@/?");
}

static int read_query(struct parser *p, struct piece rest)
{
    int status = 0;

    while (status == 0 && rest.length > 0) {
        status = read_pair(p, take_until(&rest, "&"));
        (void)take_mark(&rest, "&");
    }
    return status;
}

static int read_pieces(struct parser *p, const struct pieces *pieces)
{
    int status = read_scheme(p, pieces->scheme);

    if (status == 0 && pieces->user.at != NULL)
        status = decode(p, &p->url->user, pieces->user, "");
    if (status == 0 && pieces->password.at != NULL) {
        hide(p, pieces->password);
        status = decode(p, &p->url->password, pieces->password, ":");
    }
    if (status == 0)
        status = read_hosts(p, pieces->hosts);
    if (status == 0)
        status = decode(p, &p->url->path, pieces->path, ":@/");
    if (status == 0)
        status = read_query(p, pieces->query);
    return status;
}

int msvc_url_parse(struct msvc_url **out, const char *text, struct msvc_error *err)
{
    struct parser p = { .text = text, .err = err };
    struct pieces pieces = { 0 };
    int status;

    if (out == NULL || text == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "expected a URL, found NULL");
    if (strnlen(text, MSVC_URL_MAX + 1) > MSVC_URL_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, ORIGIN, 0, "URL is longer than %d bytes",
                              MSVC_URL_MAX);
    status = cut(&p, &pieces);
    if (status == 0)
        status = allocate(&p, &pieces);
    if (status != 0)
        return status;
    status = read_pieces(&p, &pieces);
    if (status != 0) {
        msvc_url_free(p.url);
        return status;
    }
    memcpy(p.redacted, p.copied, strlen(p.copied) + 1);
    *out = p.url;
    return 0;
}

void msvc_url_free(struct msvc_url *url)
{
    free(url);
}

const char *msvc_url_scheme(const struct msvc_url *url)
{
    return url != NULL ? url->scheme : NULL;
}

const char *msvc_url_user(const struct msvc_url *url)
{
    return url != NULL ? url->user : NULL;
}

const char *msvc_url_password(const struct msvc_url *url)
{
    return url != NULL ? url->password : NULL;
}

size_t msvc_url_host_count(const struct msvc_url *url)
{
    return url != NULL ? url->host_count : 0;
}

const struct msvc_url_host *msvc_url_host(const struct msvc_url *url, size_t index)
{
    return index < msvc_url_host_count(url) ? &url->hosts[index] : NULL;
}

const char *msvc_url_path(const struct msvc_url *url)
{
    return url != NULL ? url->path : NULL;
}

const char *msvc_url_redacted(const struct msvc_url *url)
{
    return url != NULL ? url->redacted : NULL;
}

size_t msvc_url_query_count(const struct msvc_url *url)
{
    return url != NULL ? url->pair_count : 0;
}

const struct msvc_url_pair *msvc_url_query_at(const struct msvc_url *url, size_t index)
{
    return index < msvc_url_query_count(url) ? &url->pairs[index] : NULL;
}
