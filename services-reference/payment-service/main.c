/* SPDX-License-Identifier: MIT */
#include <msvc/service.h>

#include "drivers.h"
#include "service.h"

extern char **environ;

int main(int argc, char **argv)
{
    return msvc_process_main(argc, argv, environ, MSVC_SERVICES(&payment_service),
                             linked_drivers());
}
