/* SPDX-License-Identifier: MIT */
/*
 * Starts the five reference services, drives orders through them and shows
 * what happened. services-reference/run builds and starts this program.
 */
#include "demo.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>

static int read_arguments(struct demo *demo, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--programs") == 0 && i + 1 < argc)
            demo->programs = argv[++i];
        else if (strcmp(argv[i], "--stack") == 0 && i + 1 < argc)
            demo->stack = argv[++i];
        else if (strcmp(argv[i], "--once") == 0)
            demo->runs_once = true;
        else if (strcmp(argv[i], "--monolith") == 0)
            demo->is_monolith = true;
        else if (strcmp(argv[i], "--chaos") == 0)
            demo->is_chaotic = true;
        else if (strcmp(argv[i], "--keep") == 0)
            demo->keeps_data = true;
        else
            return -1;
    }
    return demo->programs != NULL ? 0 : -1;
}

/* Until Ctrl-C. The signals are blocked, so that they wait for us. */
static void stay_up(const struct demo *demo, const sigset_t *signals)
{
    int number;

    report_urls(demo);
    (void)sigwait(signals, &number);
    (void)printf("\nstopping ...\n");
}

static int run(struct demo *demo, struct msvc_error *err)
{
    int status = api_open(demo, err);

    if (status == 0) {
        (void)printf("starting %s on stack %s ...\n",
                     demo->is_monolith ? "the monolith" : "five services", demo->stack);
        status = programs_start(demo, err);
    }
    if (status == 0)
        status = story_prepare(demo, err);
    if (status == 0) {
        (void)printf("\nOrders\n");
        status = story_tell(demo, err);
    }
    if (status == 0)
        status = report(demo, err);
    if (status == 0 && demo->is_chaotic)
        status = chaos_run(demo, err);
    return status;
}

int main(int argc, char **argv)
{
    static struct demo demo = { .stack = "embedded" };
    struct msvc_error err = { 0 };
    sigset_t signals;
    int status;

    if (read_arguments(&demo, argc, argv) < 0) {
        (void)fprintf(stderr,
                      "usage: %s --programs FOLDER [--stack NAME] [--once] [--monolith]"
                      " [--chaos] [--keep]\n",
                      argv[0]);
        return 2;
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);

    status = folder_make(&demo, &err);
    if (status == 0)
        status = run(&demo, &err);
    if (status == 0 && !demo.runs_once)
        stay_up(&demo, &signals);
    if (status < 0)
        (void)fprintf(stderr, "failed: %s\n", err.message);
    if (programs_stop(&demo) != 0)
        status = -1;
    api_close(&demo);
    if (status == 0 && !demo.keeps_data)
        folder_remove(&demo);
    else
        (void)fprintf(stderr, "logs and data are in %s\n", demo.folder);
    (void)printf(status == 0 ? "all went well.\n" : "");
    return status == 0 ? 0 : 1;
}
