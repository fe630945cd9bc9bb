/* SPDX-License-Identifier: MIT */
extern struct msvc_pact *pact;
extern struct msvc_pact_stub *stub;
