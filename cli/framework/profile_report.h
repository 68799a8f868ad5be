/* SPDX-License-Identifier: MIT
 * profile_report.h - the profile of a run (--profile), printed and in JSON. */
#ifndef KRAIT_PROFILE_REPORT_H
#define KRAIT_PROFILE_REPORT_H

#include <kr/training.h>

struct cJSON;

/* The table on stderr; nothing when profile is NULL. */
void profile_print(const kr_profile *profile);
/* "profile": rows with op, pass, calls, ms, share, rate and its unit; nothing when profile is NULL.
 * False when out of memory. */
bool profile_add_json(struct cJSON *object, const kr_profile *profile);

#endif
