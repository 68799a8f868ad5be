/* SPDX-License-Identifier: MIT
 * lint.h - what clang-tidy cannot see from one source file: kr_fail() gives back the status that it
 * was given, so a function that failed did not return KR_OK. tools/check includes it first. */
#ifndef KR_LINT_H
#define KR_LINT_H

#include <kr/base.h>

#define kr_fail(err, status, ...) (kr_fail(err, status, __VA_ARGS__), (status))

#endif
