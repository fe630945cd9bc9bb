/* SPDX-License-Identifier: MIT */
extern struct msvc_tracer_env *env;
