/* SPDX-License-Identifier: MIT
 * sanitizer.h - is this built for the thread sanitizer? It starts no threads in children of a
 * process with threads, and handlers of signals find an errno of its own. */
#ifndef SANITIZER_H
#define SANITIZER_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HAS_THREAD_SANITIZER 1
#endif
#ifndef HAS_THREAD_SANITIZER
#define HAS_THREAD_SANITIZER 0
#endif

#endif
