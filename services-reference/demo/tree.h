/* SPDX-License-Identifier: MIT */
#ifndef DEMO_TREE_H
#define DEMO_TREE_H

#include "demo.h"

/* Requests and events of one trace, in the order they began, by service. */
void show_timeline(const struct spans *spans, const char *trace_id);

/* Who called whom, with durations. */
void show_tree(const struct spans *spans, const char *trace_id);

#endif
