/* SPDX-License-Identifier: MIT
 * command_flags.c - flags of a command out of its table of settings; what a command line gave. */
#include "framework/command_flags.h"
#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "core/text.h"
#include "tables/step_names.h"

#include <string.h>

/* ---- the options ------------------------------------------------------------------------ */

static option make_option(const settings *s, const kr_flag *flag) {
    option_kind kind = flag->kind == KR_SETTING_BOOL  ? OPTION_BOOL
                       : flag->kind == KR_SETTING_OFF ? OPTION_OFF
                                                      : OPTION_VALUE;
    bool is_o = s->short_o && strcmp(flag->name, s->short_o) == 0;
    return (option){.kind = kind,
                    .letter = is_o ? 'o' : '\0',
                    .group = flag->group,
                    .name = flag->name,
                    .value_word = flag->word,
                    .default_text = flag->default_text,
                    .choices = flag->choices,
                    .help = flag->help};
}

static void add_option(settings *s, option o) {
    if (s->n_options < SETTINGS_MAX) s->options[s->n_options++] = o;
}

static void add_own(settings *s, const char *group) {
    for (int i = 0; i < s->n_own; i++) {
        if (strcmp(s->own[i].group, group) == 0) add_option(s, s->own[i]);
    }
}

static bool is_group_of_table(const kr_flag_table *table, const char *group) {
    for (int i = 0; i < table->count; i++) {
        if (strcmp(table->flags[i].group, group) == 0) return true;
    }
    return false;
}

static void add_old(settings *s) {
    int count = 0;
    const kr_old_flag *old = s->old ? s->old(&count) : NULL;
    for (int i = 0; i < count; i++) {
        add_option(s, (option){.kind = OPTION_OLD,
                               .n_old_values = old[i].takes_value,
                               .group = "accepted for scripts of the original, without effect",
                               .name = old[i].name,
                               .value_word = "",
                               .default_text = "",
                               .choices = "",
                               .help = old[i].why});
    }
}

/* The settings in their order, own flags after those of the same group or at the end. */
const option *settings_options(settings *s, int *count) {
    static const kr_flag_table none = {.count = 0};
    const kr_flag_table *table = s->flags ? s->flags() : &none;
    *count = s->n_options;
    if (s->n_options > 0) return s->options;
    if (s->prepare) s->prepare();
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        add_option(s, make_option(s, flag));
        bool ends = i + 1 == table->count || strcmp(flag[1].group, flag->group) != 0;
        if (ends) add_own(s, flag->group);
    }
    for (int k = 0; k < s->n_own; k++) {
        if (!is_group_of_table(table, s->own[k].group)) add_option(s, s->own[k]);
    }
    add_old(s);
    *count = s->n_options;
    return s->options;
}

/* ---- a command line --------------------------------------------------------------------- */

static void remember_old(settings_given *given, const option *o, const char *text) {
    int count = 0;
    const kr_old_flag *old = given->settings->old(&count);
    for (int i = 0; i < count && i < SETTINGS_OLD_MAX; i++) {
        if (strcmp(old[i].name, o->name) != 0) continue;
        char *value = given->old_values[i];
        size_t used = strlen(value);
        given->was_old_used[i] = true;
        if (!text) return;
        snprintf(value + used, SETTINGS_OLD_TEXT - used, "%s%s", used > 0 ? ", " : "", text);
        return;
    }
}

static kr_status collect_word(settings_given *given, const char *word, kr_error *err) {
    if (given->n_words < given->settings->n_words) {
        given->words[given->n_words++] = word;
        return KR_OK;
    }
    if (given->settings->n_words == 0) {
        return kr_fail(err, KR_USAGE, "\"%.80s\" is not a flag; flags start with --", word);
    }
    const char *hint = given->settings->words_hint;
    return kr_fail(err, KR_USAGE, "\"%.80s\" is one word too many; %s", word,
                   hint ? hint : "flags start with --");
}

static kr_status collect(void *arg, const option *o, const char *text, kr_error *err) {
    settings_given *given = arg;
    if (!o) return collect_word(given, text, err);
    if (o->kind == OPTION_OLD) {
        remember_old(given, o, text);
        return KR_OK;
    }
    given->options[given->n] = o;
    given->texts[given->n++] = text;
    return KR_OK;
}

/* Words with anything but plain characters go between ' and '. */
char *settings_command_line(const char *command, int argc, const char *const *argv) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    size_t size = sizeof "krait " + strlen(command);
    for (int i = 0; i < argc; i++) size += 4 * strlen(argv[i]) + 3;
    char *line = kr__calloc(size, 1), *to = line;
    if (!line) return NULL;
    to += snprintf(to, size, "krait %s", command);
    for (int i = 0; i < argc; i++) {
        bool is_plain = *argv[i] && argv[i][strspn(argv[i], plain)] == '\0';
        *to++ = ' ';
        if (!is_plain) *to++ = '\'';
        for (const char *c = argv[i]; *c; c++) {
            if (*c == '\'') {
                memcpy(to, "'\\''", 4);
                to += 4;
            } else {
                *to++ = *c;
            }
        }
        if (!is_plain) *to++ = '\'';
    }
    return line;
}

kr_status settings_parse(settings *s, int argc, char **argv, settings_given *given, kr_error *err) {
    int count = 0;
    const option *options = settings_options(s, &count);
    memset(given, 0, sizeof *given);
    given->settings = s;
    given->command_line = settings_command_line(s->command, argc, (const char *const *)argv);
    given->options = kr__calloc((size_t)argc + 1, sizeof *given->options);
    given->texts = kr__calloc((size_t)argc + 1, sizeof *given->texts);
    given->words = kr__calloc((size_t)argc + 1, sizeof *given->words);
    if (!given->command_line || !given->options || !given->texts || !given->words) {
        return kr_fail(err, KR_MEMORY, "out of memory for the flags");
    }
    return options_parse(options, count, argc, argv, collect, given, err);
}

void settings_given_deinit(settings_given *given) {
    kr_free(given->command_line);
    kr_free(given->options);
    kr_free(given->texts);
    kr_free(given->words);
}

/* ---- what was given --------------------------------------------------------------------- */

static bool is_own(const settings_given *given, const char *name) {
    for (int i = 0; i < given->settings->n_own; i++) {
        if (strcmp(given->settings->own[i].name, name) == 0) return true;
    }
    return false;
}

const char *settings_own(const settings_given *given, const char *name) {
    const char *text = NULL;
    for (int i = 0; i < given->n; i++) {
        if (strcmp(given->options[i]->name, name) != 0) continue;
        text = given->texts[i] ? given->texts[i] : "";
    }
    return text;
}

bool settings_has(const settings_given *given, const char *name) {
    return settings_own(given, name) != NULL;
}

/* A place is a folder, of which the current one is ".", or a file by its default name. */
static kr_status move_places(const settings_given *given, void *config, kr_error *err) {
    const int longest_name = 32;
    const kr_flag_table *table = given->settings->flags();
    const char *folder = settings_own(given, "out_dir");
    char path[KR_FLAG_TEXT];
    if (strlen(folder) + longest_name >= sizeof path) {
        return kr_fail(err, KR_USAGE, "--out_dir: has %zu characters; at most %zu are allowed",
                       strlen(folder), sizeof path - 1 - longest_name);
    }
    for (const char *const *place = given->settings->places; *place; place++) {
        const char *name = kr__flags_find(table, *place)->default_text;
        if (settings_has(given, *place)) continue;
        if (strcmp(name, ".") == 0) {
            snprintf(path, sizeof path, "%s", folder);
        } else {
            kr__path_join(folder, name, path, sizeof path);
        }
        KR_TRY(kr__flags_set(table, config, *place, path, err));
    }
    return KR_OK;
}

kr_status settings_apply(const settings_given *given, void *config, kr_error *err) {
    const settings *s = given->settings;
    for (int i = 0; i < given->n; i++) {
        const char *name = given->options[i]->name, *text = given->texts[i];
        char code[KR__STEP_CODE];
        if (is_own(given, name)) continue;
        /* files keep a step's code, so that one step is one setting, however it was called */
        if (strcmp(given->options[i]->value_word, "STEP") == 0) text = kr__step_code(text, code);
        KR_TRY(kr__flags_set(s->flags(), config, name, text, err));
    }
    if (s->places && settings_has(given, "out_dir")) KR_TRY(move_places(given, config, err));
    if (!s->data_setting || given->n_words == 0) return KR_OK;
    if (!settings_has(given, s->data_setting)) {
        return kr__flags_set(s->flags(), config, s->data_setting, given->words[0], err);
    }
    return kr_fail(err, KR_USAGE, "%.80s: the data is named twice, here and by --%s",
                   given->words[0], s->data_setting);
}
