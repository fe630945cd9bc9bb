/* SPDX-License-Identifier: MIT */
/*
 * Rolling restarts: two replicas of a service, ended with SIGTERM and started
 * again one after the other while clients ask without pause.
 *
 *     bench_restarts --program PATH [--restarts N] [--rate R] [--drain-ms D]
 *
 * Exits 1 when a request was lost or a replica did not exit 0.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "restarts_load.h"

#define START_TIMEOUT 60.0 /* seconds */
#define CLIENTS       8
#define TEXT_SIZE     512

struct options {
    const char *program;
    unsigned restarts;
    unsigned rate;
    unsigned drain_ms;
};

struct site {
    struct options options;
    char folder[64];
    pid_t pids[REPLICAS]; /* 0: none */
    struct restarts_load load;
};

static int complain(const char *what)
{
    (void)fprintf(stderr, "bench_restarts: %s\n", what);
    return 1;
}

/* ---- replicas ---- */

static void address_file(char text[TEXT_SIZE], const struct site *site, size_t i)
{
    (void)snprintf(text, TEXT_SIZE, "%s/address-%zu", site->folder, i);
}

static void become_replica(const struct site *site, size_t i)
{
    char variables[8][TEXT_SIZE];
    char *environment[9] = { NULL };
    char *argv[] = { (char *)(uintptr_t)site->options.program, NULL };

    (void)snprintf(variables[0], TEXT_SIZE, "HTTP_LISTEN=127.0.0.1:0");
    (void)snprintf(variables[1], TEXT_SIZE, "HTTP_ADDRESS_FILE=%s/address-%zu", site->folder, i);
    (void)snprintf(variables[2], TEXT_SIZE, "STORE_URL=sqlite:%s/store.db", site->folder);
    (void)snprintf(variables[3], TEXT_SIZE, "BUS_URL=sqlite:%s/bus.db", site->folder);
    (void)snprintf(variables[4], TEXT_SIZE, "DRAIN_DELAY_MS=%u", site->options.drain_ms);
    (void)snprintf(variables[5], TEXT_SIZE, "LOG_LEVEL=WARN");
    (void)snprintf(variables[6], TEXT_SIZE, "GATE=%s/gate", site->folder);
    (void)snprintf(variables[7], TEXT_SIZE, "PATH=%s", "/usr/bin:/bin");
    for (int v = 0; v < 8; v++)
        environment[v] = variables[v];
    (void)execve(argv[0], argv, environment);
    _exit(127);
}

/* The port it listens on; 0 while it has not told. */
static unsigned read_port(const struct site *site, size_t i)
{
    char path[TEXT_SIZE];
    unsigned port = 0;
    FILE *file;

    address_file(path, site, i);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "127.0.0.1:%u", &port) != 1)
        port = 0;
    (void)fclose(file);
    return port;
}

static bool start_replica(struct site *site, size_t i)
{
    struct replica *r = &site->load.replicas[i];
    double until = seconds_now() + START_TIMEOUT;
    char path[TEXT_SIZE];
    unsigned port = 0;

    address_file(path, site, i);
    (void)unlink(path);
    site->pids[i] = fork();
    if (site->pids[i] == 0)
        become_replica(site, i);
    while (port == 0 && seconds_now() < until) {
        port = read_port(site, i);
        if (port == 0)
            (void)poll(NULL, 0, 2);
    }
    atomic_fetch_add(&r->starts, 1);
    atomic_store(&r->port, port);
    while (port != 0 && !r->is_ready && seconds_now() < until)
        (void)poll(NULL, 0, 2);
    return r->is_ready;
}

static bool end_replica(struct site *site, size_t i)
{
    pid_t pid = site->pids[i];
    int status = 0;

    if (pid <= 0)
        return true;
    (void)kill(pid, SIGTERM);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    site->pids[i] = 0;
    atomic_store(&site->load.replicas[i].port, 0);
    while (!site->load.must_end &&
           site->load.replicas[i].is_ready) /* what the balancer saw before is of no use */
        (void)poll(NULL, 0, 2);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int roll(struct site *site)
{
    for (unsigned n = 0; n < site->options.restarts; n++) {
        for (size_t i = 0; i < REPLICAS; i++) {
            if (!end_replica(site, i))
                return complain("a replica did not exit 0");
            if (!start_replica(site, i))
                return complain("a replica did not become ready again");
        }
    }
    return 0;
}

/* ---- the figures ---- */

static int report(const struct site *site, double seconds)
{
    const struct restarts_load *load = &site->load;
    size_t count;
    double *times = restarts_load_times(load, &count);
    long answered = load->answered;

    if (times == NULL)
        return 1;
    (void)printf("%-26s %10u, of %d replicas each\n", "rolling restarts", site->options.restarts,
                 REPLICAS);
    (void)printf("%-26s %10ld, %.0f per second\n", "requests answered with 200", answered,
                 (double)answered / seconds);
    (void)printf("%-26s %10ld\n", "requests lost", load->lost + load->unserved);
    (void)printf("%-26s %10.1f ms, 99th %.1f ms, slowest %.1f ms\n", "answer, median",
                 percentile(times, count, 0.5), percentile(times, count, 0.99),
                 percentile(times, count, 1));
    if (load->lost > 0)
        (void)printf("the first that was lost: %s\n", load->problem);
    free(times);
    return load->lost + load->unserved > 0 || answered == 0;
}

static bool read_options(struct options *out, int argc, char **argv)
{
    *out = (struct options){ .restarts = 100, .rate = 1000, .drain_ms = 300 };
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned number = (unsigned)strtoul(argv[i + 1], NULL, 10);

        if (strcmp(argv[i], "--program") == 0)
            out->program = argv[i + 1];
        else if (strcmp(argv[i], "--restarts") == 0)
            out->restarts = number;
        else if (strcmp(argv[i], "--rate") == 0)
            out->rate = number;
        else if (strcmp(argv[i], "--drain-ms") == 0)
            out->drain_ms = number;
        else
            return false;
    }
    return out->program != NULL && out->rate > 0 && argc % 2 == 1;
}

static void remove_folder(const struct site *site)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -r %s", site->folder);
    if (system(command) != 0)
        (void)complain("the scratch folder is left behind");
}

static int run(struct site *site)
{
    double began;
    int worst = 0;

    for (size_t i = 0; i < REPLICAS && worst == 0; i++)
        worst = start_replica(site, i) ? 0 : complain("a replica did not become ready");
    if (worst == 0 && restarts_load_start(&site->load) < 0)
        worst = complain("no threads");
    began = seconds_now();
    if (worst == 0)
        worst = roll(site);
    restarts_load_stop(&site->load);
    if (worst == 0)
        worst = report(site, seconds_now() - began);
    for (size_t i = 0; i < REPLICAS; i++)
        if (!end_replica(site, i))
            worst = complain("a replica did not exit 0 at the end");
    return worst;
}

int main(int argc, char **argv)
{
    static struct site site = { .folder = "/tmp/msvc-restarts-XXXXXX" };
    int worst;

    if (!read_options(&site.options, argc, argv))
        return complain("expected --program PATH [--restarts N] [--rate R] [--drain-ms D]");
    if (mkdtemp(site.folder) == NULL)
        return complain("no scratch folder");
    print_machine();
    site.load.trust = site.options.drain_ms / 2e3;
    site.load.rate = site.options.rate;
    site.load.client_count = CLIENTS;
    site.load.path = "/counts";
    worst = restarts_load_balance(&site.load) == 0 ? run(&site) : complain("no threads");
    restarts_load_clear(&site.load);
    remove_folder(&site);
    return worst;
}
