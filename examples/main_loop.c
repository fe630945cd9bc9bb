/* SPDX-License-Identifier: MIT */
/*
 * A bus in a main loop of your own: poll() watches its descriptor beside
 * another one, here a pipe that lines come in by. Nothing runs in a thread.
 *
 *     cc main_loop.c $(pkg-config --cflags --libs libmsvc-core) -o main_loop && ./main_loop
 *
 * prints
 *
 *     line: apple
 *     event: apple
 *     line: pear
 *     event: pear
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <msvc/bus.h>
#include <msvc/bus/memory.h>

static enum msvc_disposition on_event(struct msvc_delivery *delivery, void *user)
{
    const struct msvc_message *m = msvc_delivery_message(delivery);

    printf("event: %.*s\n", (int)m->payload_length, (const char *)m->payload);
    ++*(int *)user;
    return MSVC_DELIVERY_ACK;
}

/* Each line becomes an event. */
static int on_line(struct msvc_bus *bus, int fd)
{
    char line[6] = "";
    size_t length;

    if (read(fd, line, 5) != 5)
        return -1;
    length = strcspn(line, " ");
    printf("line: %.*s\n", (int)length, line);
    return msvc_bus_publish(bus,
                            MSVC_MESSAGE(.type = "line.read", .content_type = "text/plain",
                                         .payload = line, .payload_length = length),
                            NULL, NULL, NULL);
}

static int loop(struct msvc_bus *bus, int lines, int *seen)
{
    while (*seen < 2) {
        struct pollfd fds[] = { { lines, POLLIN, 0 }, { msvc_bus_fd(bus), POLLIN, 0 } };

        if (poll(fds, 2, msvc_bus_timeout_ms(bus)) < 0 || msvc_bus_run_once(bus, 0, NULL) < 0)
            return -1;
        if ((fds[0].revents & POLLIN) != 0 && on_line(bus, lines) < 0)
            return -1;
    }
    return 0;
}

int main(void)
{
    struct msvc_bus *bus = NULL;
    int seen = 0;
    int lines[2];
    int status;

    if (pipe(lines) < 0 || write(lines[1], "applepear ", 10) != 10 ||
        msvc_bus_open(&bus, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, NULL) < 0)
        return 1;
    status = msvc_bus_subscribe(bus,
                                MSVC_SUBSCRIPTION(.group = "printer", .topics = MSVC_TOPICS("#"),
                                                  .handler = on_event, .user = &seen),
                                NULL);
    if (status == 0)
        status = loop(bus, lines[0], &seen);
    msvc_bus_close(bus);
    return status < 0;
}
