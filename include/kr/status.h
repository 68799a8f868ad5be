/* SPDX-License-Identifier: MIT
 * status.h - status codes and the error sentence.
 *
 * A function that can fail returns a kr_status and takes a `kr_error *err` last. err may be NULL.
 * The sentence says where, what is wrong and how to mend it; it has no final newline. A setting
 * stands in backquotes (`gaps`) by the name that kr_settings_set() and the like know: who has other
 * names for settings, as flags of a program, puts them there. Lines of a team's log do the same. */
#ifndef KR_STATUS_H
#define KR_STATUS_H

#include <kr/base.h>

KR_BEGIN_DECLS

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
    char text[KR_ERROR_TEXT_SIZE];
    char hint[KR_ERROR_HINT_SIZE]; /* the first setting that text names, the field to mend; or "" */
} kr_error;

/* "IO", "reading or writing failed". Unknown codes give "?". */
KR_API const char *kr_status_name(kr_status status);
KR_API const char *kr_status_text(kr_status status);

/* Write the sentence into err (when not NULL, cut to its size) and return status. */
KR_API kr_status kr_fail(kr_error *err, kr_status status, const char *format, ...) KR_PRINTF(3, 4);

/* Put "prefix: " in front of the sentence in err; returns err's status. NULL: does nothing. */
KR_API void kr_error_prefix(kr_error *err, const char *format, ...) KR_PRINTF(2, 3);
/* Put text behind the sentence in err, cut to its size. NULL: does nothing. */
KR_API void kr_error_append(kr_error *err, const char *format, ...) KR_PRINTF(2, 3);

/* For functions that hold nothing yet: return at once when call fails. */
#define KR_TRY(call)                                                                               \
    do {                                                                                           \
        kr_status kr_try_status_ = (call);                                                         \
        if (kr_try_status_ != KR_OK) return kr_try_status_;                                        \
    } while (0)

KR_END_DECLS

#endif
