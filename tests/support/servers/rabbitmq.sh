#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A private RabbitMQ node on free ports of 127.0.0.1, its data in one folder.
#
#     rabbitmq.sh start DIR     start it (again, if DIR holds one) and print NAME=value lines
#     rabbitmq.sh stop DIR      end it (SIGTERM, after 20 s SIGKILL) and its epmd
#     rabbitmq.sh kill DIR      SIGKILL to the node; the data stay
#     rabbitmq.sh restart DIR   stop the node in order and start it again on its data and ports
#     rabbitmq.sh block DIR     raise its memory alarm: it takes no publishes until `unblock`
#
# Exit 77 with the reason on stderr when no RabbitMQ is installed.
#
# The distribution's wrapper insists on another user; this one runs as whoever
# calls it. epmd is started here, so that its pid is known and it goes away.
set -eu

lib=${RABBITMQ_LIB:-/usr/lib/rabbitmq/bin}

fail()
{
    echo "rabbitmq.sh: $*" >&2
    exit 1
}

free_ports()
{
    python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))' "$1"
}

# Wait until the port answers; the listeners come last when a node boots.
wait_for_port()
{
    python3 -c '
import os, socket, sys, time
port, pid, end = int(sys.argv[1]), int(sys.argv[2]), time.time() + 300
while time.time() < end:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
    try:
        os.kill(pid, 0)
    except OSError:
        sys.exit(1)
sys.exit(1)' "$1" "$2"
}

make_certificates()
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=msvc-test-ca \
        -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
        -keyout "$1/server.key" -out "$1/server.csr" 2>/dev/null
    echo 'subjectAltName=DNS:localhost' >"$1/server.ext"
    openssl x509 -req -in "$1/server.csr" -days 2 -CA "$1/ca.pem" -CAkey "$1/ca.key" \
        -CAcreateserial -extfile "$1/server.ext" -out "$1/server.pem" 2>/dev/null
}

write_configuration()
{
    mkdir -p "$1/data" "$1/log" "$1/home"
    make_certificates "$1"
    cat >"$1/rabbitmq.conf" <<END
listeners.tcp.default = 127.0.0.1:$2
listeners.ssl.default = 127.0.0.1:$3
ssl_options.cacertfile = $1/ca.pem
ssl_options.certfile = $1/server.pem
ssl_options.keyfile = $1/server.key
loopback_users.guest = true
log.console = false
disk_free_limit.absolute = 50MB
END
    echo '[].' >"$1/plugins"
    cat >"$1/env" <<END
amqp_port=$2
amqps_port=$3
export RABBITMQ_NODE_PORT=$2
export RABBITMQ_DIST_PORT=$4
export ERL_EPMD_PORT=$5
END
}

start_epmd()
{
    setsid epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 </dev/null >"$1/epmd.log" 2>&1 9>&- &
    echo $! >"$1/epmd.pid"
}

run_node()
{
    dir=$1
    . "$dir/env"
    kill -0 "$(cat "$dir/epmd.pid" 2>/dev/null)" 2>/dev/null || start_epmd "$dir"
    rm -f "$dir/node.pid"
    HOME=$dir/home \
    ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_NODENAME=msvc-$RABBITMQ_NODE_PORT@localhost \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
    RABBITMQ_MNESIA_BASE=$dir/data \
    RABBITMQ_LOG_BASE=$dir/log \
    RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf \
    RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_PID_FILE=$dir/node.pid \
    RABBITMQ_ENABLED_PLUGINS_FILE=$dir/plugins \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}" \
        setsid "$lib/rabbitmq-server" </dev/null >"$dir/node.log" 2>&1 9>&- &
    wait_for_port "$RABBITMQ_NODE_PORT" "$!" || fail "the node did not start: $(tail -5 "$dir/node.log")"
}

# End a process and wait for it: TERM, then KILL.
end()
{
    pid=$(cat "$1" 2>/dev/null) || return 0
    kill "-$2" "$pid" 2>/dev/null || true
    tries=0
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || kill -KILL "$pid" 2>/dev/null || true
        sleep 0.1
    done
    rm -f "$1"
}

# Run an expression in the node, past its monitor of memory.
memory_alarm()
{
    . "$2/env"
    HOME=$2/home RABBITMQ_CONF_ENV_FILE=/dev/null "$lib/rabbitmqctl" -q \
        -n "msvc-$RABBITMQ_NODE_PORT@localhost" eval "$1" >/dev/null
}

[ $# -eq 2 ] || fail "usage: rabbitmq.sh start|stop|kill|restart|block|unblock DIR"
if [ ! -x "$lib/rabbitmq-server" ]; then
    echo "no RabbitMQ server found (looked in $lib)" >&2
    exit 77
fi
case $1 in
start)
    # shellcheck disable=SC2046
    [ -f "$2/env" ] || write_configuration "$2" $(free_ports 4)
    run_node "$2"
    echo "RABBITMQ_URL=amqp://guest:guest@127.0.0.1:$amqp_port/"
    echo "RABBITMQ_TLS_URL=amqps://guest:guest@localhost:$amqps_port/?ca=$2/ca.pem"
    ;;
stop)
    end "$2/node.pid" TERM
    end "$2/epmd.pid" TERM
    ;;
kill)
    end "$2/node.pid" KILL
    ;;
restart)
    end "$2/node.pid" TERM
    run_node "$2"
    ;;
block)
    memory_alarm 'rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []}).' "$2"
    ;;
unblock)
    memory_alarm 'rabbit_alarm:clear_alarm({resource_limit, memory, node()}).' "$2"
    ;;
*)
    fail "'$1' is not start, stop, kill, restart, block or unblock"
    ;;
esac
