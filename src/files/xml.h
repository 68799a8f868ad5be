/* SPDX-License-Identifier: MIT
 * xml.h - XML in members of zip files, piece by piece, through expat. */
#ifndef KR_XML_H
#define KR_XML_H

#include "files/zip_archive.h"

/* Called as the text is read, which ends at the first that does not return KR_OK. Names come
 * without a prefix such as x: in x:row. Any of them may be NULL. */
typedef struct kr__xml_calls {
    kr_status (*start)(void *user, const char *name, const char *const *attributes);
    kr_status (*end)(void *user, const char *name);
    /* A part of the text between two tags; there may be several. */
    kr_status (*text)(void *user, const char *text, size_t n);
} kr__xml_calls;

/* Read the member of this name. KR_FORMAT: it is missing, no XML, or declares entities, with which
 * a small file could stand for a huge one. */
kr_status kr__xml_read(kr__zip *zip, const char *member, const kr__xml_calls *calls, void *user,
                       kr_error *err);

/* The value of an attribute, with or without a prefix; NULL: it is not there. */
const char *kr__xml_attribute(const char *const *attributes, const char *name);

#endif
