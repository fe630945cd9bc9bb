/* SPDX-License-Identifier: MIT */
/* Two headers, a line each. What is written again is read as the same. */
#include <string.h>

#include <msvc/trace_context.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\nfoo=1,bar=2",
    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-what\n foo=1 , ,\tbar@x= 2 ",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\na=1,a=2,9*=~",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n",
    " 00-00000000000000000000000000000000-b7ad6b7169203331-01\t",
    NULL,
};

static void check_again(const struct msvc_trace_context *context)
{
    struct msvc_trace_context again;
    char text[MSVC_TRACEPARENT_SIZE];

    FUZZ_CHECK(msvc_trace_context_is_valid(context) && context->is_remote);
    FUZZ_CHECK(strlen(context->tracestate) < MSVC_TRACESTATE_SIZE);
    msvc_trace_context_traceparent(text, context);
    FUZZ_CHECK(strlen(text) == MSVC_TRACEPARENT_SIZE - 1);
    FUZZ_CHECK(msvc_trace_context_parse(&again, text, context->tracestate) == 0);
    FUZZ_CHECK(memcmp(&again, context, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct msvc_trace_context nobody;
    struct msvc_trace_context context;
    char *text = malloc(size + 1);
    char *tracestate;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    tracestate = strchr(text, '\n');
    if (tracestate != NULL)
        *tracestate++ = '\0';
    if (msvc_trace_context_parse(&context, text, tracestate) == 0)
        check_again(&context);
    else
        FUZZ_CHECK(memcmp(&context, &nobody, sizeof(nobody)) == 0);
    free(text);
    return 0;
}
