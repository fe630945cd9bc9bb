/* SPDX-License-Identifier: MIT */
extern struct msvc_policy *policy;
extern struct msvc_run run;
extern enum msvc_run_step step;

int drop_request();
int send_request();
