#!/bin/sh
# SPDX-License-Identifier: MIT
# A private PostgreSQL server for tests: loopback and a free port only, data in a folder of the
# caller's, fsync on, nothing of the system's own server touched.
#
#     postgres.sh start DIR   start it (again, if DIR holds one) and print POSTGRES_URL=…
#     postgres.sh stop DIR    shut it down
#     postgres.sh kill DIR    end it without a shutdown, as a crash would
#
# Exit 77 with the reason on stderr when no server is installed.
set -eu

command=$1
dir=$2

find_binaries() {
    for bin in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ]; then
            echo "$bin"
            return
        fi
    done
}

bin=$(find_binaries)
if [ -z "$bin" ]; then
    echo "no PostgreSQL server found (looked for initdb with pg_config and in /usr/lib/postgresql)" >&2
    exit 77
fi

# PostgreSQL refuses to run as root.
user=
if [ "$(id -u)" = 0 ]; then
    user=nobody
    id postgres >/dev/null 2>&1 && user=postgres
fi

as_user() {
    if [ -n "$user" ]; then
        (cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@")
    else
        "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

create() {
    mkdir -p "$dir/socket"
    [ -z "$user" ] || chown "$user" "$dir" "$dir/socket"
    as_user "$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
        >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
    free_port >"$dir/port"
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $(cat "$dir/port")
unix_socket_directories = '$dir/socket'
shared_buffers = 16MB
max_connections = 60
max_prepared_transactions = 4
max_wal_size = 128MB
wal_writer_delay = 10s
CONF
}

case $command in
start)
    [ -f "$dir/port" ] || create
    as_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -t 60 start \
        >"$dir/pg_ctl.log" 2>&1 || { cat "$dir/pg_ctl.log" "$dir/data/server.log" >&2; exit 1; }
    echo "POSTGRES_URL=postgres://postgres@127.0.0.1:$(cat "$dir/port")/postgres"
    ;;
stop)
    as_user "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null
    ;;
kill)
    as_user "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null
    ;;
*)
    echo "usage: postgres.sh start|stop|kill DIR" >&2
    exit 2
    ;;
esac
