/* SPDX-License-Identifier: MIT
 * base.c - the version of the library. */
#include <kr/base.h>

const char *kr_version(void) { return KR_VERSION_STRING; }
