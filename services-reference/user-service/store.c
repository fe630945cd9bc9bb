/* SPDX-License-Identifier: MIT */
/* Table users, and the events about its rows. */
#include "users.h"

#include <stdio.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/outbox.h>
#include <msvc/store.h>

#define COLUMNS "id, email, name, role, password_hash, version, created_ms"

int user_insert(struct msvc_tx *tx, const struct user *user, struct msvc_error *err)
{
    int status =
        msvc_tx_exec(tx, "INSERT INTO users (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
                     MSVC_VALUES(MSVC_TEXT(user->id), MSVC_TEXT(user->email), MSVC_TEXT(user->name),
                                 MSVC_TEXT(user->role), MSVC_TEXT(user->hash),
                                 MSVC_INT(user->version), MSVC_INT(user->created_ms)),
                     err);

    return status < 0 ? status : 0;
}

static void copy_column(char *out, size_t size, const struct msvc_rows *rows, size_t column)
{
    (void)snprintf(out, size, "%s", msvc_rows_text(rows, column));
}

static int find(struct user *out, struct msvc_tx *tx, const char *sql, const char *value,
                struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx, sql, MSVC_VALUES(MSVC_TEXT(value)), err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows)) {
        copy_column(out->id, sizeof(out->id), rows, 0);
        copy_column(out->email, sizeof(out->email), rows, 1);
        copy_column(out->name, sizeof(out->name), rows, 2);
        copy_column(out->role, sizeof(out->role), rows, 3);
        copy_column(out->hash, sizeof(out->hash), rows, 4);
        out->version = msvc_rows_int(rows, 5);
        out->created_ms = msvc_rows_int(rows, 6);
    } else {
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "users", 0, "no such user");
    }
    msvc_rows_free(rows);
    return status;
}

int user_find_by_id(struct user *out, struct msvc_tx *tx, const char *id, struct msvc_error *err)
{
    return find(out, tx, "SELECT " COLUMNS " FROM users WHERE id = $1", id, err);
}

int user_find_by_email(struct user *out, struct msvc_tx *tx, const char *email,
                       struct msvc_error *err)
{
    return find(out, tx, "SELECT " COLUMNS " FROM users WHERE email = $1", email, err);
}

int user_update(struct msvc_tx *tx, struct user *user, struct msvc_error *err)
{
    int changed = msvc_tx_exec(tx,
                               "UPDATE users SET email = $1, name = $2, version = version + 1 "
                               "WHERE id = $3 AND version = $4",
                               MSVC_VALUES(MSVC_TEXT(user->email), MSVC_TEXT(user->name),
                                           MSVC_TEXT(user->id), MSVC_INT(user->version)),
                               err);

    if (changed == 0)
        return msvc_error_set(err, MSVC_ERR_CONFLICT, "users", 0, "somebody else changed the user");
    if (changed > 0)
        user->version++;
    return changed < 0 ? changed : 0;
}

int user_publish(struct msvc_tx *tx, const char *type, const struct user *user,
                 struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;
    int status;

    msvc_json_writer_init(&writer, &payload);
    msvc_json_begin_object(&writer);
    msvc_json_member_text(&writer, "userId", user->id);
    msvc_json_member_text(&writer, "email", user->email);
    msvc_json_member_text(&writer, "name", user->name);
    msvc_json_end_object(&writer);
    status = msvc_json_writer_status(&writer);
    if (status < 0)
        (void)msvc_error_set(err, status, "users", 0, "event: %s", msvc_status_text(status));
    else
        status = msvc_outbox_append(tx,
                                    MSVC_MESSAGE(.type = type, .topic = "users", .key = user->id,
                                                 .payload = payload.data,
                                                 .payload_length = payload.length),
                                    MSVC_OUTBOX_OPTIONS(.source = "user-service"), err);
    msvc_buffer_clear(&payload);
    return status;
}
