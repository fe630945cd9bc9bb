/* SPDX-License-Identifier: MIT */
/*
 * Each row is one block: its values, then the bytes of texts and blobs. A
 * number has room for its text there, which is written when somebody asks.
 */
#include <msvc/store.h>

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/driver/store.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/number_internal.h"

#define FIRST_CAPACITY 16
#define ROWS_MAX       1000000
#define BYTES_MAX      ((size_t)256 << 20)
#define INT64_LIMIT    9223372036854775808.0 /* 2^63 */

struct msvc_rows {
    size_t column_count;
    size_t count;
    size_t capacity;
    size_t bytes;   /* of all rows together */
    size_t current; /* from 1; 0 is before the first */
    struct msvc_value **rows;
};

struct msvc_rows *msvc_rows_new(size_t column_count)
{
    struct msvc_rows *rows = msvc__new(sizeof(*rows));

    if (rows != NULL)
        rows->column_count = column_count;
    return rows;
}

void msvc_rows_free(struct msvc_rows *rows)
{
    if (rows == NULL)
        return;
    for (size_t i = 0; i < rows->count; i++)
        free(rows->rows[i]);
    free(rows->rows);
    free(rows);
}

static bool is_number(const struct msvc_value *value)
{
    return value->type == MSVC_VALUE_INT || value->type == MSVC_VALUE_DOUBLE;
}

static bool has_bytes(const struct msvc_value *value)
{
    return value->type == MSVC_VALUE_TEXT || value->type == MSVC_VALUE_BLOB;
}

/* Room a value needs behind the values; at most one byte more than its length. */
static size_t room_for(const struct msvc_value *value)
{
    if (is_number(value))
        return MSVC__NUMBER_SIZE;
    return has_bytes(value) ? value->length + 1 : 0;
}

static size_t row_size(const struct msvc_rows *rows, const struct msvc_value *values)
{
    size_t size = rows->column_count * sizeof(*values);

    for (size_t i = 0; i < rows->column_count; i++) {
        if (values[i].length > BYTES_MAX)
            return BYTES_MAX + 1;
        size += room_for(&values[i]);
    }
    return size;
}

static int grow(struct msvc_rows *rows)
{
    size_t capacity = rows->capacity > 0 ? rows->capacity * 2 : FIRST_CAPACITY;
    struct msvc_value **grown;

    if (rows->count < rows->capacity)
        return 0;
    grown = msvc__grow(rows->rows, capacity * sizeof(struct msvc_value *));
    if (grown == NULL)
        return MSVC_ERR_NOMEM;
    rows->rows = grown;
    rows->capacity = capacity;
    return 0;
}

static void fill(struct msvc_value *row, const struct msvc_value *values, size_t count)
{
    char *room = (char *)(row + count);

    for (size_t i = 0; i < count; i++) {
        row[i] = values[i];
        row[i].bytes = room;
        if (has_bytes(&values[i]) && values[i].length > 0)
            memcpy(room, values[i].bytes, values[i].length);
        room += room_for(&values[i]);
    }
}

int msvc_rows_append(struct msvc_rows *rows, const struct msvc_value *values)
{
    size_t size = row_size(rows, values);
    struct msvc_value *row;

    if (rows->count == ROWS_MAX || size > BYTES_MAX - rows->bytes)
        return MSVC_ERR_LIMIT;
    if (grow(rows) < 0)
        return MSVC_ERR_NOMEM;
    row = msvc__new(size > 0 ? size : 1);
    if (row == NULL)
        return MSVC_ERR_NOMEM;
    fill(row, values, rows->column_count);
    rows->rows[rows->count++] = row;
    rows->bytes += size;
    return 0;
}

bool msvc_rows_next(struct msvc_rows *rows)
{
    if (rows == NULL || rows->current > rows->count)
        return false;
    rows->current++;
    return rows->current <= rows->count;
}

size_t msvc_rows_count(const struct msvc_rows *rows)
{
    return rows != NULL ? rows->count : 0;
}

/* NULL outside of rows and columns, and for SQL's NULL. */
static struct msvc_value *at(const struct msvc_rows *rows, size_t column)
{
    struct msvc_value *value;

    if (rows == NULL || rows->current == 0 || rows->current > rows->count ||
        column >= rows->column_count)
        return NULL;
    value = &rows->rows[rows->current - 1][column];
    return value->type != MSVC_VALUE_NULL ? value : NULL;
}

bool msvc_rows_is_null(const struct msvc_rows *rows, size_t column)
{
    return at(rows, column) == NULL;
}

/* The number that is all of the text, with a point in every locale; 0 otherwise. */
static double double_in(const char *text)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    locale_t previous = plain != (locale_t)0 ? uselocale(plain) : (locale_t)0;
    char *end;
    double number = strtod(text, &end);

    if (plain != (locale_t)0) {
        (void)uselocale(previous);
        freelocale(plain);
    }
    return *end == '\0' ? number : 0;
}

static int64_t int_of(double number)
{
    return number >= -INT64_LIMIT && number < INT64_LIMIT ? (int64_t)number : 0;
}

static int64_t int_in(const char *text)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 ? number : int_of(double_in(text));
}

int64_t msvc_rows_int(const struct msvc_rows *rows, size_t column)
{
    const struct msvc_value *value = at(rows, column);

    if (value == NULL || value->type == MSVC_VALUE_BLOB)
        return 0;
    if (value->type == MSVC_VALUE_TEXT)
        return int_in(value->bytes);
    return value->type == MSVC_VALUE_INT ? value->integer : int_of(value->number);
}

double msvc_rows_double(const struct msvc_rows *rows, size_t column)
{
    const struct msvc_value *value = at(rows, column);

    if (value == NULL || value->type == MSVC_VALUE_BLOB)
        return 0;
    if (value->type == MSVC_VALUE_TEXT)
        return double_in(value->bytes);
    return value->type == MSVC_VALUE_INT ? (double)value->integer : value->number;
}

const char *msvc_rows_text(const struct msvc_rows *rows, size_t column)
{
    struct msvc_value *value = at(rows, column);
    char text[MSVC__NUMBER_SIZE];

    if (value == NULL)
        return NULL;
    if (is_number(value) && value->length == 0) {
        value->length = value->type == MSVC_VALUE_INT ? msvc__format_int(text, value->integer)
                                                      : msvc__format_double(text, value->number);
        memcpy((char *)(uintptr_t)value->bytes, text, value->length + 1);
    }
    return value->bytes;
}

const void *msvc_rows_blob(const struct msvc_rows *rows, size_t column, size_t *length)
{
    const struct msvc_value *value = at(rows, column);

    if (value == NULL || !has_bytes(value))
        return NULL;
    if (length != NULL)
        *length = value->length;
    return value->bytes;
}
