/* SPDX-License-Identifier: MIT
 * log.h - how the library speaks: through a callback, never to a stream of its own. */
#ifndef KR_LOG_H
#define KR_LOG_H

#include <kr/base.h>

KR_BEGIN_DECLS

typedef enum kr_log_level { KR_LOG_DEBUG, KR_LOG_INFO, KR_LOG_WARNING } kr_log_level;

/* line has no final newline. May be called from any thread, one at a time. */
typedef void (*kr_log_fn)(void *arg, kr_log_level level, const char *line);

/* NULL: silence, which is the default. */
KR_API void kr_log_set(kr_log_fn fn, void *arg);
KR_API void kr_log(kr_log_level level, const char *format, ...) KR_PRINTF(2, 3);

KR_END_DECLS

#endif
