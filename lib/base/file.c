/* SPDX-License-Identifier: MIT */
#include "base/file_internal.h"

#include <errno.h>
#include <unistd.h>

size_t msvc__write_all(int fd, const char *bytes, size_t length)
{
    size_t written = 0;

    while (written < length) {
        ssize_t count = write(fd, bytes + written, length - written);

        if (count > 0)
            written += (size_t)count;
        else if (count == 0 || errno != EINTR)
            break;
    }
    return written;
}
