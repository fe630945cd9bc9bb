/* SPDX-License-Identifier: MIT */
/**
 * @file trace_context.h
 *
 * W3C Trace Context level 2: what travels in `traceparent` and `tracestate`.
 * A flat value: copy it, keep it, put it into a message.
 */
#ifndef MSVC_TRACE_CONTEXT_H
#define MSVC_TRACE_CONTEXT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** Characters of a traceparent with the final NUL. */
#define MSVC_TRACEPARENT_SIZE 56
/** Most bytes of tracestate that are kept, with the final NUL. Whole members that do not fit are
 * dropped: first those over 128 characters, then from the right. */
#define MSVC_TRACESTATE_SIZE 513

enum msvc_trace_flags {
    MSVC_TRACE_SAMPLED = 0x01, /**< The caller may have recorded this trace. */
    MSVC_TRACE_RANDOM = 0x02,  /**< The trace id's low 56 bits are random (level 2). */
};

/** Who called. All zero: nobody, a trace starts here. */
struct msvc_trace_context {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;                         /**< Bits of #msvc_trace_flags. */
    bool is_remote;                        /**< It came from another process. */
    char tracestate[MSVC_TRACESTATE_SIZE]; /**< "" when there is none. */
};

/** Whether trace and span id are both not zero; false for NULL. */
MSVC_API bool msvc_trace_context_is_valid(const struct msvc_trace_context *context);

/**
 * Read the headers of a request or message. A traceparent that is wrong makes
 * everything ignored; a tracestate that is wrong, or has more than 32 members,
 * is dropped alone. Empty members and repeated keys are left out.
 *
 * @param[out] out    Remote; all zero unless this succeeds.
 * @param traceparent Surrounding white space is accepted; two joined with a comma are not. NULL:
 *                    absent.
 * @param tracestate  Several headers joined with commas. NULL: absent.
 * @return 0, #MSVC_ERR_NOT_FOUND when absent, #MSVC_ERR_MALFORMED or #MSVC_ERR_INVALID.
 */
MSVC_API int msvc_trace_context_parse(struct msvc_trace_context *out, const char *traceparent,
                                      const char *tracestate);

/** Write version 00. Empty when @p context is not valid. */
MSVC_API void msvc_trace_context_traceparent(char out[MSVC_TRACEPARENT_SIZE],
                                             const struct msvc_trace_context *context);

/** Write the trace id as 32 hexadecimal digits; zeros for NULL. */
MSVC_API void msvc_trace_id_text(char out[33], const struct msvc_trace_context *context);

/** Write the span id as 16 hexadecimal digits; zeros for NULL. */
MSVC_API void msvc_span_id_text(char out[17], const struct msvc_trace_context *context);

MSVC_END_DECLS

#endif
