/* SPDX-License-Identifier: MIT */
/**
 * @file http_client.h
 *
 * HTTP calls over libcurl: connections are kept and reused, every call has a
 * deadline that covers DNS and connecting and travels to the callee, trace
 * headers go with it, each endpoint has a breaker, and idempotent calls are tried
 * again. A POST is never sent a second time behind your back.
 *
 *     msvc_http_client_new(&client, NULL, &err);
 *     msvc_http_client_transport(&users, client, "http://127.0.0.1:8081", &err);
 *     msvc_http_call(users, MSVC_HTTP_REQUEST(.target = "/api/v1/users/123"), &answer, &err);
 *
 * What counts as a failure of the peer, for breaker and retries: no answer,
 * and the statuses 429, 502, 503 and 504; 500 counts for the breaker alone.
 * The answer is handed over all the same. What is not idempotent and has no
 * Idempotency-Key is tried again only when nothing of it was sent. Proxies of
 * the environment are not used.
 */
#ifndef MSVC_HTTP_CLIENT_H
#define MSVC_HTTP_CLIENT_H

#include <msvc/base.h>
#include <msvc/breaker.h>
#include <msvc/http.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;
struct msvc_policy;
struct msvc_random;
struct msvc_telemetry;

/** What transports have in common: options, and the retry budget. Threading: safe. */
struct msvc_http_client;

/** For eject_failures and refresh_ms. */
#define MSVC_HTTP_CLIENT_NEVER 0xffffffffu

/** Bytes of an address as text, with the NUL. */
#define MSVC_HTTP_ADDRESS_SIZE 46

/** "127.0.0.1", "2001:db8::1". */
struct msvc_http_address {
    char text[MSVC_HTTP_ADDRESS_SIZE];
};

/** Most hosts of a transport, and most addresses together. */
#define MSVC_HTTP_ENDPOINTS_MAX 64

/**
 * Tell where a service is now, from a registry of your own. Called in a call's thread whenever
 * refresh_ms have passed, one at a time for each transport, no lock held that a call needs; it must
 * not wait.
 *
 * @param[out] out  IP addresses, at most @p capacity.
 * @return How many; 0 or a negative status: nothing new, those from before stay.
 */
typedef int msvc_http_resolve_fn(struct msvc_http_address *out, size_t capacity, const char *host,
                                 uint16_t port, void *user);

/** Start from #MSVC_HTTP_CLIENT_OPTIONS; 0 means the default. */
struct msvc_http_client_options {
    size_t size;         /**< Set by #MSVC_HTTP_CLIENT_OPTIONS. */
    unsigned timeout_ms; /**< For a call without a deadline, retries included. Default 3000. */
    unsigned connect_timeout_ms; /**< DNS, TCP and TLS of one attempt. Default 1000. */
    unsigned attempts; /**< For idempotent calls: the first included. Default 3; 1: no retries. */
    unsigned connection_limit; /**< Calls at once for each transport; more wait for one to end.
                                  Default 64. */
    const struct msvc_policy
        *policy; /**< Of all calls, instead of `attempts`: retries, hedges, limits. Borrowed; must
                    outlive the transports. Its fallback is not used. Optional. */
    unsigned eject_failures; /**< Failures in a row after which one of several endpoints is left
                                out. Default 5; #MSVC_HTTP_CLIENT_NEVER. */
    unsigned eject_ms;       /**< How long, times how often lately. Default 30000. */
    unsigned eject_percent;  /**< Most that may be left out at once. Default 50. */
    unsigned refresh_ms;     /**< How often names are looked up again, by calls that come along.
                                Default 30000; #MSVC_HTTP_CLIENT_NEVER. */
    msvc_http_resolve_fn *resolve; /**< Looks names up instead of libcurl. Optional. */
    void *resolve_user;            /**< Passed to resolve, never read. */
    unsigned idle_ms;    /**< A connection unused for longer is not used again. Default 10000. */
    bool has_no_breaker; /**< Call the peer whatever happens. */
    const struct msvc_breaker_options
        *breaker; /**< Of each endpoint. Copied. Default: fails at 50 %, open for 30 s. */
    bool sends_grpc_timeout; /**< Tell the deadline as `grpc-timeout` as well. */
    const char *user_agent;  /**< Copied. Default "libmsvc/" and its version. */
    const char
        *tls_ca; /**< PEM file with the authorities to trust. Default: the system's. Copied. */
    const char *tls_certificate;      /**< PEM file: ours, for mTLS. Copied. */
    const char *tls_key;              /**< PEM file. Copied. */
    bool tls_is_unverified;           /**< Take any certificate of any name: for tests only. */
    const struct msvc_clock *clock;   /**< Borrowed. Default: the system's. libcurl itself always
                                         measures by the system's. */
    const struct msvc_random *random; /**< Borrowed. Default: the system's. */
    const struct msvc_telemetry *telemetry; /**< Borrowed. Client spans, slow calls. Optional. */
};

#define MSVC_HTTP_CLIENT_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_http_client_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_client_new(struct msvc_http_client **out,
                                                const struct msvc_http_client_options *options,
                                                struct msvc_error *err);

/** Let go of @p client; transports made from it keep what they need. NULL is ignored. */
MSVC_API void msvc_http_client_free(struct msvc_http_client *client);

/**
 * Make a transport to one service, with its own connections and breakers. Several hosts, and
 * several addresses of a name, are endpoints that do the same: a call goes to one of two drawn at
 * random, the one with fewer calls in flight, and is tried again at another one.
 *
 * @param[out] out  Owned by the caller, msvc_http_transport_free(); untouched on failure.
 * @param base_url  `http://host:port`, `https://…`, or with several hosts `http://a:80,b:80`; a
 *                  path in it goes before every target.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_MALFORMED (the URL), or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_client_transport(struct msvc_http_transport **out,
                                                      struct msvc_http_client *client,
                                                      const char *base_url, struct msvc_error *err);

/** One endpoint as it is at this moment. */
struct msvc_http_endpoint {
    char host[256]; /**< Cut if it is longer. */
    uint16_t port;
    struct msvc_http_address address; /**< "" while calls go by the host's name. */
    bool is_ejected;                  /**< Left out until ejected_ms have passed. */
    uint64_t ejected_ms;
    bool has_breaker;
    enum msvc_breaker_state breaker;
    unsigned in_flight;
    unsigned failure_streak;
    uint64_t call_count; /**< Attempts that ended. */
    uint64_t failure_count;
};

/**
 * Tell how the endpoints of a transport are.
 *
 * @param[out] out  At most @p capacity of them.
 * @return How many there are, or #MSVC_ERR_INVALID for a transport that is none of libcurl's.
 */
MSVC_API int msvc_http_client_endpoints(struct msvc_http_transport *transport,
                                        struct msvc_http_endpoint *out, size_t capacity);

/** Transports for `http` and `https` with the default options: for msvc_process_main(). Static. */
MSVC_API const struct msvc_http_transport_driver *msvc_http_client_driver(void);

MSVC_END_DECLS

#endif
