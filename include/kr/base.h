/* SPDX-License-Identifier: MIT
 * base.h - what every other header needs: version, status codes and the error sentence, memory.
 *
 * A function that can fail returns a kr_status and takes a `kr_error *err` last. err may be NULL.
 * The sentence says where, what is wrong and how to mend it; it has no final newline. Where it
 * names a setting (kr/settings.h), the name is in backquotes. Numbers in files and settings have a
 * decimal point, whatever locale the program has. */
#ifndef KR_BASE_H
#define KR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(KR_BUILDING) && defined(__GNUC__)
#define KR_API __attribute__((visibility("default")))
#else
#define KR_API
#endif

#if defined(__GNUC__)
#define KR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KR_PRINTF(fmt, args)
#endif

/* The version of these headers; CMake reads it here. */
#define KR_VERSION_MAJOR 0
#define KR_VERSION_MINOR 3
#define KR_VERSION_PATCH 0
#define KR__TEXT(number) #number
#define KR__VERSION_TEXT(major, minor, patch)                                                      \
    KR__TEXT(major) "." KR__TEXT(minor) "." KR__TEXT(patch)
#define KR_VERSION_STRING KR__VERSION_TEXT(KR_VERSION_MAJOR, KR_VERSION_MINOR, KR_VERSION_PATCH)

/* The most quantiles that one model can forecast. */
enum { KR_QUANTILES_MAX = 32 };

#ifdef __cplusplus
#define KR_BEGIN_DECLS extern "C" {
#define KR_END_DECLS }
#else
#define KR_BEGIN_DECLS
#define KR_END_DECLS
#endif

KR_BEGIN_DECLS

/* The version of the running library, in the form of KR_VERSION_STRING. */
KR_API const char *kr_version(void);

/* ---- status ---------------------------------------------------------------------------------- */

#define KR_STATUS_MAP(X)                                                                           \
    X(OK, "done")                                                                                  \
    X(USAGE, "asked for something impossible")                                                     \
    X(IO, "reading or writing failed")                                                             \
    X(FORMAT, "the file's content is not valid")                                                   \
    X(SHAPE, "sizes do not fit together")                                                          \
    X(MEMORY, "out of memory")                                                                     \
    X(NUMERIC, "a number is not finite")                                                           \
    X(INTERRUPTED, "stopped on request")                                                           \
    X(UNSUPPORTED, "not supported")

typedef enum kr_status {
#define KR_STATUS_ENUM(name, text) KR_##name,
    KR_STATUS_MAP(KR_STATUS_ENUM)
#undef KR_STATUS_ENUM
        KR_STATUS_COUNT
} kr_status;

enum { KR_ERROR_TEXT_SIZE = 768, KR_ERROR_HINT_SIZE = 64 };

typedef struct kr_error {
    kr_status status;
    char text[KR_ERROR_TEXT_SIZE]; /* quotes names as files have them, control characters too */
    char hint[KR_ERROR_HINT_SIZE]; /* the first setting that text names, the one to mend; or "" */
} kr_error;

/* "IO", "reading or writing failed". Unknown codes give "?". */
KR_API const char *kr_status_name(kr_status status);
KR_API const char *kr_status_text(kr_status status);

/* Write the sentence into err (when not NULL, cut to its size) and return status. */
KR_API kr_status kr_fail(kr_error *err, kr_status status, const char *format, ...) KR_PRINTF(3, 4);

/* Put "prefix: " in front of the sentence in err; returns err's status. NULL: does nothing. */
KR_API void kr_error_prefix(kr_error *err, const char *format, ...) KR_PRINTF(2, 3);
/* Append text to the sentence in err, cut to its size. NULL: does nothing. */
KR_API void kr_error_append(kr_error *err, const char *format, ...) KR_PRINTF(2, 3);

/* For functions that hold nothing yet: return at once when call fails. */
#define KR_TRY(call)                                                                               \
    do {                                                                                           \
        kr_status kr_try_status_ = (call);                                                         \
        if (kr_try_status_ != KR_OK) return kr_try_status_;                                        \
    } while (0)

/* ---- memory ---------------------------------------------------------------------------------- */

/* Frees memory that the library handed over to be freed with kr_free(). NULL is fine. */
KR_API void kr_free(void *block);

KR_END_DECLS

#endif
