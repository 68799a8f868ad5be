/* SPDX-License-Identifier: MIT
 * cmd_info.c - krait info: what a file holds. One description as JSON, shown as text. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/info.h"
#include "framework/command.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "tables/rows_internal.h"
#include "tables/text_sources.h"

enum { PATH_SIZE = 4096, MOST_COLUMNS = 16, CELL = 120, KEY_WIDTH = 22 };

/* ---- as text ---------------------------------------------------------------------------- */

/* A number as a person reads it: whole ones grouped, others short. */
static const char *show_number(double v, char text[CELL]) {
    if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v) {
        char digits[32], *to = text;
        int n = snprintf(digits, sizeof digits, "%jd", (intmax_t)v);
        for (int i = 0; i < n; i++) {
            bool is_group = i > 0 && digits[i - 1] != '-' && (n - i) % 3 == 0;
            if (is_group && n > 4) *to++ = ',';
            *to++ = digits[i];
        }
        *to = '\0';
    } else {
        snprintf(text, CELL, "%.6g", v);
    }
    return text;
}

static const char *show_value(const cJSON *item, char text[CELL]) {
    if (cJSON_IsString(item)) {
        printable(item->valuestring, text, CELL);
    } else if (cJSON_IsBool(item)) {
        snprintf(text, CELL, "%s", cJSON_IsTrue(item) ? "true" : "false");
    } else if (cJSON_IsNumber(item)) {
        show_number(item->valuedouble, text);
    } else {
        snprintf(text, CELL, "-");
    }
    return text;
}

static int width_of(const char *text) {
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80; /* characters of UTF-8 */
    return n;
}

static void print_cell(const char *text, int width, bool is_right) {
    int blanks = width - width_of(text);
    say(stdout, "  %*s%s%*s", is_right && blanks > 0 ? blanks : 0, "", text,
        !is_right && blanks > 0 ? blanks : 0, "");
}

/* Objects of the same keys: a row each. */
static void print_table(const char *name, const cJSON *list) {
    char text[CELL];
    int width[MOST_COLUMNS] = {0};
    bool is_right[MOST_COLUMNS] = {false};
    const cJSON *row, *cell, *widest = list->child;
    say(stdout, "\n%s\n", name);
    cJSON_ArrayForEach(row, list) {
        int c = 0;
        if (cJSON_GetArraySize(row) > cJSON_GetArraySize(widest)) widest = row;
        cJSON_ArrayForEach(cell, row) {
            int n = width_of(show_value(cell, text));
            if (c < MOST_COLUMNS && n > width[c]) width[c] = n;
            if (c < MOST_COLUMNS) is_right[c] |= cJSON_IsNumber(cell);
            c++;
        }
    }
    int c = 0;
    cJSON_ArrayForEach(cell, widest) {
        int n = width_of(cell->string);
        if (c < MOST_COLUMNS && n > width[c]) width[c] = n;
        if (c < MOST_COLUMNS) print_cell(cell->string, width[c], is_right[c]);
        c++;
    }
    printf("\n");
    cJSON_ArrayForEach(row, list) {
        c = 0;
        cJSON_ArrayForEach(cell, row) {
            if (c < MOST_COLUMNS) print_cell(show_value(cell, text), width[c], is_right[c]);
            c++;
        }
        printf("\n");
    }
}

/* Texts are shown whole: how a table is read is many words. */
static void print_pairs(const cJSON *object, const char *indent) {
    char text[CELL], line[2000];
    const cJSON *item;
    cJSON_ArrayForEach(item, object) {
        if (cJSON_IsArray(item) || cJSON_IsObject(item)) continue;
        const char *shown = cJSON_IsString(item) ? printable(item->valuestring, line, sizeof line)
                                                 : show_value(item, text);
        say(stdout, "%s%-*s %s\n", indent, KEY_WIDTH, item->string, shown);
    }
}

/* cJSON keeps raw numbers as text: parse what was printed, so that all are numbers. */
static kr_status print_text(const char *path, const char *json, kr_error *err) {
    cJSON *object = NULL;
    const cJSON *item;
    kr_status status = kr__json_parse(json, strlen(json), &object, NULL);
    if (status != KR_OK) return kr_fail(err, status, "%s: no memory to describe it", path);
    print_pairs(object, "");
    cJSON_ArrayForEach(item, object) {
        if (cJSON_IsArray(item) && item->child) print_table(item->string, item);
        if (!cJSON_IsObject(item)) continue;
        say(stdout, "\n%s\n", item->string);
        print_pairs(item, "  ");
    }
    cJSON_Delete(object);
    return KR_OK;
}

/* ---- the request ------------------------------------------------------------------------ */

/* Fields named as the flags in info_flags.inc. */
typedef struct info_config {
#define KR_FLAG_LIST "files/info_flags.inc"
#include "core/flags.inc"
} info_config;

typedef struct info_request {
    command_call call;
    info_config config;
} info_request;

#define KR_FLAG_OWNER info_config
#define KR_FLAG_NAME "info"
#define KR_FLAG_LIST "files/info_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const kr_flag_table *info_flags(void) { return &table; }

static const option options[] = {
    SWITCH_OPTION("output", "json", "print the description as JSON"),
    UNPACK_OPTION,
};

static settings info_settings = {.command = "info",
                                 .flags = info_flags,
                                 .own = options,
                                 .n_own = sizeof options / sizeof options[0],
                                 .n_words = 1,
                                 .words_hint = "name one file"};

#define KR_READING_OWNER info_config
#include "tables/take_reading.inc"

/* A folder stands for the data.npz in it. */
static kr_status describe(const char *path, const info_config *config, cJSON **out, kr_error *err) {
    static const char tables[] = KR__TABLE_ENDINGS "|.txt|.txt.gz";
    const kr_rows_options how = take_reading(config);
    char inside[PATH_SIZE];
    if (kr__is_folder(path) && strlen(path) + 16 < sizeof inside) {
        snprintf(inside, sizeof inside, "%s/data.npz", path);
        if (!kr__file_exists(inside)) {
            return kr_fail(err, KR_USAGE, "%s: is a folder without data.npz; name a file in it",
                           path);
        }
        KR_TRY(kr__rows_refuse_reading(path, "no table", &how, err));
        return info_arrays(inside, out, err);
    }
    if (kr__text_ends_in(path, tables)) return info_table(path, &how, out, err);
    KR_TRY(kr__rows_refuse_reading(path, "no table", &how, err));
    bool is_array = kr__text_ends(path, ".npz") || kr__text_ends(path, ".npy");
    return is_array ? info_arrays(path, out, err) : info_model(path, out, err);
}

static kr_status run_request(void *arg, kr_error *err) {
    info_request *request = arg;
    command_call *call = &request->call;
    const char *path = call->given.words[0];
    cJSON *object = NULL;
    if (!path) return kr_fail(err, KR_USAGE, "name a file: krait info model_next.pt");
    KR_TRY(describe(path, &request->config, &object, err));
    call->json = json_print(object);
    cJSON_Delete(object);
    if (!call->json) return kr_fail(err, KR_MEMORY, "%s: no memory to describe it", path);
    return call->is_json ? KR_OK : print_text(path, call->json, err);
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"a checkpoint: its settings, its training, its parameters:", "krait info model_next.pt"},
    {"a table: its dates, columns and gaps:", "krait info data/ETTh1.csv"},
    {"a series of krait synth, for another program:", "krait info data --json"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"FILES",
     "FILE may be a model (.pt, .pth, .safetensors, known by content), numpy's arrays (.npz, "
     ".npy), a table (.csv, .tsv, .txt, .xlsx, .json, .jsonl, and .gz of them), a file with a "
     "row for each series, as M4's are, or a folder with data.npz. In a table with gaps, the "
     "values present are described and the gaps counted."},
    {NULL, NULL},
};

const command command_info = {
    .name = "info",
    .summary = "describe a model, an array file or a table",
    .usage = "FILE",
    .purpose =
        "Say what a file holds: a model's kind, settings, training and parameters; shapes "
        "and ranges of arrays; columns, dates, intervals and gaps of a table.",
    .settings = &info_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(info_request),
    .config = offsetof(info_request, config),
    .run = run_request,
};
