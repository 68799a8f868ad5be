/* SPDX-License-Identifier: MIT
 * forecast_config.c - the settings of a run: their table, their defaults, setting one from text. */
#include <kr/forecast.h>

#include <stdio.h>
#include <string.h>

#include <kr/text.h>

/* ---- the table, out of the one list ----------------------------------------------------- */

#define KR_OLD(name, takes_value, why)
#define OFFSET(name) offsetof(kr_forecast_config, name)
static const kr_flag flags[] = {
#define KR_STR(group, name, default_value, choices, help)                                          \
    {KR_FLAG_STR, group, #name, default_value, choices, 0, 0, help, OFFSET(name)},
#define KR_INT(group, name, default_value, min, max, help)                                         \
    {KR_FLAG_INT,   group,         #name, #default_value, "",                                      \
     (double)(min), (double)(max), help,  OFFSET(name)},
#define KR_REAL(group, name, default_value, min, max, help)                                        \
    {KR_FLAG_REAL, group, #name, #default_value, "", min, max, help, OFFSET(name)},
#define KR_BOOL(group, name, default_value, help)                                                  \
    {KR_FLAG_BOOL, group, #name, #default_value, "", 0, 1, help, OFFSET(name)},
#define KR_OFF(group, name, default_value, help)                                                   \
    {KR_FLAG_OFF, group, #name, #default_value, "", 0, 1, help, OFFSET(name)},
#include <kr/forecast_flags.inc>
#undef KR_STR
#undef KR_INT
#undef KR_REAL
#undef KR_BOOL
#undef KR_OFF
#undef KR_OLD
};
enum { N_FLAGS = sizeof flags / sizeof flags[0] };

#define KR_STR(group, name, default_value, choices, help)
#define KR_INT(group, name, default_value, min, max, help)
#define KR_REAL(group, name, default_value, min, max, help)
#define KR_BOOL(group, name, default_value, help)
#define KR_OFF(group, name, default_value, help)
#define KR_OLD(name, takes_value, why) {#name, takes_value, why},
static const kr_old_flag old_flags[] = {
#include <kr/forecast_flags.inc>
};

const kr_flag *kr_forecast_flags(int *count) {
    *count = N_FLAGS;
    return flags;
}

const kr_old_flag *kr_forecast_old_flags(int *count) {
    *count = sizeof old_flags / sizeof old_flags[0];
    return old_flags;
}

/* ---- setting one ------------------------------------------------------------------------ */

static kr_status set_text(const kr_flag *flag, const char *text, char *field, kr_error *err) {
    if (*flag->choices) KR_TRY(kr_text_check_choice(flag->name, text, flag->choices, err));
    size_t n = strlen(text);
    if (n >= KR_FORECAST_TEXT) {
        return kr_fail(err, KR_USAGE, "--%s: has %zu characters; at most %d are allowed",
                       flag->name, n, KR_FORECAST_TEXT - 1);
    }
    memcpy(field, text, n + 1);
    return KR_OK;
}

static kr_status check_range(const kr_flag *flag, const char *text, double value, kr_error *err) {
    if (value >= flag->min && value <= flag->max) return KR_OK;
    return kr_fail(err, KR_USAGE, "--%s: %.80s is out of range; use %.16g to %.16g", flag->name,
                   text, flag->min, flag->max);
}

static kr_status set_int(const kr_flag *flag, const char *text, int64_t *field, kr_error *err) {
    int64_t value = 0;
    if (!kr_text_int(text, &value)) {
        return kr_fail(err, KR_USAGE, "--%s: \"%.80s\" is not a whole number; use %.16g to %.16g",
                       flag->name, text, flag->min, flag->max);
    }
    KR_TRY(check_range(flag, text, (double)value, err));
    *field = value;
    return KR_OK;
}

static kr_status set_real(const kr_flag *flag, const char *text, double *field, kr_error *err) {
    double value = 0;
    if (!kr_text_real(text, &value)) {
        return kr_fail(err, KR_USAGE, "--%s: \"%.80s\" is not a number; use %.16g to %.16g",
                       flag->name, text, flag->min, flag->max);
    }
    KR_TRY(check_range(flag, text, value, err));
    *field = value;
    return KR_OK;
}

static kr_status set_bool(const kr_flag *flag, const char *text, bool *field, kr_error *err) {
    if (kr_text_bool(text, field)) return KR_OK;
    return kr_fail(err, KR_USAGE, "--%s: \"%.80s\" is neither yes nor no; use 0, 1, true or false",
                   flag->name, text);
}

static kr_status set_field(const kr_flag *flag, const char *text, kr_forecast_config *config,
                           kr_error *err) {
    void *field = (char *)config + flag->offset;
    switch (flag->kind) {
        case KR_FLAG_STR:
            return set_text(flag, text, field, err);
        case KR_FLAG_INT:
            return set_int(flag, text, field, err);
        case KR_FLAG_REAL:
            return set_real(flag, text, field, err);
        case KR_FLAG_BOOL:
        case KR_FLAG_OFF:
            break;
    }
    return set_bool(flag, text, field, err);
}

kr_status kr_forecast_config_set(kr_forecast_config *config, const char *name, const char *text,
                                 kr_error *err) {
    kr_guess guess = {.word = name};
    for (int i = 0; i < N_FLAGS; i++) {
        if (strcmp(name, flags[i].name) == 0) return set_field(&flags[i], text, config, err);
        kr_guess_offer(&guess, flags[i].name, strlen(flags[i].name));
    }
    if (guess.best) {
        return kr_fail(err, KR_USAGE, "unknown setting \"%.80s\"; did you mean %s?", name,
                       guess.best);
    }
    return kr_fail(err, KR_USAGE, "unknown setting \"%.80s\"", name);
}

void kr_forecast_config_get(const kr_forecast_config *config, const kr_flag *flag, char *text,
                            size_t size) {
    const void *field = (const char *)config + flag->offset;
    char number[KR_NUMBER_TEXT];
    switch (flag->kind) {
        case KR_FLAG_STR:
            snprintf(text, size, "%s", (const char *)field);
            return;
        case KR_FLAG_INT:
            snprintf(text, size, "%jd", (intmax_t)(*(const int64_t *)field));
            return;
        case KR_FLAG_REAL:
            snprintf(text, size, "%s", kr_text_number(*(const double *)field, number));
            return;
        case KR_FLAG_BOOL:
        case KR_FLAG_OFF:
            snprintf(text, size, "%d", *(const bool *)field);
    }
}

void kr_forecast_config_init(kr_forecast_config *config) {
    memset(config, 0, sizeof *config);
    for (int i = 0; i < N_FLAGS; i++) set_field(&flags[i], flags[i].default_text, config, NULL);
}

/* ---- the folder name -------------------------------------------------------------------- */

void kr_forecast_setting(const kr_forecast_config *config, int64_t repetition, char *text,
                         size_t size) {
    const kr_forecast_config *c = config;
    snprintf(text, size,
             "%s_%s_%s_%s_ft%s_sl%jd_ll%jd_pl%jd_dm%jd_nh%jd_el%jd_dl%jd_df%jd_expand%jd_dc%jd_"
             "fc%jd_eb%s_dt%s_%s_%jd",
             c->task_name, c->model_id, c->model, c->data, c->features, (intmax_t)c->seq_len,
             (intmax_t)c->label_len, (intmax_t)c->pred_len, (intmax_t)c->d_model,
             (intmax_t)c->n_heads, (intmax_t)c->e_layers, (intmax_t)c->d_layers, (intmax_t)c->d_ff,
             (intmax_t)c->expand, (intmax_t)c->d_conv, (intmax_t)c->factor, c->embed,
             c->distil ? "True" : "False", c->des, (intmax_t)repetition);
}
