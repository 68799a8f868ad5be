/* SPDX-License-Identifier: MIT
 * xml.c - XML in members of zip files. */
#include "files/xml.h"

#include <expat.h>
#include <string.h>

#include "core/text.h"

typedef struct reading {
    const kr__xml_calls *calls;
    void *user;
    XML_Parser parser;
    kr_status status; /* of the last call; or KR_UNSUPPORTED where entities were declared */
} reading;

static const char *skip_prefix(const char *name) {
    const char *behind = kr__text_behind(name, ':');
    return behind ? behind : name;
}

/* ---- calls of expat --------------------------------------------------------------------- */

static void note(reading *r, kr_status status) {
    r->status = status;
    if (status != KR_OK) XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes) {
    reading *r = user;
    if (r->status != KR_OK || !r->calls->start) return;
    note(r, r->calls->start(r->user, skip_prefix(name), (const char *const *)attributes));
}

static void XMLCALL on_end(void *user, const XML_Char *name) {
    reading *r = user;
    if (r->status == KR_OK && r->calls->end) note(r, r->calls->end(r->user, skip_prefix(name)));
}

static void XMLCALL on_text(void *user, const XML_Char *text, int n) {
    reading *r = user;
    if (r->status == KR_OK && r->calls->text) note(r, r->calls->text(r->user, text, (size_t)n));
}

static void XMLCALL on_entity(void *user, const XML_Char *name, int is_parameter,
                              const XML_Char *value, int n_value, const XML_Char *base,
                              const XML_Char *system, const XML_Char *public,
                              const XML_Char *notation) {
    (void)name, (void)is_parameter, (void)value, (void)n_value, (void)base, (void)system;
    (void)public, (void)notation;
    note(user, KR_UNSUPPORTED);
}

/* ---- a member --------------------------------------------------------------------------- */

static kr_status refuse(const reading *r, const kr__zip *zip, const char *member, kr_error *err) {
    enum XML_Error code = XML_GetErrorCode(r->parser);
    if (code == XML_ERROR_NO_MEMORY) {
        return kr_fail(err, KR_MEMORY, "%s: out of memory", kr__zip_path(zip));
    }
    return kr_fail(err, KR_FORMAT, "%s: %s is no XML: line %lu: %s", kr__zip_path(zip), member,
                   (unsigned long)XML_GetCurrentLineNumber(r->parser), XML_ErrorString(code));
}

static kr_status feed(reading *r, kr__source *source, const char *member, const kr__zip *zip,
                      kr_error *err) {
    char bytes[16384];
    bool is_last = false;
    while (!is_last) {
        size_t n = source->left < sizeof bytes ? (size_t)source->left : sizeof bytes;
        KR_TRY(kr__source_read(source, bytes, n, err));
        is_last = source->left == 0;
        enum XML_Status is_good = XML_Parse(r->parser, bytes, (int)n, is_last);
        if (r->status == KR_UNSUPPORTED) {
            return kr_fail(err, KR_FORMAT, "%s: %s declares entities, which are not read",
                           kr__zip_path(zip), member);
        }
        KR_TRY(r->status);
        if (is_good != XML_STATUS_OK) return refuse(r, zip, member, err);
    }
    return KR_OK;
}

kr_status kr__xml_read(kr__zip *zip, const char *member, const kr__xml_calls *calls, void *user,
                       kr_error *err) {
    int64_t i = kr__zip_find(zip, member);
    kr__source source = {0};
    if (i < 0) {
        return kr_fail(err, KR_FORMAT, "%s: has no part %.80s", kr__zip_path(zip), member);
    }
    KR_TRY(kr__zip_member_open(zip, i, &source, err));
    reading r = {calls, user, XML_ParserCreate(NULL), KR_OK};
    kr_status status = KR_OK;
    if (r.parser) {
        XML_SetUserData(r.parser, &r);
        XML_SetElementHandler(r.parser, on_start, on_end);
        XML_SetCharacterDataHandler(r.parser, on_text);
        XML_SetEntityDeclHandler(r.parser, on_entity);
        status = feed(&r, &source, member, zip, err);
        XML_ParserFree(r.parser);
    } else {
        status = kr_fail(err, KR_MEMORY, "%s: out of memory", kr__zip_path(zip));
    }
    return kr__zip_member_close(&source, status, err);
}

const char *kr__xml_attribute(const char *const *attributes, const char *name) {
    for (; attributes[0]; attributes += 2) {
        if (strcmp(skip_prefix(attributes[0]), name) == 0) return attributes[1];
    }
    return NULL;
}
