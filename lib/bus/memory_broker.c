/* SPDX-License-Identifier: MIT */
/*
 * Each group has a queue of what can be delivered at once, so that taking one
 * never searches. With order by key only the first entry of a line is in it;
 * the next one comes when the first is done.
 */
#include "bus/memory_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/os_internal.h"

/* The one thing of the process: `memory:name` means the same broker to every bus in it. */
static pthread_mutex_t brokers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct link brokers = { &brokers, &brokers };

/* ---- brokers ---- */

/* A child of fork() does not share with its parent. */
static struct broker *find_broker(const char *name)
{
    for (struct link *at = brokers.next; at != &brokers; at = at->next) {
        struct broker *b = ITEM(struct broker, at);

        if (b->generation == msvc__fork_generation() && strcmp(b->name, name) == 0)
            return b;
    }
    return NULL;
}

static struct broker *broker_new(const char *name, uint64_t entry_limit)
{
    struct broker *b = msvc__new(sizeof(*b));

    if (b == NULL)
        return NULL;
    b->name = msvc__copy_text(name);
    if (name != NULL && b->name == NULL) {
        free(b);
        return NULL;
    }
    b->generation = msvc__fork_generation();
    b->entry_limit = entry_limit;
    list_init(&b->link);
    list_init(&b->groups);
    (void)pthread_mutex_init(&b->lock, NULL);
    return b;
}

int msvc__memory_open(struct broker **out, const char *name, uint64_t entry_limit)
{
    struct broker *b;

    (void)pthread_mutex_lock(&brokers_lock);
    b = name != NULL ? find_broker(name) : NULL;
    if (b == NULL) {
        b = broker_new(name, entry_limit);
        if (b != NULL && name != NULL)
            list_add(&brokers, &b->link);
    }
    if (b != NULL)
        b->references++;
    (void)pthread_mutex_unlock(&brokers_lock);
    if (b == NULL)
        return MSVC_ERR_NOMEM;
    *out = b;
    return 0;
}

/* ---- lines ---- */

static struct line **line_bucket(struct group *g, const struct msvc_message *m)
{
    uint32_t hash = 2166136261u; /* FNV-1a over topic, NUL, key */

    for (const char *at = m->topic; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    hash *= 16777619u;
    for (const char *at = m->key; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return &g->lines[hash % MSVC__MEMORY_LINE_BUCKETS];
}

static bool is_line_of(struct line *line, const struct msvc_message *m)
{
    const struct msvc_message *first = ENTRY_OF_LINE(line->entries.next)->shared->message;

    return strcmp(first->key, m->key) == 0 && strcmp(first->topic, m->topic) == 0;
}

/* Found or new; NULL when out of memory. A new one has no entry yet: add one at once. */
static struct line *get_line(struct group *g, const struct msvc_message *m)
{
    struct line **bucket = line_bucket(g, m);
    struct line *line = *bucket;

    while (line != NULL && !is_line_of(line, m))
        line = line->next;
    if (line != NULL)
        return line;
    line = msvc__new(sizeof(*line));
    if (line == NULL)
        return NULL;
    list_init(&line->entries);
    line->next = *bucket;
    *bucket = line;
    return line;
}

static void drop_line(struct group *g, struct line *line, const struct msvc_message *m)
{
    struct line **at = line_bucket(g, m);

    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    free(line);
}

/* ---- entries ---- */

static void shared_unref(struct shared_message *shared)
{
    if (--shared->references > 0)
        return;
    msvc_message_free(shared->message);
    free(shared);
}

static void wake_members(const struct group *g)
{
    for (struct link *at = g->members.next; at != &g->members; at = at->next)
        msvc__wake_signal(ITEM(struct member, at)->wake_fd);
}

/* Take it out of its line; the one behind it may go. */
static void leave_line(struct entry *e)
{
    struct group *g = e->group;
    struct line *line = e->line;

    if (line == NULL)
        return;
    if (line->entries.next == &e->line_link && line->entries.previous == &e->line_link) {
        drop_line(g, line, e->shared->message);
        return;
    }
    if (line->entries.next == &e->line_link) {
        struct entry *second = ENTRY_OF_LINE(e->line_link.next);

        list_add(&g->queue, &second->link);
        wake_members(g);
    }
    list_take_out(&e->line_link);
}

static void entry_free(struct broker *broker, struct entry *e)
{
    broker->entry_count--;
    list_take_out(&e->link);
    shared_unref(e->shared);
    free(e);
}

static struct entry *entry_new(struct broker *broker, struct group *g,
                               struct shared_message *shared)
{
    struct entry *e = msvc__new(sizeof(*e));

    if (e == NULL)
        return NULL;
    list_init(&e->link);
    list_init(&e->line_link);
    e->group = g;
    if (g->order == MSVC_ORDER_KEY && shared->message->key != NULL) {
        e->line = get_line(g, shared->message);
        if (e->line == NULL) {
            free(e);
            return NULL;
        }
        list_add(&e->line->entries, &e->line_link);
    }
    e->shared = shared;
    shared->references++;
    broker->entry_count++;
    return e;
}

static void enqueue(struct entry *e)
{
    if (e->line != NULL && e->line->entries.next != &e->line_link)
        return; /* behind another one of its key */
    list_add(&e->group->queue, &e->link);
    wake_members(e->group);
}

static void close_entry(struct entry *e)
{
    list_take_out(&e->link);
    if (e->owner != NULL)
        e->owner->in_flight--;
    e->owner = NULL;
}

void msvc__memory_done(struct broker *broker, struct entry *e)
{
    close_entry(e);
    leave_line(e);
    entry_free(broker, e);
}

static void add_delayed(struct entry *e)
{
    struct link *at = e->group->delayed.previous;

    while (at != &e->group->delayed && ITEM(struct entry, at)->due_ns > e->due_ns)
        at = at->previous;
    list_add(at->next, &e->link); /* before the one behind it */
}

void msvc__memory_put_back(struct entry *e, uint64_t due_ns)
{
    close_entry(e);
    e->due_ns = due_ns;
    if (due_ns != 0)
        add_delayed(e);
    else
        list_add(e->group->queue.next, &e->link); /* to the front */
    wake_members(e->group);
}

uint64_t msvc__memory_due(const struct group *g)
{
    return list_is_empty(&g->delayed) ? 0 : ITEM(struct entry, g->delayed.next)->due_ns;
}

struct entry *msvc__memory_take(struct member *member, uint64_t now_ns)
{
    struct group *g = member->group;
    struct link *first;

    while ((first = list_first(&g->delayed)) != NULL &&
           ITEM(struct entry, first)->due_ns <= now_ns) {
        list_take_out(first);
        list_add(g->queue.next, first);
    }
    if (member->in_flight == member->max_in_flight || (first = list_pop(&g->queue)) == NULL)
        return NULL;
    list_add(&member->open, first);
    member->in_flight++;
    ITEM(struct entry, first)->owner = member;
    ITEM(struct entry, first)->attempts++;
    return ITEM(struct entry, first);
}

/* ---- publishing ---- */

static bool wants(const struct group *g, const char *topic)
{
    for (size_t i = 0; i < g->pattern_count; i++) {
        if (msvc_topic_matches(g->patterns[i], topic))
            return true;
    }
    return false;
}

/* Entries for all groups that want it, in `added` but in no queue yet. */
static int make_entries(struct broker *b, struct shared_message *shared, struct link *added)
{
    for (struct link *at = b->groups.next; at != &b->groups; at = at->next) {
        struct group *g = ITEM(struct group, at);
        struct entry *e;

        if (!wants(g, shared->message->topic))
            continue;
        if (b->entry_count >= b->entry_limit)
            return MSVC_ERR_LIMIT;
        e = entry_new(b, g, shared);
        if (e == NULL)
            return MSVC_ERR_NOMEM;
        list_add(added, &e->link);
    }
    return 0;
}

static struct shared_message *shared_new(const struct msvc_message *message)
{
    struct shared_message *shared = msvc__new(sizeof(*shared));

    if (shared == NULL)
        return NULL;
    shared->references = 1;
    if (msvc_message_copy(&shared->message, message, NULL, NULL) < 0) {
        free(shared);
        return NULL;
    }
    return shared;
}

int msvc__memory_put(struct broker *b, const struct msvc_message *message)
{
    struct shared_message *shared = shared_new(message);
    struct link added;
    struct link *first;
    int status;

    if (shared == NULL)
        return MSVC_ERR_NOMEM;
    list_init(&added);
    status = make_entries(b, shared, &added);
    while ((first = list_pop(&added)) != NULL) {
        struct entry *e = ITEM(struct entry, first);

        if (status == 0) {
            enqueue(e);
        } else {
            leave_line(e);
            assert(shared->references > 1);
            entry_free(b, e);
        }
    }
    shared_unref(shared);
    return status;
}

/* ---- groups and members ---- */

static struct group *find_group(struct broker *b, const char *name)
{
    for (struct link *at = b->groups.next; at != &b->groups; at = at->next) {
        if (strcmp(ITEM(struct group, at)->name, name) == 0)
            return ITEM(struct group, at);
    }
    return NULL;
}

static struct group *group_new(struct broker *b, const struct msvc_subscription *wanted)
{
    struct group *g = msvc__new(sizeof(*g));

    if (g == NULL)
        return NULL;
    g->name = msvc__copy_text(wanted->group);
    if (g->name == NULL) {
        free(g);
        return NULL;
    }
    g->order = wanted->order;
    list_init(&g->members);
    list_init(&g->queue);
    list_init(&g->delayed);
    list_add(&b->groups, &g->link);
    return g;
}

static bool has_pattern(const struct group *g, const char *pattern)
{
    for (size_t i = 0; i < g->pattern_count; i++) {
        if (strcmp(g->patterns[i], pattern) == 0)
            return true;
    }
    return false;
}

static int add_patterns(struct group *g, const char *const *patterns)
{
    for (; *patterns != NULL; patterns++) {
        char **grown;

        if (has_pattern(g, *patterns))
            continue;
        grown = msvc__grow(g->patterns, (g->pattern_count + 1) * sizeof(*grown));
        if (grown == NULL)
            return MSVC_ERR_NOMEM;
        g->patterns = grown;
        g->patterns[g->pattern_count] = msvc__copy_text(*patterns);
        if (g->patterns[g->pattern_count] == NULL)
            return MSVC_ERR_NOMEM;
        g->pattern_count++;
    }
    return 0;
}

int msvc__memory_join(struct member **out, struct broker *b, const struct msvc_subscription *wanted)
{
    struct group *g = find_group(b, wanted->group);
    struct member *m;

    if (g != NULL && g->order != wanted->order)
        return MSVC_ERR_UNSUPPORTED;
    if (g == NULL)
        g = group_new(b, wanted);
    if (g == NULL || add_patterns(g, wanted->topics) < 0)
        return MSVC_ERR_NOMEM;
    m = msvc__new(sizeof(*m));
    if (m == NULL)
        return MSVC_ERR_NOMEM;
    m->group = g;
    m->max_in_flight = wanted->max_in_flight;
    list_init(&m->open);
    list_add(&g->members, &m->link);
    *out = m;
    return 0;
}

/* What it had open goes back to the front, the earliest first. */
void msvc__memory_leave(struct broker *b, struct member *m)
{
    (void)b;
    while (!list_is_empty(&m->open))
        msvc__memory_put_back(ITEM(struct entry, m->open.previous), 0);
    list_take_out(&m->link);
    free(m);
}

static void free_entries(struct broker *b, struct link *list)
{
    struct link *first;

    while ((first = list_pop(list)) != NULL) {
        struct entry *e = ITEM(struct entry, first);

        leave_line(e);
        entry_free(b, e);
    }
}

static void group_free(struct broker *b, struct group *g)
{
    do {
        free_entries(b, &g->delayed);
        free_entries(b, &g->queue);
    } while (!list_is_empty(&g->queue));
    for (size_t i = 0; i < g->pattern_count; i++)
        free(g->patterns[i]);
    list_take_out(&g->link);
    free(g->patterns);
    free(g->name);
    free(g);
}

void msvc__memory_close(struct broker *b)
{
    struct link *first;
    bool is_last;

    (void)pthread_mutex_lock(&brokers_lock);
    is_last = --b->references == 0;
    if (is_last)
        list_take_out(&b->link);
    (void)pthread_mutex_unlock(&brokers_lock);
    if (!is_last)
        return;
    while ((first = list_pop(&b->groups)) != NULL)
        group_free(b, ITEM(struct group, first));
    (void)pthread_mutex_destroy(&b->lock);
    free(b->name);
    free(b);
}
