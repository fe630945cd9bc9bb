/* SPDX-License-Identifier: MIT */
/*
 * The thread's context is one pointer; a scope keeps the one it replaced, so
 * that entering and leaving is a stack without memory of its own.
 */
#include <msvc/trace.h>

static _Thread_local const struct msvc_trace_context *current;

void msvc_trace_enter(struct msvc_span_scope *scope, const struct msvc_trace_context *context)
{
    scope->previous = current;
    current = context;
}

void msvc_span_leave(struct msvc_span_scope *scope)
{
    current = scope->previous;
}

const struct msvc_trace_context *msvc_trace_current(void)
{
    return current;
}
