/* SPDX-License-Identifier: MIT */
extern struct msvc_openapi *openapi;
extern struct msvc_openapi_comparison *comparison;
extern struct msvc_pact *pact;
