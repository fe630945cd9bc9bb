/* SPDX-License-Identifier: MIT */
/*
 * One trace across two processes: what travels between them is the text of a
 * `traceparent` header, here through a pipe.
 *
 *     cc trace_two_processes.c $(pkg-config --cflags --libs libmsvc-core) -o trace_two_processes
 *     ./trace_two_processes
 *
 * prints
 *
 *     same trace: yes
 *     child's parent is our span: yes
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/trace.h>

/* The callee: continues the trace that came in, and answers what its spans would be exported with.
 */
static int serve(int in, int out)
{
    char traceparent[MSVC_TRACEPARENT_SIZE] = "";
    char ids[33 + 17];
    struct msvc_trace_context caller;
    struct msvc_tracer *tracer;
    struct msvc_span *span;

    if (read(in, traceparent, sizeof(traceparent)) <= 0 ||
        msvc_trace_context_parse(&caller, traceparent, "") < 0 ||
        msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.service_name = "callee")) < 0)
        return 1;
    span = msvc_span_start(tracer, "answer",
                           MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_SERVER, .parent = &caller));
    msvc_trace_id_text(ids, msvc_span_context(span));
    msvc_span_id_text(ids + 33, &caller);
    msvc_span_end(span);
    msvc_tracer_free(tracer);
    return write(out, ids, sizeof(ids)) != sizeof(ids);
}

/* The caller: its span's context goes out as a header. */
static int call(int out, int in)
{
    char traceparent[MSVC_TRACEPARENT_SIZE], trace_id[33], span_id[17], answer[33 + 17] = "";
    struct msvc_tracer *tracer;
    struct msvc_span *span;

    if (msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.service_name = "caller")) < 0)
        return 1;
    span = msvc_span_start(tracer, "ask", MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CLIENT));
    msvc_trace_context_traceparent(traceparent, msvc_span_context(span));
    msvc_trace_id_text(trace_id, msvc_span_context(span));
    msvc_span_id_text(span_id, msvc_span_context(span));
    if (write(out, traceparent, sizeof(traceparent)) > 0 && read(in, answer, sizeof(answer)) > 0) {
        printf("same trace: %s\n", strcmp(answer, trace_id) == 0 ? "yes" : "no");
        printf("child's parent is our span: %s\n",
               strcmp(answer + 33, span_id) == 0 ? "yes" : "no");
    }
    msvc_span_end(span);
    msvc_tracer_free(tracer);
    return 0;
}

int main(void)
{
    int request[2], reply[2], status = 1;
    pid_t child;

    if (pipe(request) < 0 || pipe(reply) < 0 || (child = fork()) < 0)
        return 1;
    if (child == 0)
        return serve(request[0], reply[1]);
    (void)close(reply[1]); /* so that a child that dies ends the wait */
    return call(request[1], reply[0]) != 0 || waitpid(child, &status, 0) != child || status != 0;
}
