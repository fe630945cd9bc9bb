/* SPDX-License-Identifier: MIT */
extern struct msvc_fault *fault;
extern struct msvc_policy *policy;
