/* SPDX-License-Identifier: MIT
 * settings.h - the settings of a job, by name: set them, read them, list them, store them as JSON.
 *
 *     kr_settings *s = NULL;
 *     if (kr_forecast_settings_create(&s, &err) == KR_OK &&
 *         kr_settings_set_int(s, "pred_len", 24, &err) == KR_OK && ..
 *
 * Each job has its own list (kr_forecast_settings_create(), kr_synth_settings_create(), ..);
 * kr_settings_describe() describes its settings, and `krait COMMAND --help` shows the same. A later
 * version may have more settings; that changes none of the structs here.
 *
 * A name may be written with _ or with -. A value is checked when it is set: kind, range, choices.
 * Whether all settings fit together is checked where they are used. A handle belongs to one thread
 * at a time. */
#ifndef KR_SETTINGS_H
#define KR_SETTINGS_H

#include <kr/base.h>

KR_BEGIN_DECLS

typedef struct kr_settings kr_settings;

enum { KR_SETTING_SIZE = 512 }; /* bytes that hold any value as text, the final zero included */

/* ---- creating and destroying ------------------------------------------------------------ */

/* The header of each job declares the function that creates its settings, at their defaults. It can
 * only fail with KR_MEMORY. */

KR_API kr_status kr_settings_copy(const kr_settings *settings, kr_settings **out, kr_error *err);
/* Accepts NULL. */
KR_API void kr_settings_destroy(kr_settings *settings);

/* ---- setting ---------------------------------------------------------------------------- */

/* KR_USAGE for an unknown name (the sentence suggests a similar one) and for a value that is
 * refused; all settings then stay as they were. */

/* From text, as on a command line: "24", "1e-3", "true", "MAE". */
KR_API kr_status kr_settings_set(kr_settings *settings, const char *name, const char *text,
                                 kr_error *err);
/* For an INT, a REAL or a BOOL (0 or 1). */
KR_API kr_status kr_settings_set_int(kr_settings *settings, const char *name, int64_t value,
                                     kr_error *err);
/* For a REAL, or for an INT when value is a whole number. */
KR_API kr_status kr_settings_set_real(kr_settings *settings, const char *name, double value,
                                      kr_error *err);

/* ---- reading ---------------------------------------------------------------------------- */

/* The value as text, which kr_settings_set() reads back. KR_USAGE: an unknown name, or text is too
 * small (KR_SETTING_SIZE is enough). */
KR_API kr_status kr_settings_get(const kr_settings *settings, const char *name, char *text,
                                 size_t size, kr_error *err);

/* For names that are written in the caller's code: a name that is unknown, or of another kind, is a
 * mistake in that code, so it ends the process with abort() and a sentence on standard error. A
 * text is valid until its setting is set again. */
KR_API int64_t kr_settings_int(const kr_settings *settings, const char *name);
KR_API double kr_settings_real(const kr_settings *settings, const char *name);
KR_API bool kr_settings_bool(const kr_settings *settings, const char *name);
KR_API const char *kr_settings_text(const kr_settings *settings, const char *name);

/* ---- the list --------------------------------------------------------------------------- */

typedef enum kr_setting_kind {
    KR_SETTING_TEXT,
    KR_SETTING_INT,
    KR_SETTING_REAL,
    KR_SETTING_BOOL,
    KR_SETTING_OFF /* a BOOL whose bare flag, on a command line, means 0 */
} kr_setting_kind;

/* How a setting is treated elsewhere. Traits come in pairs; a list of settings uses some of the
 * pairs, and each of its settings has exactly one trait of every pair in use. */
typedef enum kr_setting_trait {
    KR_SETTING_SAME = 1 << 0,   /* a training is resumed with the value it began with .. */
    KR_SETTING_FREE = 1 << 1,   /* .. or with any other */
    KR_SETTING_SWEPT = 1 << 2,  /* the runs of a sweep may differ in it .. */
    KR_SETTING_FIXED = 1 << 3,  /* .. or not */
    KR_SETTING_COPIED = 1 << 4, /* passed on to the setting of this name in every run .. */
    KR_SETTING_OWN = 1 << 5,    /* .. or not */
    KR_SETTING_NOTED = 1 << 6,  /* written beside a result when it is not the default .. */
    KR_SETTING_UNNOTED = 1 << 7 /* .. or not: it has a column of its own or changes no result */
} kr_setting_trait;

typedef struct kr_setting_info {
    size_t size; /* sizeof(kr_setting_info), set by the caller */
    const char *name, *group, *help;
    const char *word; /* what the help calls its value: N, FILE, ..; "" for a BOOL or OFF */
    const char *default_text;
    const char *choices; /* of a TEXT that is one of a few: "a|b", else "" */
    double min, max;     /* of an INT or REAL */
    kr_setting_kind kind;
    unsigned traits; /* kr_setting_trait */
} kr_setting_info;

/* "forecast", "umap", ..: which list it is. */
KR_API const char *kr_settings_list(const kr_settings *settings);
KR_API int kr_settings_count(const kr_settings *settings);
/* Number i, from 0, in the order of the help. The texts belong to the library and stay valid. */
KR_API void kr_settings_describe(const kr_settings *settings, int i, kr_setting_info *info);

/* ---- as JSON ---------------------------------------------------------------------------- */

/* One object with all settings; free with kr_free(). */
KR_API kr_status kr_settings_to_json(const kr_settings *settings, char **text, kr_error *err);
/* Set all settings from such an object; those that it does not name get their defaults. KR_FORMAT
 * for text that is not an object, an unknown name, a value of the wrong kind or out of range; all
 * settings then stay as they were. */
KR_API kr_status kr_settings_from_json(kr_settings *settings, const char *text, size_t n_bytes,
                                       kr_error *err);

KR_END_DECLS

#endif
