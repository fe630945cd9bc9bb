/* SPDX-License-Identifier: MIT */
extern struct msvc_pact *pact;
extern struct msvc_contract_report *report;
extern struct msvc_buffer buffer;
extern const char *real_token;
msvc_contract_state_fn set_up;
