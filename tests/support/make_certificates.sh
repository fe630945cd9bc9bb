#!/bin/sh
# SPDX-License-Identifier: MIT
# An authority, a server and a client certificate, and one of a stranger, valid for a day: into FOLDER.
set -e
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $key -days 1 -keyout ca.key -out ca.pem -subj /CN=test-ca 2>/dev/null
openssl req -x509 $key -days 1 -keyout stranger.key -out stranger.pem -subj /CN=stranger 2>/dev/null
for name in server client; do
    openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\n' >$name.ext
    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 \
        -extfile $name.ext -out $name.pem 2>/dev/null
done
