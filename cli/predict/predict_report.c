/* SPDX-License-Identifier: MIT
 * predict_report.c - words about a forecast: its rows, its values, its errors.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/datetime.h"
#include "core/text.h"
#include "forecast/history_text.h"
#include "framework/say.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"
#include "tables/gaps.h"
#include "tables/step_names.h"

enum { MOST_ROWS = 12, NAME_WIDTH = 20 };

/* ---- notes ------------------------------------------------------------------------------ */

static void note_ignored(const kr_history *h) {
    if (h->n_ignored == 0) return;
    say(stderr,
        "krait predict: note: %s: %" PRId64
        " column%s that the model does not know %s "
        "not used: ",
        h->name, h->n_ignored, kr__plural(h->n_ignored), h->n_ignored == 1 ? "is" : "are");
    for (int64_t i = 0; i < h->n_ignored && i < MOST_ROWS; i++) {
        say(stderr, "%s%.60s", i > 0 ? ", " : "", h->ignored[i]);
    }
    say(stderr, "%s\n", h->n_ignored > MOST_ROWS ? ", .." : "");
}

static void note_gaps(const predict_job *job) {
    const kr_history *h = job->history;
    const kr_gaps_report *g = &h->gaps;
    if (g->n_rows + g->n_cells == 0) return;
    say(stderr,
        "krait predict: note: %s: %" PRId64 " missing row%s and %" PRId64
        " empty cell%s filled (--gaps %s); the longest gap is %" PRId64 " row%s\n",
        job->history->name, g->n_rows, kr__plural(g->n_rows), g->n_cells, kr__plural(g->n_cells),
        trained_model_gaps(job->model, job->request->config.gaps), g->longest,
        kr__plural(g->longest));
    char text[KR__GAPS_TEXT];
    if (h->has_frequency && kr__gaps_share(g, h->n_rows, &h->frequency, text)) {
        say(stderr, "krait predict: note: %s: %s\n", h->name, text);
    }
}

static void note_frequency(const predict_job *job) {
    const kr_history *h = job->history;
    char text[KR__STEP_WORDS];
    if (!h->timestamps || kr_forecaster_info_of(job->model)->has_frequency) return;
    if (h->has_frequency) {
        say(stderr,
            "krait predict: note: %s: does not say how far apart its rows are, so the step of the "
            "data is used: %s\n",
            job->checkpoint, kr__step_words(&h->frequency, h->timestamps, text));
    } else {
        say(stderr,
            "krait predict: note: %s: the dates are not evenly spaced, so the steps of the "
            "forecast are numbered instead of dated\n",
            h->name);
    }
}

void predict_print_notes(const predict_job *job) {
    if (job->request->call.is_quiet || job->request->model) return;
    note_ignored(job->history);
    note_gaps(job);
    note_frequency(job);
}

/* ---- tables ----------------------------------------------------------------------------- */

void predict_print_model(const predict_job *job) {
    const kr_forecaster_info *m = kr_forecaster_info_of(job->model);
    char step[KR__STEP_WORDS], first[KR__HISTORY_DATE], last[KR__HISTORY_DATE];
    say(job->words,
        "%s: %s, %" PRId64 " row%s of %" PRId64 " column%s in, %" PRId64 " step%s of %" PRId64
        " out",
        job->checkpoint, m->model, m->seq_len, kr__plural(m->seq_len), m->n_channels,
        kr__plural(m->n_channels), m->pred_len, kr__plural(m->pred_len), m->n_outputs);
    if (m->has_frequency) {
        say(job->words, ", in steps of %s", kr__step_words(&m->frequency, NULL, step));
    }
    fputc('\n', job->words);
    if (!job->history) return;
    const kr_history *h = job->history;
    say(job->words, "%s: %" PRId64 " row%s", h->name, h->n_rows, kr__plural(h->n_rows));
    if (h->timestamps && h->n_rows > 0) {
        say(job->words, ", %s to %s", kr__history_row(h, 0, first),
            kr__history_row(h, h->n_rows - 1, last));
    }
    fputc('\n', job->words);
}

/* "forecast of 96 steps after 2018-06-26 19:00:00", or of many. */
static void print_what(const predict_job *job, const kr_prediction *p) {
    char first[KR__HISTORY_DATE], last[KR__HISTORY_DATE];
    const kr_history *h = job->history;
    if (p->n == 1) {
        say(job->words, "forecast of %" PRId64 " step%s after %s%s\n", p->n_steps,
            kr__plural(p->n_steps), h->timestamps ? "" : "row ",
            kr__history_row(h, p->origin[0], first));
        return;
    }
    say(job->words, "%" PRId64 " forecasts of %" PRId64 " step%s, after %s%s to %s\n", p->n,
        p->n_steps, kr__plural(p->n_steps), h->timestamps ? "" : "rows ",
        kr__history_row(h, p->origin[0], first), kr__history_row(h, p->origin[p->n - 1], last));
}

/* Digits that show a column's changes to four of them, also beside a large mean: of the rows that
 * the forecast is made from. */
static int choose_digits(const predict_job *job, const kr_prediction *p, int64_t k) {
    enum { LEAST = 5, MOST = 15, SHOWN = 4 };
    const kr_history *h = job->history;
    const int64_t some = 256; /* of models that are fitted to as many rows as there are */
    int64_t n = kr_forecaster_info_of(job->model)->seq_len, last = p->origin[0];
    int64_t c = h->n_channels - p->n_outputs + k;
    if (n == 1) n = some;
    double low = (double)INFINITY, high = -low;
    for (int64_t row = last + 1 - n < 0 ? 0 : last + 1 - n; row <= last; row++) {
        low = fmin(low, h->values[row * h->n_channels + c]);
        high = fmax(high, h->values[row * h->n_channels + c]);
    }
    double size = fmax(fabs(low), fabs(high)), digits = SHOWN + floor(log10(size / (high - low)));
    return !(digits > LEAST) ? LEAST : digits < MOST ? (int)digits : MOST;
}

/* Value of step t of forecast column k, and the ends of its widest interval. */
static void print_step(const predict_job *job, const kr_prediction *p, int64_t t, int64_t k) {
    int64_t at = t * p->n_outputs + k;
    int digits = choose_digits(job, p, k);
    fprintf(job->words, "  %11.*g", digits, p->forecast[at]);
    if (p->n_levels == 0) return;
    at += (int64_t)(p->n_levels - 1) * p->n * p->n_steps * p->n_outputs;
    char ends[64];
    snprintf(ends, sizeof ends, "%.*g .. %.*g", digits, p->lower[at], digits, p->upper[at]);
    say(job->words, "  %-23s", ends);
}

static void print_more(const predict_job *job, int64_t n) {
    if (n > MOST_ROWS) {
        fprintf(job->words, "  and %" PRId64 " more columns\n", n - MOST_ROWS);
    }
}

/* Last value, first and last step of every column. */
static void print_values(const predict_job *job, const kr_prediction *p) {
    const kr_history *h = job->history;
    int64_t last = p->n_steps - 1, first_output = h->n_channels - p->n_outputs;
    char level[KR__LEVEL_TEXT], head[64] = "", step[32];
    if (p->n_levels > 0) {
        snprintf(head, sizeof head, "  %s %%", kr__level_text(p->levels[p->n_levels - 1], level));
    }
    snprintf(step, sizeof step, "step %" PRId64, p->n_steps);
    say(job->words, "\n  %-*s  %11s  %11s%-*s", NAME_WIDTH, "column", "last known", "step 1",
        p->n_levels > 0 ? 25 : 0, head);
    if (last > 0) say(job->words, "  %11s%s", step, head);
    fputc('\n', job->words);
    for (int64_t k = 0; k < p->n_outputs && k < MOST_ROWS; k++) {
        double last_value = h->values[p->origin[0] * h->n_channels + first_output + k];
        say(job->words, "  %-*.*s  %11.*g", NAME_WIDTH, NAME_WIDTH,
            kr__forecaster_column(job->model, k), choose_digits(job, p, k), last_value);
        print_step(job, p, 0, k);
        if (last > 0) print_step(job, p, last, k);
        fputc('\n', job->words);
    }
    print_more(job, p->n_outputs);
}

/* ---- errors ----------------------------------------------------------------------------- */

predict_errors predict_measure(const kr_prediction *p, int64_t k) {
    int64_t n = p->n * p->n_steps, size = n * p->n_outputs;
    const kr_scores scores = kr_scores_of(n, p->n_outputs, p->forecast + k, p->truth + k, NULL);
    predict_errors e = {.n = scores.n, .mae = scores.mae, .rmse = scores.rmse};
    for (int j = 0; j < p->n_levels; j++) {
        for (int64_t i = k; i < size; i += p->n_outputs) {
            int64_t at = j * size + i; /* a truth that is missing is in no interval */
            e.inside[j] += p->lower[at] <= p->truth[i] && p->truth[i] <= p->upper[at];
        }
        e.inside[j] /= (double)e.n;
    }
    return e;
}

static void print_errors(const predict_job *job, const kr_prediction *p) {
    int64_t n = 0;
    char level[KR__LEVEL_TEXT], head[KR__LEVEL_TEXT + 8];
    for (int64_t k = 0; k < p->n_outputs; k++) n += predict_measure(p, k).n;
    if (n == 0) return;
    say(job->words, "\n  %-*s  %11s  %11s  %11s", NAME_WIDTH, "against the truth", "MAE", "RMSE",
        "steps");
    for (int j = 0; j < p->n_levels; j++) {
        snprintf(head, sizeof head, "in %s %%", kr__level_text(p->levels[j], level));
        say(job->words, "  %9s", head);
    }
    fputc('\n', job->words);
    for (int64_t k = 0; k < p->n_outputs && k < MOST_ROWS; k++) {
        predict_errors e = predict_measure(p, k);
        say(job->words, "  %-*.*s  %11.5g  %11.5g  %11" PRId64, NAME_WIDTH, NAME_WIDTH,
            kr__forecaster_column(job->model, k), e.mae, e.rmse, e.n);
        for (int j = 0; j < p->n_levels; j++) fprintf(job->words, "  %7.1f %%", 100 * e.inside[j]);
        fputc('\n', job->words);
    }
    print_more(job, p->n_outputs);
}

void predict_print_forecast(const predict_job *job, const kr_prediction *p) {
    print_what(job, p);
    if (p->n == 1) print_values(job, p);
    print_errors(job, p);
    fputc('\n', job->words);
}
