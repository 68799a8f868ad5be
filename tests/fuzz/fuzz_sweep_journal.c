/* SPDX-License-Identifier: MIT
 * fuzz_sweep_journal.c - any bytes as sweep.jsonl, the journal that `krait sweep` continues from.
 * Where they begin with a line end, they follow the first line that belongs to the sweep. What a
 * journal says of a trial fits the sweep, and is the same when it is added and read again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "sweep/sweep_command.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

enum { MOST_TRIALS = 8 };

/* Three rates, two of which may be trained to the end. */
static sweep *make_sweep(void) {
    static sweep_request request;
    static sweep s;
    if (s.trials) return &s;
    kr__flags_init(kr__forecast_flags(), &request.base);
    request.folder = fuzz_folder();
    request.n_axes = 1;
    request.halving = 2;
    request.call.given.command_line = (char *)"krait sweep";
    kr_status status = kr__sweep_axis_parse("learning_rate=0.1,0.2,0.3", &request.axes[0], NULL);
    require(status == KR_OK);
    s.request = &request;
    require(kr__sweep_grid(request.axes, 1, &request.base, &s.trials, NULL) == KR_OK);
    s.n_rungs = kr__sweep_halving(s.trials->n, 2, request.base.train_epochs, s.rungs);
    s.rows = kr__calloc((size_t)s.trials->n, sizeof *s.rows);
    require(s.rows && s.trials->n <= MOST_TRIALS);
    return &s;
}

/* What an empty journal becomes; NULL only before this was asked for the first time. */
static const char *first_line(sweep *s, size_t *n) {
    static uint8_t *line;
    static size_t size;
    if (!line) {
        fuzz_write("sweep.jsonl", "", 0);
        require(sweep_journal_load(s, NULL) == KR_OK);
        require(kr__file_read(s->journal, 1 << 20, &line, &size, NULL) == KR_OK);
    }
    *n = size;
    return (const char *)line;
}

static void write_journal(sweep *s, const uint8_t *bytes, size_t n_bytes) {
    size_t n = 0;
    const char *head = first_line(s, &n);
    bool follows = n_bytes > 0 && bytes[0] == '\n';
    uint8_t *all = malloc(n + n_bytes + 1);
    require(all != NULL);
    if (follows) memcpy(all, head, n);
    if (!follows) n = 0;
    if (n_bytes > follows) memcpy(all + n, bytes + follows, n_bytes - follows);
    fuzz_write("sweep.jsonl", all, n + n_bytes - follows);
    free(all);
}

static void check_row(const sweep *s, const sweep_row *row) {
    require(row->state >= 0 && row->state < SWEEP_STATES);
    require(row->n_rungs >= 0 && row->n_rungs <= s->n_rungs && row->epochs >= 0);
    require(!isinf(row->validation) && !isinf(row->test_mse) && !isinf(row->test_mae));
    require(!isinf(row->seconds));
    require(memchr(row->why, '\0', sizeof row->why) != NULL);
}

static bool is_same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static void require_same(const sweep_row *a, const sweep_row *b) {
    require(a->state == b->state && a->n_rungs == b->n_rungs && a->epochs == b->epochs);
    require(is_same(a->validation, b->validation) && is_same(a->seconds, b->seconds));
    require(is_same(a->test_mse, b->test_mse) && is_same(a->test_mae, b->test_mae));
    require(strcmp(a->why, b->why) == 0);
}

static void rank(const sweep *s) {
    int64_t order[MOST_TRIALS], seen = 0;
    char *json = NULL;
    for (int64_t i = 0; i < s->trials->n; i++) order[i] = i;
    sweep_rank(s, order, s->trials->n);
    for (int64_t i = 0; i < s->trials->n; i++) seen |= (int64_t)1 << order[i];
    require(seen == ((int64_t)1 << s->trials->n) - 1);
    require(sweep_to_json(s, order, &json, NULL) == KR_OK);
    kr_free(json);
}

/* Every trial that the journal knows is added to it once more. */
static void add_and_read(sweep *s) {
    sweep_row before[MOST_TRIALS];
    int64_t n = s->trials->n;
    memcpy(before, s->rows, (size_t)n * sizeof *s->rows);
    for (int64_t i = 0; i < n; i++) {
        if (s->rows[i].n_rungs > 0) require(sweep_journal_add(s, i, NULL) == KR_OK);
    }
    memset(s->rows, 0, (size_t)n * sizeof *s->rows);
    require(sweep_journal_load(s, NULL) == KR_OK);
    for (int64_t i = 0; i < n; i++) require_same(&before[i], &s->rows[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    sweep *s = make_sweep();
    kr_error err = {0};
    write_journal(s, bytes, n_bytes);
    memset(s->rows, 0, (size_t)s->trials->n * sizeof *s->rows);
    kr_status status = sweep_journal_load(s, &err);
    require_outcome(status, status == KR_OK, &err);
    if (status != KR_OK) return 0;
    for (int64_t i = 0; i < s->trials->n; i++) check_row(s, &s->rows[i]);
    rank(s);
    add_and_read(s);
    return 0;
}
