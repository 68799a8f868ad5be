/* SPDX-License-Identifier: MIT
 * flags.h - settings as data: one list makes a structure's fields, their defaults, the command
 * line, its help and man page, and the JSON in checkpoints and reports.
 *
 * A list is a file of rows KR_STR, KR_INT, .. (forecast_flags.inc says what they mean); flags.inc
 * makes the fields from it. */
#ifndef KR_FLAGS_H
#define KR_FLAGS_H

#include <kr/settings.h>

KR_BEGIN_DECLS

enum { KR_FLAG_TEXT = KR_SETTING_SIZE }; /* bytes of a text field, its end included */

/* The pairs of traits that a table uses. */
enum {
    KR_FLAG_RESUME = KR_SETTING_SAME | KR_SETTING_FREE,
    KR_FLAG_SWEEP = KR_SETTING_SWEPT | KR_SETTING_FIXED,
    KR_FLAG_COPY = KR_SETTING_COPIED | KR_SETTING_OWN,
    KR_FLAG_NOTE = KR_SETTING_NOTED | KR_SETTING_UNNOTED
};

typedef struct kr_flag {
    kr_setting_kind kind;
    const char *group, *name;
    const char *default_text; /* as a person would type it */
    const char *choices;      /* "a|b", "" for none; STR only */
    double min, max;          /* INT, REAL */
    const char *word;         /* what the help calls the value: N, FILE, ..; "" for a BOOL, OFF */
    unsigned traits;          /* kr_setting_trait */
    const char *help;
    size_t offset; /* of the field in its structure */
} kr_flag;

/* Flags of an original program that are accepted without effect. */
typedef struct kr_old_flag {
    const char *name;
    int takes_value; /* 0: none, 1: one, 2: one or more */
    const char *why; /* "krait computes on the CPU" */
} kr_old_flag;

/* The rows of one structure. */
typedef struct kr_flag_table {
    const char *name;
    const kr_flag *flags;
    int count;
    size_t size;      /* of the structure */
    unsigned decides; /* KR_FLAG_RESUME | .. */
} kr_flag_table;

/* Row `name` (with _), or NULL. */
const kr_flag *kr__flags_find(const kr_flag_table *table, const char *name);

/* All fields to their defaults. */
void kr__flags_init(const kr_flag_table *table, void *config);
/* Set one field from text: whole number, range and choices are checked. name with _ . */
kr_status kr__flags_set(const kr_flag_table *table, void *config, const char *name,
                        const char *text, kr_error *err);
/* One field as text that kr__flags_set() reads back. */
void kr__flag_get(const kr_flag *flag, const void *config, char *text, size_t size);

/* All fields as one JSON object, to be freed with kr_free. */
kr_status kr__flags_to_json(const kr_flag_table *table, const void *config, char **text,
                            kr_error *err);
/* From such an object: settings that it does not name keep their defaults; an unknown name or a
 * value of the wrong kind or out of range is KR_FORMAT. On failure *config is untouched. */
kr_status kr__flags_from_json(const kr_flag_table *table, const char *text, size_t n_bytes,
                              void *config, kr_error *err);

KR_END_DECLS

#endif
