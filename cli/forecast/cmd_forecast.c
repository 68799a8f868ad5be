/* SPDX-License-Identifier: MIT
 * cmd_forecast.c - krait forecast: what comes after a table, without training. */
#include <string.h>

#include "forecast/forecast_command.h"
#include "framework/drawing.h"
#include "framework/shard_output.h"

/* ---- the request ------------------------------------------------------------------------ */

#define KR_FLAG_OWNER forecast_config
#define KR_FLAG_NAME "forecast"
#define KR_FLAG_LIST "forecast/forecast_command_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const kr_flag_table *forecast_command_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION("forecast", "quantiles",
                  "write the nine quantiles that the model tells, 10 % to 90 %, in place of "
                  "intervals"),
    SWITCH_OPTION("forecast", "stream",
                  "read rows from standard input and print a forecast as each arrives; rows of "
                  "DATA, if it is given, come first"),
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    SWITCH_OPTION("output", "json",
                  "print the forecast as JSON on standard output, all else on standard error; with "
                  "--stream one line per forecast"),
    QUIET_OPTION("print errors only"),
    UNPACK_OPTION,
};

static settings forecast_settings = {.command = "forecast",
                                     .flags = forecast_command_flags,
                                     .own = own_options,
                                     .n_own = sizeof own_options / sizeof own_options[0],
                                     .short_o = "out",
                                     .n_words = 1};

static kr_status check_request(const forecast_request *r, kr_error *err) {
    static const char *const not_streamed[] = {"out", "figure"};
    const settings_given *given = &r->call.given;
    if (!r->data && !r->is_stream) {
        return kr_fail(err, KR_USAGE,
                       "name the data: krait forecast DATA.csv; or read rows from standard input "
                       "with --stream");
    }
    for (int i = 0; i < 2 && r->is_stream; i++) {
        if (!settings_has(given, not_streamed[i])) continue;
        return kr_fail(err, KR_USAGE,
                       "--%s has no meaning with --stream, which prints a forecast for every row",
                       not_streamed[i]);
    }
    if (r->has_quantiles && settings_has(given, "levels")) {
        return kr_fail(err, KR_USAGE,
                       "--quantiles writes all that the model tells; leave --levels out");
    }
    KR_TRY(predict_check_shard(r->config.shard, r->config.out, r->is_stream, err));
    return *r->config.out ? predict_check_out(r->config.out, err) : KR_OK;
}

static kr_status read_request(void *arg, kr_error *err) {
    forecast_request *r = arg;
    forecast_config *c = &r->config;
    command_call *call = &r->call;
    r->data = call->given.n_words > 0 ? call->given.words[0] : NULL;
    r->is_stream = settings_own(&call->given, "stream");
    r->has_quantiles = settings_own(&call->given, "quantiles");
    KR_TRY(check_request(r, err));
    call->has_figures = call->has_figures && !r->is_stream;
    if (call->has_figures) KR_TRY(draw_check_name(c->figure, err));
    if (r->has_quantiles) strcpy(c->levels, "0.2,0.4,0.6,0.8");
    if (!settings_has(&call->given, "figure")) shard_rename(c->shard, c->figure);
    if (*c->out || call->is_json || r->is_stream) return KR_OK;
    strcpy(c->out, "forecast.csv");
    shard_rename(c->shard, c->out);
    return KR_OK;
}

static kr_status run_request(void *arg, kr_error *err) {
    const forecast_request *r = arg;
    const char *const outputs[] = {r->config.out, r->call.has_figures ? r->config.figure : ""};
    KR_TRY(command_probe(outputs, 2, err));
    return forecast_run(r, err);
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"two days of an hourly table, with their picture:", "krait forecast data/ETTh1.csv"},
    {"a year of every product, from a table of months (unique_id, ds, y):",
     "krait forecast sales.csv --horizon 12"},
    {"one column of it, by all quantiles, as JSON:",
     "krait forecast data/ETTh1.csv --target OT --quantiles --json"},
    {"while rows arrive, a line of JSON for each:",
     "tail -n +1 -f live.csv | krait forecast --stream --json --horizon 12"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"MODEL",
     "Nothing is trained: the model has learnt from simulated series, and sees each series, each "
     "column, alone. Its weights are inside the program. krait fit compares it with models that "
     "are fitted to the table, and tells which of them is best there; krait pretrain makes another "
     "one. docs/zero-shot.md says what it is good and bad at."},
    {"SERIES",
     "DATA is what krait fit reads: one series, a table with a column for each, or many series: a "
     "file with a column that names the series of each row, a folder of files, one series each, or "
     "a file with a row for each series. One value is enough for a forecast. Missing values and "
     "rows are no error: the model knows that they are missing. Of a long series it looks at the "
     "last 2,048 values.\n\n"
     "The season follows from the step of the dates, as in krait fit; without dates --season "
     "tells it."},
    {"INTERVALS",
     "The model tells nine quantiles: 10 %, 20 %, .. 90 %. The forecast is the median, and an "
     "interval of 0.8 lies between the outermost two. Levels between those of 0.2, 0.4, 0.6 and "
     "0.8 are read off the straight line between quantiles. It does not tell what is rarer than "
     "one in ten on either side, so that there is no interval above 0.8: krait fit measures such "
     "ones in the past. A column that was never below 0 is not forecast below 0, nor are its "
     "intervals; --lower and --upper set other bounds."},
    {"SHARDS",
     "With --shard 2/8 the second of eight parts of the series is forecast, of a table without a "
     "column of series the second of eight parts of its columns. The name of a series and the "
     "number of parts decide where it goes, not the order of rows or files, so that eight "
     "processes on as many machines need not know of one another; parts differ in size as chance "
     "has it, and one without series is an empty file. A note beside each file says what is in it, "
     "and krait merge forecast-*-of-8.csv makes forecast.csv, bit for bit as one process does. The "
     "step of the dates is that of the whole table. Each process reads all of it."},
    {"STREAM",
     "With --stream the first line of standard input names the columns. Where rows have dates, the "
     "first forecast follows the second row, which shows their step; rows of DATA show more of a "
     "calendar, such as closed days. Where a column begins with gaps, the first forecast follows "
     "its first value; a column that is empty for ten rows is left out.\n\n"
     "A row takes as long, and as much memory, however many came before it. Up to 96 steps ahead "
     "the model goes on from its state, with the season as it was given; farther ahead it reads "
     "the last 2,048 rows anew."},
    {"FILES",
     "forecast.csv: a row for each step, with its date, or of many series with the name of the "
     "series and the date; a column for each column of the table, and its bounds behind it, "
     "sales_lower_80 and sales_upper_80, or sales_q10 to sales_q90.\n\n"
     "forecast.png: the forecast and the rows before it; of many series the first nine."},
    {NULL, NULL},
};

const command command_forecast = {
    .name = "forecast",
    .summary = "forecast a table at once, without training",
    .usage = "DATA.csv [--horizon STEPS]",
    .purpose =
        "Forecast what comes after the last row of one series or many, with intervals, in "
        "milliseconds: by a small model that has learnt from simulated series and is part of the "
        "program.",
    .settings = &forecast_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(forecast_request),
    .config = offsetof(forecast_request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
