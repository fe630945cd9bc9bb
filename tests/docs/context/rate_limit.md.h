/* SPDX-License-Identifier: MIT */
extern struct msvc_rate_limit *limit;
extern struct msvc_rate_limits *limits;
extern const char *user_id;
extern uint64_t wait_ns;
