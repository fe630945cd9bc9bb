/* SPDX-License-Identifier: MIT */
/*
 * An event in the transaction that you have already: your PGconn, your BEGIN, your COMMIT. A relay
 * publishes it later. Once: psql "$URL" -f …/share/libmsvc/schema/postgres/outbox_0001_events.sql
 *
 *     cc outbox_libpq.c $(pkg-config --cflags --libs libmsvc-postgres libpq) -o outbox_libpq
 *     ./outbox_libpq postgres://user@127.0.0.1/database
 *
 * prints
 *
 *     committed: {"orderId":"o-1"}
 *     rolled back: outbox holds 1 event
 */
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>
#include <msvc/error.h>
#include <msvc/outbox.h>
#include <msvc/store.h>
#include <msvc/store/postgres.h>

static int append(PGconn *conn, const char *payload, struct msvc_error *err)
{
    struct msvc_tx *tx = NULL;
    int status = msvc_store_postgres_enlist(&tx, conn, err);

    if (status == 0)
        status =
            msvc_outbox_append(tx,
                               MSVC_MESSAGE(.type = "order.created", .key = "o-1",
                                            .payload = payload, .payload_length = strlen(payload)),
                               NULL, err);
    msvc_tx_release(tx); /* the transaction stays yours */
    return status;
}

static void run(PGconn *conn, const char *sql, const char *say)
{
    PGresult *result = PQexec(conn, sql);

    if (PQntuples(result) == 1)
        printf("%s%s\n", say, PQgetvalue(result, 0, 0));
    PQclear(result);
}

int main(int argc, char **argv)
{
    PGconn *conn = PQconnectdb(argc > 1 ? argv[1] : "");
    struct msvc_error err;

    run(conn, "BEGIN; CREATE TABLE orders (id text); INSERT INTO orders VALUES ('o-1')", "");
    if (append(conn, "{\"orderId\":\"o-1\"}", &err) < 0)
        return fprintf(stderr, "%s%s\n", PQerrorMessage(conn), err.message), 1;
    run(conn, "COMMIT", "");
    run(conn, "SELECT payload FROM outbox_events", "committed: ");

    run(conn, "BEGIN", "");
    if (append(conn, "{}", &err) < 0)
        return fprintf(stderr, "%s\n", err.message), 1;
    run(conn, "ROLLBACK", "");
    run(conn, "SELECT count(*) || ' event' FROM outbox_events", "rolled back: outbox holds ");
    PQfinish(conn);
    return 0;
}
