/* SPDX-License-Identifier: MIT */
/**
 * @file bus/rabbitmq.h
 *
 * RabbitMQ 3.10 or later, by AMQP 0-9-1 (docs/rabbitmq.md):
 *
 *     rabbitmq://orders:secret@b1,b2/production?exchange=events&heartbeat=10
 *
 * `amqp://` is the same; `amqps://` is TLS, with the broker's certificate and
 * name verified. Several hosts are tried in turn. The path is the virtual
 * host, by default "/". User and password are "guest" when none is given.
 *
 *     exchange   the topic exchange that messages go through; default "msvc"
 *     unrouted   refuse (default): a message that no group wants is REFUSED;
 *                keep: it goes to the queue "<exchange>.unrouted", which holds
 *                100000. All who use one exchange must agree.
 *     heartbeat  seconds, 1 to 600; default 20; a broker that is silent for two is gone
 *     ca         PEM file of the authorities to trust; default the system's. amqps only
 *     cert, key  PEM files with a certificate and key of our own. amqps only
 */
#ifndef MSVC_BUS_RABBITMQ_H
#define MSVC_BUS_RABBITMQ_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus_driver;

/** The driver behind `rabbitmq:`, `amqp:` and `amqps:`. Static. */
MSVC_API const struct msvc_bus_driver *msvc_bus_rabbitmq(void);

MSVC_END_DECLS

#endif
