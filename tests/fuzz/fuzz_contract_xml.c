/* SPDX-License-Identifier: MIT */
/* XML that can be read equals itself; what cannot has a reason. */
#include <msvc/error.h>

#include "contract/match_internal.h"
#include "contract/xml_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "<a/>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a x=\"1\" "
    "y='&lt;'><b>t</b><b><![CDATA[<]]></b></a>",
    "<p:a xmlns:p=\"urn:x\" p:n=\"1\"><b xmlns=\"urn:y\"/><!-- c --> text </p:a>",
    "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct msvc__rules rules = { .items = NULL };
    struct msvc__mismatches found = { .items = NULL };
    struct msvc__xml *root = NULL;
    struct msvc_error err;

    if (msvc__xml_parse(&root, (const char *)data, size, &err) < 0) {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && root == NULL);
        return 0;
    }
    msvc__match_xml(&found, &rules, true, root, root);
    FUZZ_CHECK(found.found == 0 && found.status == 0);
    msvc__xml_free(root);
    return 0;
}
