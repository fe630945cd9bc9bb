/* SPDX-License-Identifier: MIT */
/*
 * An e-mail goes to an SMTP server through libcurl, or into a spool folder,
 * the same text either way. The file is renamed into place under the
 * notification's id, so that sending twice leaves one file.
 */
#include "notifications.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <curl/curl.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/service.h>

#define PATH_SIZE       4096
#define SEND_TIMEOUT_MS 20000L

/* RFC 5322 lines end with CRLF; a name may be anything, so it is quoted as RFC 2047 says. */
static void append_encoded_word(struct msvc_buffer *out, const char *text)
{
    msvc_buffer_text(out, "=?UTF-8?Q?");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            msvc_buffer_byte(out, *text);
        else
            msvc_buffer_printf(out, "=%02X", c);
    }
    msvc_buffer_text(out, "?=");
}

static void append_body(struct msvc_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            msvc_buffer_byte(out, '\r');
        msvc_buffer_byte(out, *text);
    }
}

static void write_email(struct msvc_buffer *out, const struct notification *n, const char *from)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t created = (time_t)(n->created_ms / 1000);
    struct tm utc = { 0 };

    (void)gmtime_r(&created, &utc);
    msvc_buffer_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[utc.tm_wday],
                       utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                       utc.tm_sec);
    msvc_buffer_printf(out, "Message-ID: <%s@notification-service>\r\nFrom: <%s>\r\nTo: ", n->id,
                       from);
    append_encoded_word(out, n->name);
    msvc_buffer_printf(out, " <%s>\r\nSubject: ", n->email);
    append_encoded_word(out, n->subject);
    msvc_buffer_text(out, "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                          "Content-Transfer-Encoding: 8bit\r\n\r\nHello ");
    append_body(out, n->name);
    msvc_buffer_text(out, ",\r\n\r\n");
    append_body(out, n->body);
}

static int spool(const char *folder, const char *id, const struct msvc_buffer *text,
                 struct msvc_error *err)
{
    char draft[PATH_SIZE];
    char path[PATH_SIZE];
    FILE *file = NULL;
    bool written = false;

    if (mkdir(folder, 0700) == 0 || errno == EEXIST) {
        (void)snprintf(draft, sizeof(draft), "%s/.%s", folder, id);
        (void)snprintf(path, sizeof(path), "%s/%s.eml", folder, id);
        file = fopen(draft, "w");
    }
    if (file != NULL) {
        written = fwrite(text->data, 1, text->length, file) == text->length;
        written = fclose(file) == 0 && written;
    }
    if (!written || rename(draft, path) != 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "notifications", errno,
                              "folder %s cannot be written", folder);
    return 0;
}

struct upload {
    const struct msvc_buffer *text;
    size_t sent;
};

static size_t read_upload(char *out, size_t size, size_t count, void *user)
{
    struct upload *upload = user;
    size_t left = upload->text->length - upload->sent;
    size_t length = size * count < left ? size * count : left;

    memcpy(out, upload->text->data + upload->sent, length);
    upload->sent += length;
    return length;
}

static void set_account(CURL *curl, const struct msvc_service *service)
{
    bool must_encrypt = msvc_service_flag(service, "SMTP_STARTTLS");

    if (msvc_service_text(service, "SMTP_USER")[0] != '\0') {
        (void)curl_easy_setopt(curl, CURLOPT_USERNAME, msvc_service_text(service, "SMTP_USER"));
        (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, msvc_service_text(service, "SMTP_PASSWORD"));
    }
    (void)curl_easy_setopt(curl, CURLOPT_USE_SSL,
                           must_encrypt ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
}

static int submit(const struct msvc_service *service, const struct notification *n,
                  const struct msvc_buffer *text, struct msvc_error *err)
{
    struct upload upload = { text, 0 };
    CURL *curl = curl_easy_init();
    struct curl_slist *recipients = curl_slist_append(NULL, n->email);
    CURLcode code = CURLE_OUT_OF_MEMORY;

    if (curl != NULL && recipients != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_URL, msvc_service_text(service, "SMTP_URL"));
        (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, SEND_TIMEOUT_MS);
        (void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, msvc_service_text(service, "FROM"));
        (void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
        (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_upload);
        (void)curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
        set_account(curl, service);
        code = curl_easy_perform(curl);
    }
    curl_slist_free_all(recipients);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "notifications", (int)code, "SMTP: %s",
                              curl_easy_strerror(code));
    return 0;
}

int send_email(const struct notifications *notifications, const struct notification *n,
               struct msvc_error *err)
{
    const struct msvc_service *service = notifications->service;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    write_email(&text, n, msvc_service_text(service, "FROM"));
    status = msvc_buffer_status(&text);
    if (status < 0)
        (void)msvc_error_set(err, status, "notifications", 0, "no memory for an e-mail");
    else if (msvc_service_text(service, "SMTP_URL")[0] != '\0')
        status = submit(service, n, &text, err);
    else
        status = spool(msvc_service_text(service, "SPOOL_DIR"), n->id, &text, err);
    msvc_buffer_clear(&text);
    return status;
}
