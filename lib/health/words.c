/* SPDX-License-Identifier: MIT */
/* What Kubernetes asks. A machine reads the status; the words are for the person who looks. */
#include "health/health_internal.h"

static const char *const names[] = { "livez", "readyz", "startupz" };

static bool is_verbose(const char *query)
{
    return msvc__query_has(query, "verbose", "") || msvc__query_has(query, "verbose=", "") ||
           msvc__query_has(query, "verbose=", "true") || msvc__query_has(query, "verbose=", "1");
}

static void line(struct msvc_buffer *out, const char *name, bool is_good)
{
    msvc_buffer_printf(out, is_good ? "[+]%s ok\n" : "[-]%s failed: reason withheld\n", name);
}

/* The lines of all checks that are looked at; whether all are good. */
static bool look(const struct probe *probe, struct msvc_buffer *out)
{
    struct check_view view;
    bool is_good = true;

    for (size_t i = 0; msvc__probe_next(probe, &i, &view);) {
        bool is_bad = msvc__probe_is_bad(probe, &view);

        line(out, view.check->options.name, !is_bad);
        is_good = is_good && !is_bad;
    }
    return is_good;
}

/* One word when all is well and nobody asked, every line otherwise. */
static void respond_all(const struct probe *probe, struct msvc_health_answer *out)
{
    bool is_good = true;

    if (probe->kind == READY) {
        is_good = msvc__health_is_ready(probe->health);
        line(&out->body, "ready", is_good);
    }
    is_good = look(probe, &out->body) && is_good;
    out->status = is_good ? 200 : 503;
    if (is_good && !is_verbose(probe->query)) {
        msvc_buffer_clear(&out->body);
        msvc_buffer_text(&out->body, "ok");
        return;
    }
    msvc_buffer_printf(&out->body, "%s check %s\n", names[probe->kind],
                       is_good ? "passed" : "failed");
}

static void respond_one(const struct probe *probe, const char *name, struct msvc_health_answer *out)
{
    struct check_view view;
    size_t length = 0;

    while (name[length] != '\0')
        length++;
    for (size_t i = 0; msvc__probe_next(probe, &i, &view);) {
        if (!msvc__query_is_name(name, length, view.check->options.name))
            continue;
        out->status = msvc__probe_is_bad(probe, &view) ? 503 : 200;
        if (out->status == 200)
            msvc_buffer_text(&out->body, "ok");
        else
            line(&out->body, view.check->options.name, false);
        return;
    }
    out->status = 404;
    msvc_buffer_text(&out->body, "no such check\n");
}

void msvc__respond_in_words(const struct probe *probe, const char *check,
                            struct msvc_health_answer *out)
{
    if (check == NULL)
        respond_all(probe, out);
    else
        respond_one(probe, check, out);
}
