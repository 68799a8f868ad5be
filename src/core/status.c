/* SPDX-License-Identifier: MIT
 * status.c - status codes and the error sentence. */
#include <kr/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
} statuses[KR_STATUS_COUNT] = {
#define KR_STATUS_ROW(name, text) {#name, text},
    KR_STATUS_MAP(KR_STATUS_ROW)
#undef KR_STATUS_ROW
};

const char *kr_status_name(kr_status status) {
    return (unsigned)status < KR_STATUS_COUNT ? statuses[status].name : "?";
}

const char *kr_status_text(kr_status status) {
    return (unsigned)status < KR_STATUS_COUNT ? statuses[status].text : "?";
}

/* Names from outside may contain a backquote, too, so only a complete `name` is taken. */
static void find_hint(kr_error *err) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    err->hint[0] = '\0';
    for (const char *at = strchr(err->text, '`'); at; at = strchr(at + 1, '`')) {
        size_t n = strspn(at + 1, letters);
        if (n == 0 || n >= sizeof err->hint || at[1 + n] != '`') continue;
        memcpy(err->hint, at + 1, n);
        err->hint[n] = '\0';
        return;
    }
}

kr_status kr_fail(kr_error *err, kr_status status, const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        err->status = status;
        find_hint(err);
    }
    return status;
}

void kr_error_prefix(kr_error *err, const char *format, ...) {
    if (!err) return;
    char prefix[KR_ERROR_TEXT_SIZE / 2];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(prefix, sizeof prefix - 2, format, args);
    va_end(args);
    if (n < 0) return;
    strcat(prefix, ": ");
    size_t added = strlen(prefix), kept = sizeof err->text - 1 - added;
    memmove(err->text + added, err->text, kept);
    memcpy(err->text, prefix, added);
    err->text[sizeof err->text - 1] = '\0';
    find_hint(err);
}

void kr_error_append(kr_error *err, const char *format, ...) {
    if (!err) return;
    size_t n = strlen(err->text);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + n, sizeof err->text - n, format, args);
    va_end(args);
    find_hint(err);
}
