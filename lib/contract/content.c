/* SPDX-License-Identifier: MIT */
/*
 * Magic numbers of what services send each other, built in: the same answer
 * on every machine, whatever databases it has. What has none is told by its
 * text.
 */
#include "contract/content_internal.h"

#include <string.h>
#include <strings.h>

#include <msvc/json.h>

#include "base/utf8_internal.h"

#define BINARY "application/octet-stream"

static const struct {
    const char *type;
    size_t at;
    const char *bytes;
    size_t length;
    const char *also; /* at also_at; NULL: nothing more */
    size_t also_at;
} magic[] = {
    { "image/jpeg", 0, "\xFF\xD8\xFF", 3, NULL, 0 },
    { "image/png", 0, "\x89PNG\r\n\x1A\n", 8, NULL, 0 },
    { "image/gif", 0, "GIF87a", 6, NULL, 0 },
    { "image/gif", 0, "GIF89a", 6, NULL, 0 },
    { "image/webp", 0, "RIFF", 4, "WEBP", 8 },
    { "image/bmp", 0, "BM", 2, "\0\0\0\0", 6 },
    { "image/tiff", 0, "II*\0", 4, NULL, 0 },
    { "image/tiff", 0, "MM\0*", 4, NULL, 0 },
    { "image/vnd.microsoft.icon", 0, "\0\0\1\0", 4, NULL, 0 },
    { "image/avif", 4, "ftypavif", 8, NULL, 0 },
    { "image/heif", 4, "ftypheic", 8, NULL, 0 },
    { "image/jp2", 0, "\0\0\0\x0CjP  \r\n\x87\n", 12, NULL, 0 },
    { "image/jxl", 0, "\xFF\x0A", 2, NULL, 0 },
    { "image/vnd.adobe.photoshop", 0, "8BPS", 4, NULL, 0 },
    { "application/pdf", 0, "%PDF-", 5, NULL, 0 },
    { "application/postscript", 0, "%!PS", 4, NULL, 0 },
    { "application/rtf", 0, "{\\rtf", 5, NULL, 0 },
    { "application/epub+zip", 0, "PK\3\4", 4, "mimetypeapplication/epub+zip", 30 },
    { "application/zip", 0, "PK\3\4", 4, NULL, 0 },
    { "application/zip", 0, "PK\5\6", 4, NULL, 0 },
    { "application/gzip", 0, "\x1F\x8B", 2, NULL, 0 },
    { "application/x-bzip2", 0, "BZh", 3, NULL, 0 },
    { "application/x-xz", 0,
      "\xFD"
      "7zXZ\0",
      6, NULL, 0 },
    { "application/zstd", 0, "\x28\xB5\x2F\xFD", 4, NULL, 0 },
    { "application/x-7z-compressed", 0, "7z\xBC\xAF\x27\x1C", 6, NULL, 0 },
    { "application/vnd.rar", 0, "Rar!\x1A\x07", 6, NULL, 0 },
    { "application/x-tar", 257, "ustar", 5, NULL, 0 },
    { "application/x-sqlite3", 0, "SQLite format 3\0", 16, NULL, 0 },
    { "application/x-executable", 0,
      "\x7F"
      "ELF",
      4, NULL, 0 },
    { "application/wasm", 0, "\0asm", 4, NULL, 0 },
    { "application/vnd.apache.parquet", 0, "PAR1", 4, NULL, 0 },
    { "application/x-ole-storage", 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8, NULL, 0 },
    { "application/java-vm", 0, "\xCA\xFE\xBA\xBE", 4, NULL, 0 },
    { "audio/mpeg", 0, "ID3", 3, NULL, 0 },
    { "audio/mpeg", 0, "\xFF\xFB", 2, NULL, 0 },
    { "audio/ogg", 0, "OggS", 4, NULL, 0 },
    { "audio/flac", 0, "fLaC", 4, NULL, 0 },
    { "audio/wav", 0, "RIFF", 4, "WAVE", 8 },
    { "audio/midi", 0, "MThd", 4, NULL, 0 },
    { "video/x-msvideo", 0, "RIFF", 4, "AVI ", 8 },
    { "video/mp4", 4, "ftyp", 4, NULL, 0 },
    { "video/webm", 0, "\x1A\x45\xDF\xA3", 4, NULL, 0 },
    { "font/woff", 0, "wOFF", 4, NULL, 0 },
    { "font/woff2", 0, "wOF2", 4, NULL, 0 },
    { "font/otf", 0, "OTTO", 4, NULL, 0 },
    { "font/ttf", 0, "\0\1\0\0\0", 5, NULL, 0 },
};

static bool has(const char *bytes, size_t length, size_t at, const char *wanted, size_t count)
{
    return at + count <= length && memcmp(bytes + at, wanted, count) == 0;
}

static const char *detect_magic(const char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
        /* what four zeros stand for is longer than a C string */
        size_t also = magic[i].also == NULL      ? 0
                      : magic[i].also[0] == '\0' ? 4
                                                 : strlen(magic[i].also);

        if (has(bytes, length, magic[i].at, magic[i].bytes, magic[i].length) &&
            (also == 0 || has(bytes, length, magic[i].also_at, magic[i].also, also)))
            return magic[i].type;
    }
    return NULL;
}

static bool is_json(const char *bytes, size_t length)
{
    struct msvc_json_document *document = NULL;
    bool is = msvc_json_parse(&document, bytes, length, NULL, NULL) == 0;

    msvc_json_free(document);
    return is;
}

/* No control characters but those of lines and tabs. */
static bool is_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if ((byte < 0x20 && strchr("\t\n\r\f\x1B", byte) == NULL) || byte == 0 || byte == 0x7F)
            return false;
    }
    return msvc__utf8_is_valid(bytes, length);
}

static const char *detect_text(const char *bytes, size_t length)
{
    size_t start = 0;

    if (!is_text(bytes, length))
        return BINARY;
    while (start < length && strchr(" \t\r\n", bytes[start]) != NULL)
        start++;
    bytes += start;
    length -= start;
    if (length > 5 && (strncmp(bytes, "<?xml", 5) == 0))
        return "application/xml";
    if (length > 14 && (strncasecmp(bytes, "<!doctype html", 14) == 0))
        return "text/html";
    if (length > 5 && strncasecmp(bytes, "<html", 5) == 0)
        return "text/html";
    if (length > 1 && bytes[0] == '<')
        return "application/xml";
    if (length > 0 && strchr("{[\"", bytes[0]) != NULL && is_json(bytes, length))
        return "application/json";
    return "text/plain";
}

const char *msvc__content_detect(const void *bytes, size_t length)
{
    const char *found = detect_magic(bytes, length);

    return found != NULL ? found : detect_text(bytes, length);
}

/* application/vnd.x+json is a kind of JSON, text/xml another name of XML. */
static bool is_form(const char *type, size_t length, const char *form)
{
    size_t count = strlen(form);

    return length > count && strncasecmp(type + length - count, form, count) == 0 &&
           (type[length - count - 1] == '/' || type[length - count - 1] == '+');
}

bool msvc__content_is(const char *type, const void *bytes, size_t length)
{
    const char *found = msvc__content_detect(bytes, length);
    size_t wanted = strcspn(type, "; \t");

    if (strlen(found) == wanted && strncasecmp(type, found, wanted) == 0)
        return true;
    if (wanted == strlen(BINARY) && strncasecmp(type, BINARY, wanted) == 0)
        return true;
    if (is_form(type, wanted, "json"))
        return is_json(bytes, length);
    if (is_form(type, wanted, "xml"))
        return strcmp(found, "application/xml") == 0;
    return strncasecmp(type, "text/", 5) == 0 && strcmp(found, BINARY) != 0 &&
           detect_magic(bytes, length) == NULL &&
           (strncasecmp(type, "text/html", 9) != 0 || strcmp(found, "application/xml") == 0);
}
