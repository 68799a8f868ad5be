/* SPDX-License-Identifier: MIT
 * run_options.c - the flags of `krait run`: those of the settings, and a few of its own. */
#include <stdlib.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/text.h>

#include "run.h"

enum { MAX_OPTIONS = 192, N_OWN = 4, PRESET_CHOICES = 4096 };

/* ---- the table -------------------------------------------------------------------------- */

static option options[MAX_OPTIONS];
static int n_options, n_settings, n_old;
static char preset_choices[PRESET_CHOICES];

static const option own_options[N_OWN] = {
    {OPTION_VALUE, 0, 0, "basic", "preset", "NAME", "", preset_choices,
     "tuned settings for known data; flags that are given win over them"},
    {OPTION_SWITCH, 0, 0, "basic", "list_presets", "", "", "", "show the presets and leave"},
    {OPTION_SWITCH, 'q', 0, "output", "quiet", "", "", "", "print the final line only"},
    {OPTION_SWITCH, 0, 0, "output", "json", "", "", "",
     "print the result as JSON on standard output, all else on standard error"},
};

static const char *value_word(const kr_flag *flag) {
    static const struct {
        const char *name, *word;
    } words[] = {{"root_path", "DIR"},
                 {"checkpoints", "DIR"},
                 {"results", "DIR"},
                 {"data_path", "FILE"},
                 {"load", "FILE"}};
    if (flag->kind == KR_FLAG_INT) return "N";
    if (flag->kind == KR_FLAG_REAL) return "X";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(flag->name, words[i].name) == 0) return words[i].word;
    }
    return "NAME";
}

static option make_option(const kr_flag *flag) {
    option_kind kind = flag->kind == KR_FLAG_BOOL  ? OPTION_BOOL
                       : flag->kind == KR_FLAG_OFF ? OPTION_OFF
                                                   : OPTION_VALUE;
    return (option){.kind = kind,
                    .letter = strcmp(flag->name, "results") == 0 ? 'o' : '\0',
                    .group = flag->group,
                    .name = flag->name,
                    .value_word = value_word(flag),
                    .default_text = flag->default_text,
                    .choices = flag->choices,
                    .help = flag->help};
}

static void name_presets(void) {
    int count = 0;
    const kr_preset *presets = kr_forecast_presets(&count);
    size_t used = 0;
    for (int i = 0; i < count && used < sizeof preset_choices; i++) {
        used += (size_t)snprintf(preset_choices + used, sizeof preset_choices - used, "%s%s",
                                 i > 0 ? "|" : "", presets[i].name);
    }
}

static void add_option(option o) {
    if (n_options < MAX_OPTIONS) options[n_options++] = o;
}

/* The settings in their order, ours after those of the same group. */
const option *run_options(int *count) {
    if (n_options == 0) {
        name_presets();
        const kr_flag *flags = kr_forecast_flags(&n_settings);
        const kr_old_flag *old = kr_forecast_old_flags(&n_old);
        for (int i = 0; i < n_settings; i++) {
            add_option(make_option(&flags[i]));
            bool ends_basic = strcmp(flags[i].group, "basic") == 0 &&
                              (i + 1 == n_settings || strcmp(flags[i + 1].group, "basic") != 0);
            if (ends_basic) add_option(own_options[0]), add_option(own_options[1]);
        }
        add_option(own_options[2]);
        add_option(own_options[3]);
        for (int i = 0; i < n_old; i++) {
            add_option((option){.kind = OPTION_OLD,
                                .n_old_values = old[i].takes_value,
                                .group = "accepted for scripts of the original, without effect",
                                .name = old[i].name,
                                .value_word = "",
                                .default_text = "",
                                .choices = "",
                                .help = old[i].why});
        }
    }
    *count = n_options;
    return options;
}

/* ---- parsing ---------------------------------------------------------------------------- */

/* Flags in the order given; they are applied after the preset, wherever that stands. */
typedef struct collector {
    run_request *request;
    const option **given;
    const char **texts;
    int n_given;
    const char *preset;
} collector;

static void remember_old(run_request *request, const option *o, const char *text) {
    int count = 0;
    const kr_old_flag *old = kr_forecast_old_flags(&count);
    for (int i = 0; i < count && i < MAX_OLD_FLAGS; i++) {
        if (strcmp(old[i].name, o->name) != 0) continue;
        char *value = request->old_values[i];
        size_t used = strlen(value);
        request->was_old_used[i] = true;
        if (!text) return;
        snprintf(value + used, OLD_VALUE_SIZE - used, "%s%s", used > 0 ? ", " : "", text);
        return;
    }
}

static kr_status collect(void *arg, const option *o, const char *text, kr_error *err) {
    collector *c = arg;
    if (!o) {
        return kr_fail(err, KR_USAGE, "\"%.80s\" is not a flag; flags start with --", text);
    }
    if (o->kind == OPTION_OLD) {
        remember_old(c->request, o, text);
    } else if (strcmp(o->name, "preset") == 0) {
        if (!*o->choices) return kr_fail(err, KR_USAGE, "--preset: there are no presets");
        KR_TRY(kr_text_check_choice(o->name, text, o->choices, err));
        c->preset = text;
    } else if (strcmp(o->name, "list_presets") == 0) {
        c->request->lists_presets = true;
    } else if (strcmp(o->name, "quiet") == 0) {
        c->request->is_quiet = true;
    } else if (strcmp(o->name, "json") == 0) {
        c->request->is_json = true;
    } else {
        c->given[c->n_given] = o;
        c->texts[c->n_given++] = text;
    }
    return KR_OK;
}

static kr_status apply_preset(const char *name, kr_forecast_config *config, kr_error *err) {
    int count = 0;
    const kr_preset *presets = kr_forecast_presets(&count);
    for (int i = 0; name && i < count; i++) {
        if (strcmp(presets[i].name, name) != 0) continue;
        for (const char *const *pair = presets[i].pairs; *pair; pair += 2) {
            KR_TRY(kr_forecast_config_set(config, pair[0], pair[1], err));
        }
    }
    return KR_OK;
}

/* Words with anything but plain characters go between ' and '. */
static char *quote_command_line(int argc, char **argv) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    size_t size = sizeof "krait run";
    for (int i = 0; i < argc; i++) size += 4 * strlen(argv[i]) + 3;
    char *line = kr_calloc(size, 1), *to = line;
    if (!line) return NULL;
    to += snprintf(to, size, "krait run");
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

static kr_status apply_all(const collector *c, kr_error *err) {
    kr_forecast_config *config = &c->request->config;
    KR_TRY(apply_preset(c->preset, config, err));
    for (int i = 0; i < c->n_given; i++) {
        KR_TRY(kr_forecast_config_set(config, c->given[i]->name, c->texts[i], err));
    }
    return KR_OK;
}

kr_status run_request_parse(int argc, char **argv, run_request *request, kr_error *err) {
    memset(request, 0, sizeof *request);
    kr_forecast_config_init(&request->config);
    collector c = {.request = request};
    int count = 0;
    const option *table = run_options(&count);
    kr_status status = KR_MEMORY;
    request->command_line = quote_command_line(argc, argv);
    c.given = kr_calloc((size_t)argc + 1, sizeof *c.given);
    c.texts = kr_calloc((size_t)argc + 1, sizeof *c.texts);
    if (!request->command_line || !c.given || !c.texts) {
        kr_fail(err, KR_MEMORY, "out of memory for the flags");
        goto done;
    }
    status = options_parse(table, count, argc, argv, collect, &c, err);
    if (status != KR_OK || request->lists_presets) goto done;
    status = apply_all(&c, err);
    if (status == KR_OK) status = kr_forecast_config_check(&request->config, err);
done:
    kr_free(c.given);
    kr_free(c.texts);
    return status;
}

void run_request_deinit(run_request *request) {
    kr_free(request->command_line);
    request->command_line = NULL;
}

/* ---- showing ---------------------------------------------------------------------------- */

static void print_old_notes(const run_request *request) {
    int count = 0;
    const kr_old_flag *old = kr_forecast_old_flags(&count);
    bool was_said[MAX_OLD_FLAGS] = {false};
    for (int i = 0; i < count && i < MAX_OLD_FLAGS; i++) {
        if (!request->was_old_used[i] || was_said[i]) continue;
        fprintf(stderr, "krait run: note: --%s", old[i].name);
        for (int j = i + 1; j < count && j < MAX_OLD_FLAGS; j++) {
            if (!request->was_old_used[j] || strcmp(old[i].why, old[j].why) != 0) continue;
            fprintf(stderr, ", --%s", old[j].name);
            was_said[j] = true;
        }
        fprintf(stderr, ": no effect, %s\n", old[i].why);
    }
}

void run_print_notes(const run_request *request) {
    const kr_forecast_config *c = &request->config;
    bool augments = c->jitter || c->scaling || c->rotation || c->permutation ||
                    c->randompermutation || c->magwarp || c->timewarp || c->windowslice ||
                    c->windowwarp;
    print_old_notes(request);
    if (augments && c->augmentation_ratio == 0) {
        fprintf(stderr,
                "krait run: note: the augmentation flags have no effect without "
                "--augmentation_ratio 1\n");
    }
    if (!c->is_training && c->itr > 1) {
        fprintf(stderr, "krait run: note: --itr: no effect, --is_training 0 tests one run\n");
    }
}

void run_print_presets(FILE *stream) {
    int count = 0;
    const kr_preset *presets = kr_forecast_presets(&count);
    for (int i = 0; i < count; i++) {
        fprintf(stream, "%s\n  %s\n ", presets[i].name, presets[i].help);
        int column = 1;
        for (const char *const *pair = presets[i].pairs; *pair; pair += 2) {
            int n = (int)(strlen(pair[0]) + strlen(pair[1])) + 4;
            if (column + n > 100) column = fprintf(stream, "\n ") - 1;
            column += fprintf(stream, " --%s %s", pair[0], pair[1]);
        }
        fputc('\n', stream);
    }
    if (count == 0) fprintf(stream, "there are no presets\n");
}
