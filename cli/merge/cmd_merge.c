/* SPDX-License-Identifier: MIT
 * cmd_merge.c - krait merge: what shards wrote, as one process would have written it. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "core/text.h"
#include "framework/say.h"
#include "merge/merge_command.h"

/* ---- the request ------------------------------------------------------------------------ */

static const option options[] = {
    {OPTION_VALUE, 'o', 0, "output", "out", "PATH", "", "",
     "where the whole goes; without it, the name of a shard without its -I-of-N"},
    QUIET_OPTION("print nothing"),
};

static settings merge_settings = {.command = "merge",
                                  .own = options,
                                  .n_own = sizeof options / sizeof options[0],
                                  .n_words = INT_MAX};

/* forecast-2-of-8.csv as forecast.csv; false: it is called otherwise. */
static bool name_whole(const merge *m, char *path, size_t size) {
    char part[64];
    const char *output = m->parts[0].output, *found = NULL, *next = output;
    snprintf(part, sizeof part, "-%" PRId64 "-of-%" PRId64, m->parts[0].i, m->n);
    while ((next = strstr(next, part))) found = next++;
    if (!found || strchr(found, '/') > found + strlen(part)) return false;
    snprintf(path, size, "%.*s%s", (int)(found - output), output, found + strlen(part));
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--) path[n - 1] = '\0';
    return *path != '\0';
}

static kr_status choose_out(merge *m, char *path, size_t size, kr_error *err) {
    m->out = settings_own(&m->call->given, "out");
    if (!m->out && name_whole(m, path, size)) m->out = path;
    if (!m->out || !*m->out) {
        return kr_fail(err, KR_USAGE, "say where the whole goes: --out %s",
                       kr__is_folder(m->parts[0].output) ? "FOLDER" : "FILE.csv");
    }
    if (strcmp(m->out, "-") == 0) {
        return kr_fail(err, KR_USAGE, "--out -: name a file, or /dev/stdout");
    }
    for (int64_t k = 0; k < m->n; k++) {
        if (!kr__is_same_file(m->out, m->parts[k].output)) continue;
        return kr_fail(err, KR_USAGE, "--out %.200s: is one of the shards; name another place",
                       m->out);
    }
    return KR_OK;
}

/* ---- the work --------------------------------------------------------------------------- */

static kr_status merge_forecasts(const merge *m, kr_error *err) {
    const char **paths = kr__calloc((size_t)m->n, sizeof *paths);
    if (!paths) return kr_fail(err, KR_MEMORY, "out of memory for the shards");
    for (int64_t k = 0; k < m->n; k++) paths[k] = m->parts[k].output;
    const merge_table table = {.paths = paths, .by_columns = m->by_columns};
    kr_status status = merge_join(m, &table, m->out, err);
    kr_free(paths);
    return status;
}

kr_status merge_run(const merge *m, const command *self, kr_error *err) {
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(m->parts[0].note, "words"), *word = NULL;
    int n = 0, n_words = cJSON_GetArraySize(words);
    char **argv = kr__calloc((size_t)n_words + 3, sizeof *argv);
    if (!argv) return kr_fail(err, KR_MEMORY, "out of memory for the command");
    cJSON_ArrayForEach(word, words) {
        if (cJSON_IsString(word)) argv[n++] = word->valuestring;
    }
    argv[n++] = (char *)"--out";
    argv[n++] = (char *)m->out;
    if (m->call->is_quiet) argv[n++] = (char *)"--quiet";
    int code = command_main(self, n, argv);
    kr_free(argv);
    return code == EXIT_DONE ? KR_OK
                             : kr_fail(err, KR_IO, "%s: the shards could not be joined", m->out);
}

static const struct {
    const char *command;
    kr_status (*join)(const merge *m, kr_error *err);
} joiners[] = {
    {"forecast", merge_forecasts}, {"predict", merge_forecasts}, {"fit", merge_fits},
    {"backtest", merge_backtests}, {"sweep", merge_sweeps},
};

static kr_status join(const merge *m, kr_error *err) {
    for (size_t i = 0; i < sizeof joiners / sizeof joiners[0]; i++) {
        if (strcmp(joiners[i].command, m->command) == 0) return joiners[i].join(m, err);
    }
    return kr_fail(err, KR_FORMAT, "%s: is of krait %.40s, whose shards this version cannot join",
                   m->parts[0].output, m->command);
}

static kr_status run(merge *m, const command_call *call, kr_error *err) {
    char path[SHARD_PATH];
    if (call->given.n_words == 0) {
        return kr_fail(err, KR_USAGE, "name the shards: krait merge forecast-*-of-8.csv");
    }
    KR_TRY(merge_open(m, call, err));
    KR_TRY(choose_out(m, path, sizeof path, err));
    KR_TRY(join(m, err));
    if (!call->out) return KR_OK;
    say(call->out, "Saved %s: ", m->out);
    if (m->n_all > 0)
        say(call->out, "%" PRId64 " %s of ", m->n_all, m->by_columns ? "columns" : "series");
    say(call->out, "%" PRId64 " shard%s\n", m->n, kr__plural(m->n));
    return KR_OK;
}

static kr_status run_request(void *arg, kr_error *err) {
    merge m = {.n = 0};
    kr_status status = run(&m, arg, err);
    merge_close(&m);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"a forecast in three parts, which three machines may make at once:",
     "krait forecast sales.csv --shard 1/3; krait forecast sales.csv --shard 2/3; "
     "krait forecast sales.csv --shard 3/3"},
    {"and as a whole, the same bits as without --shard:", "krait merge forecast-*-of-3.csv"},
    {"folders of krait backtest, fit or sweep:", "krait merge backtest-*-of-8 --out backtest"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"SHARDS",
     "Shards are what krait forecast, predict, backtest, sweep and fit write with --shard I/N: "
     "files, each with a note beside it, FILE.shard.json, or folders with a note in them, "
     "shard.json. It says of which version, table and settings the shard is, and which series are "
     "in it. All N must be there, once each, in any order, and all of one table and of the same "
     "settings; --threads, --out and --figure may differ. A shard without series has a note, too, "
     "and is needed.\n\n"
     "Fields of tables are copied as they are, series by series in the order of the whole table."},
    {"FOLDERS",
     "Of a backtest the forecasts are taken from the shards, and scores, intervals and verdict are "
     "made of all series; DATA and the checkpoint must be where they were, and as they were.\n\n"
     "Of a sweep the journals are joined and the models copied; then the sweep says which settings "
     "are best of all.\n\n"
     "Of a fit, whose shards chose for themselves, forecast.csv, held_out.csv and targets.csv are "
     "joined; comparison.csv has the mean error of each model, over series, and in how many shards "
     "it was chosen. There is no model and no verdict of all."},
    {NULL, NULL},
};

const command command_merge = {
    .name = "merge",
    .summary = "join what --shard I/N wrote in parts",
    .usage = "SHARD... [--out PATH]",
    .purpose =
        "Put the outputs of shards together, bit for bit as one process without --shard writes "
        "them, or say which shard is missing or does not belong to the others.",
    .settings = &merge_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(command_call),
    .run = run_request,
};
