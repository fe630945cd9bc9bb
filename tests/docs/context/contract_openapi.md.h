/* SPDX-License-Identifier: MIT */
extern struct msvc_pact *pact;
