/* SPDX-License-Identifier: MIT */
extern struct msvc_pact_folder *folder;
extern struct msvc_pact_broker *broker;
