#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A private SMTP server on a free port of 127.0.0.1.
#
#     smtp.sh start DIR     start it and print NAME=value lines; e-mails become DIR/mail
#     smtp.sh stop DIR      end it
#
# Exit 77 with the reason on stderr when aiosmtpd is not installed.
set -eu

case $1 in
start)
    if ! /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null; then
        echo "aiosmtpd is not installed" >&2
        exit 77
    fi
    /usr/bin/python3 "$(dirname "$0")/smtp_server.py" "$2" >"$2/log" 2>&1 &
    echo $! >"$2/pid"
    for _ in $(seq 200); do
        [ -s "$2/port" ] && break
        sleep 0.05
    done
    [ -s "$2/port" ] || { cat "$2/log" >&2; exit 1; }
    echo "SMTP_TEST_URL=smtp://127.0.0.1:$(cat "$2/port")"
    echo "SMTP_TEST_MAIL=$2/mail"
    ;;
stop)
    kill "$(cat "$2/pid")" 2>/dev/null || true
    ;;
esac
