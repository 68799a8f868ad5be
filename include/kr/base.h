/* SPDX-License-Identifier: MIT
 * base.h - what every other header needs: export mark, version, real type, attributes, a limit. */
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
#define KR_VERSION_MINOR 1
#define KR_VERSION_PATCH 0
#define KR__TEXT(number) #number
#define KR__VERSION_TEXT(major, minor, patch)                                                      \
    KR__TEXT(major) "." KR__TEXT(minor) "." KR__TEXT(patch)
#define KR_VERSION_STRING KR__VERSION_TEXT(KR_VERSION_MAJOR, KR_VERSION_MINOR, KR_VERSION_PATCH)

/* The arithmetic type. The library is float; the same sources are compiled a second time with
 * KR_REAL_DOUBLE for the gradient tests, whose tolerance is then 1e-7 and not a guess. */
#ifdef KR_REAL_DOUBLE
typedef double kr_real;
#else
typedef float kr_real;
#endif

/* Quantiles that a model gives at once, at most. */
enum { KR_QUANTILES_MAX = 32 };

#ifdef __cplusplus
#define KR_BEGIN_DECLS extern "C" {
#define KR_END_DECLS }
#else
#define KR_BEGIN_DECLS
#define KR_END_DECLS
#endif

KR_BEGIN_DECLS

/* The version of the library that runs, as KR_VERSION_STRING. */
KR_API const char *kr_version(void);

KR_END_DECLS

#endif
