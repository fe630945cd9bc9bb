/* SPDX-License-Identifier: MIT */
/*
 * An XML document as matching sees it: elements by name, a name being what its
 * prefix stands for and the local part ("urn:animals:alligator").
 */
#ifndef MSVC_CONTRACT_XML_INTERNAL_H
#define MSVC_CONTRACT_XML_INTERNAL_H

#include "contract/model_internal.h"

#define MSVC__XML_DEPTH_MAX      256
#define MSVC__XML_NODES_MAX      1000000 /* elements and attributes */
#define MSVC__XML_ATTRIBUTES_MAX 256     /* of one element */
#define MSVC__XML_NAMES_MAX      256     /* different ones among the children of one element */

/* An element. Its children stand in groups of one name, each group in the order of the text. */
struct msvc__xml {
    char *name;
    struct msvc__pairs attributes; /* their names start with @ */
    char *text;                    /* directly in it, without blanks around; NUL-terminated */
    size_t child_count;
    size_t group_count;
    struct msvc__xml *parent;
    struct msvc__xml *groups;     /* the first child of each name */
    struct msvc__xml *next_group; /* of a first one: that of the next name */
    struct msvc__xml *group_last; /* of a first one */
    struct msvc__xml *next;       /* the next child of the same name */

    /* where it stands in the source, in bytes */
    size_t tag;        /* its start tag */
    size_t inside;     /* behind it */
    size_t inside_end; /* its end tag; of <a/> the same as inside */
};

/* Whether a content type is XML: application/xml, text/xml, application/soap+xml. */
bool msvc__xml_is_type(const char *type);
/*
 * Read a document. A document type declaration is refused, and with it every
 * entity of its own. Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM.
 */
int msvc__xml_parse(struct msvc__xml **out, const char *text, size_t length,
                    struct msvc_error *err);
void msvc__xml_free(struct msvc__xml *root);
/* The first child of that name; NULL when there is none. */
struct msvc__xml *msvc__xml_child(const struct msvc__xml *element, const char *name);

#endif
