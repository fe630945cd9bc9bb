/* SPDX-License-Identifier: MIT */
/* A ring of links with the list as its own first and last; taking one out needs no list. */
#ifndef MSVC_BUS_LIST_INTERNAL_H
#define MSVC_BUS_LIST_INTERNAL_H

#include <msvc/base.h>

struct link {
    struct link *previous;
    struct link *next;
};

/* What a link is in, when the link is its first member. */
#define ITEM(type, at) ((type *)(void *)(at))

static inline void list_init(struct link *list)
{
    list->previous = list->next = list;
}

static inline bool list_is_empty(const struct link *list)
{
    return list->next == list;
}

static inline void list_add(struct link *list, struct link *item)
{
    item->previous = list->previous;
    item->next = list;
    list->previous->next = item;
    list->previous = item;
}

static inline void list_take_out(struct link *item)
{
    item->previous->next = item->next;
    item->next->previous = item->previous;
    item->previous = item->next = item;
}

/* NULL when empty. */
static inline struct link *list_first(struct link *list)
{
    return list->next != list ? list->next : NULL;
}

/* Take out and return the first; NULL when empty. */
static inline struct link *list_pop(struct link *list)
{
    struct link *first = list_first(list);

    if (first == NULL)
        return NULL;
    list->next = first->next;
    list->next->previous = list;
    first->previous = first->next = first;
    return first;
}

/* Everything of `from` goes to the end of `to`. */
static inline void list_move_all(struct link *to, struct link *from)
{
    struct link *item;

    while ((item = list_pop(from)) != NULL)
        list_add(to, item);
}

#endif
