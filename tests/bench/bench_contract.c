/* SPDX-License-Identifier: MIT */
/*
 * msvc-verify beside the peer's command line, against the same provider: time,
 * CPU, peak memory, start; and matching alone, in this process.
 *
 *   bench_contract --program MSVC-VERIFY [--static MSVC-VERIFY] [--peer PACT]
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/contract.h>
#include <msvc/error.h>

#include "contract/match_internal.h"
#include "contract/model_internal.h"
#include "contract_pacts.h"
#include "measure.h"

#define STARTS       41
#define MATCHES      200000
#define ROWS         50000
#define PEER_AT_MOST 1000 /* interactions: it takes half a minute for them */

struct run {
    double seconds;
    double cpu_seconds;
    double peak_mib;
    int code;
};

static char folder[] = "/tmp/bench-contract-XXXXXX";
static unsigned port;

/* Of the process alone: wait4() is no POSIX, so each run is waited for by a process of its own. */
static struct run measure_in_child(char *const *arguments)
{
    struct run run = { .code = -1 };
    struct rusage used;
    double begun = seconds_now();
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY);

        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)execv(arguments[0], arguments);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    run.seconds = seconds_now() - begun;
    (void)getrusage(RUSAGE_CHILDREN, &used);
    run.cpu_seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                      (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    run.peak_mib = (double)used.ru_maxrss / 1024;
    run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return run;
}

static struct run run_program(char *const *arguments)
{
    struct run run = { .code = -1 };
    int results[2];
    pid_t pid;

    if (pipe(results) != 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        run = measure_in_child(arguments);
        _exit(write(results[1], &run, sizeof(run)) == sizeof(run) ? 0 : 1);
    }
    (void)close(results[1]);
    if (read(results[0], &run, sizeof(run)) != sizeof(run))
        run.code = -1;
    (void)close(results[0]);
    (void)waitpid(pid, NULL, 0);
    return run;
}

static void save(const char *path, size_t interactions)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    FILE *file = fopen(path, "w");

    contract_pact_write(&text, interactions);
    if (file == NULL || fwrite(text.data, 1, text.length, file) != text.length || fclose(file) != 0)
        exit(1);
    msvc_buffer_clear(&text);
}

static void path_of(char out[128], size_t interactions)
{
    (void)snprintf(out, 128, "%s/%zu.json", folder, interactions);
}

static struct run verify_ours(char *program, size_t interactions, char *workers)
{
    char url[64];
    char path[128];
    char provider[] = "--provider-url";
    char option[] = "--workers";
    char *arguments[] = { program, provider, url, option, workers, path, NULL };

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    path_of(path, interactions);
    return run_program(arguments);
}

static struct run verify_peer(char *program, size_t interactions)
{
    char number[16];
    char path[128];
    char verifier[] = "verifier", f[] = "-f", h[] = "-h", host[] = "127.0.0.1", p[] = "-p";
    char *arguments[] = { program, verifier, f, path, h, host, p, number, NULL };

    (void)snprintf(number, sizeof(number), "%u", port);
    path_of(path, interactions);
    return run_program(arguments);
}

static void print(const char *name, size_t interactions, const struct run *run,
                  const struct run *floor)
{
    if (run->code != 0) {
        printf("%-28s %7zu  exited with %d\n", name, interactions, run->code);
        return;
    }
    printf("%-28s %7zu %10.4f %10.4f %9.1f", name, interactions, run->seconds, run->cpu_seconds,
           run->peak_mib);
    if (floor != NULL && floor->code == 0)
        printf(" %9.1f x", run->seconds / floor->seconds);
    putchar('\n');
}

static struct run best_of(int times, char *program, size_t interactions, char *workers)
{
    struct run best = verify_ours(program, interactions, workers);

    for (int i = 1; i < times; i++) {
        struct run one = verify_ours(program, interactions, workers);

        if (one.code != 0 || one.seconds < best.seconds)
            best = one;
    }
    return best;
}

static void measure_verification(char *program, char *small, char *peer)
{
    static const size_t sizes[] = { 1, 100, 1000, 10000 };
    char one[] = "1";
    char four[] = "4";
    double seconds[sizeof(sizes) / sizeof(sizes[0])];

    printf("%-28s %7s %10s %10s %9s %11s\n", "verification", "", "s", "CPU s", "peak MiB",
           "to ours");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char path[128];
        struct run ours;
        struct run parallel;

        path_of(path, sizes[i]);
        save(path, sizes[i]);
        ours = best_of(5, program, sizes[i], one);
        parallel = best_of(5, program, sizes[i], four);
        seconds[i] = ours.seconds;
        print("msvc-verify", sizes[i], &ours, &ours);
        print("msvc-verify --workers 4", sizes[i], &parallel, &ours);
        if (small != NULL) {
            struct run alone = best_of(5, small, sizes[i], one);

            print("msvc-verify, static", sizes[i], &alone, &ours);
        }
        if (peer != NULL && sizes[i] <= PEER_AT_MOST) {
            struct run theirs = verify_peer(peer, sizes[i]);

            print("pact verifier", sizes[i], &theirs, &ours);
        }
        (void)unlink(path);
    }
    printf("10000 take %.2f times as long as 1000\n", seconds[3] / seconds[2]);
}

static void measure_start(const char *name, char *program, const char *option)
{
    char copy[16];
    char *arguments[] = { program, copy, NULL };
    double times[STARTS];
    struct stat file;
    struct run run = { .code = -1 };

    (void)snprintf(copy, sizeof(copy), "%s", option);
    for (int i = 0; i < STARTS; i++) {
        run = run_program(arguments);
        times[i] = run.seconds * 1e3;
    }
    if (run.code != 0 || stat(program, &file) != 0)
        printf("%-28s exited with %d\n", name, run.code);
    else
        printf("%-28s %10.2f ms %9.1f MiB peak %9.1f KiB\n", name, percentile(times, STARTS, 0.5),
               run.peak_mib, (double)file.st_size / 1024);
}

static struct msvc_pact *parse(void (*write)(struct msvc_buffer *, size_t), size_t count)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    write(&text, count);
    if (msvc_pact_parse(&pact, text.data, text.length, &err) < 0) {
        fprintf(stderr, "bench_contract: %s\n", err.message);
        exit(1);
    }
    msvc_buffer_clear(&text);
    return pact;
}

static void read_body(struct msvc__part *part, const char *text, size_t length)
{
    *part = (struct msvc__part){ .status = 200 };
    if (msvc__part_set_body(part, text, length) < 0 ||
        msvc__pairs_add(&part->headers, "Content-Type", 12, "application/json", 16) < 0 ||
        msvc__part_finish(part) < 0)
        exit(1);
}

static void compare(const struct msvc__part *expected, const struct msvc__part *actual)
{
    struct msvc__mismatches found = { .items = NULL };

    if (msvc__match(&found, expected, actual) < 0 || found.found > 0) {
        fprintf(stderr, "bench_contract: %s\n", found.count > 0 ? found.items[0].message : "?");
        exit(1);
    }
}

static void print_rate(const char *name, double cpu_ms)
{
    printf("%-28s %10.0f a second of CPU\n", name, MATCHES * 1e3 / cpu_ms);
}

static void measure_small(void)
{
    struct msvc_pact *pact = parse(contract_pact_write, 1);
    const struct msvc__part *expected = &pact->interactions[0]->responses[0];
    struct msvc__part actual;
    double begun;

    read_body(&actual, CONTRACT_BODY, strlen(CONTRACT_BODY));
    begun = own_cpu_ms();
    for (int i = 0; i < MATCHES; i++)
        compare(expected, &actual);
    print_rate("match a small body", own_cpu_ms() - begun);
    msvc__part_clear(&actual);
    begun = own_cpu_ms();
    for (int i = 0; i < MATCHES; i++) {
        read_body(&actual, CONTRACT_BODY, strlen(CONTRACT_BODY));
        compare(expected, &actual);
        msvc__part_clear(&actual);
    }
    print_rate("parse and match it", own_cpu_ms() - begun);
    msvc_pact_free(pact);
}

static void measure_rows(void)
{
    struct msvc_pact *pact = parse(contract_rows_write, ROWS);
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    struct msvc__part actual;
    double begun;

    contract_rows_body(&body, ROWS, "Bob");
    begun = own_cpu_ms();
    read_body(&actual, body.data, body.length);
    compare(&pact->interactions[0]->responses[0], &actual);
    printf("%-28s %10.3f s of CPU\n", "parse and match 50000 rows", (own_cpu_ms() - begun) / 1e3);
    msvc__part_clear(&actual);
    msvc_buffer_clear(&body);
    msvc_pact_free(pact);
}

int main(int argc, char **argv)
{
    char *program = NULL;
    char *small = NULL;
    char *peer = NULL;
    pid_t provider;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--program") == 0)
            program = argv[i + 1];
        else if (strcmp(argv[i], "--static") == 0)
            small = argv[i + 1];
        else if (strcmp(argv[i], "--peer") == 0)
            peer = argv[i + 1];
    }
    if (program == NULL || mkdtemp(folder) == NULL)
        return 2;
    print_machine();
    provider = contract_provider_start(&port);
    puts("start (--version, peer: --help), and the size of the program"); /* while this one is small
                                                                           */
    measure_start("msvc-verify", program, "--version");
    if (small != NULL)
        measure_start("msvc-verify, static", small, "--version");
    if (peer != NULL)
        measure_start("pact", peer, "--help");
    else
        puts("no peer here: npm could not fetch @pact-foundation/pact-cli");
    measure_verification(program, small, peer);
    measure_small();
    measure_rows();
    (void)kill(provider, SIGTERM);
    (void)rmdir(folder);
    return 0;
}
