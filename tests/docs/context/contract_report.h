/* SPDX-License-Identifier: MIT */
extern struct msvc_contract_report *report;
extern struct msvc_buffer buffer;
