/* SPDX-License-Identifier: MIT
 * test_trainer_ranks.c - a training by several ranks: the bits of one process, also after a stop
 * and with another number of ranks; one clock, one that writes; who is not alike is found before a
 * step.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "support/thread_ranks.h"
#include "train/trainer.h"

enum { N_IN = 3, COUNT = 22, BATCH = 7, EPOCHS = 3, MOST = 8 };

/* ---- a model and its samples ---------------------------------------------------------------- */

static void build(const void *config, kr_builder *b, int64_t batch, bool is_training,
                  kr_ends *ends) {
    const int64_t x[2] = {batch, N_IN}, target[2] = {batch, 1};
    (void)config;
    ends->in[0] = kr__plan_input(b->plan, 2, x, false);
    ends->in[1] = kr__plan_input(b->plan, 2, target, false);
    kr_tensor y = kr__layer_linear(b, ends->in[0], 5, true, "body");
    y = kr__layer_linear(b, y, 1, true, "head");
    ends->loss = kr__mse_loss(b->plan, y, ends->in[1]);
    if (!is_training) ends->y = y;
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, (uint64_t)(*(const int64_t *)arg + i));
    for (int k = 0; k < N_IN; k++) in[0][k] = (kr_real)kr__rng_normal(&rng);
    in[1][0] = (kr_real)(2 * (double)in[0][0] - (double)in[0][1] + kr__rng_normal(&rng));
}

/* ---- a training of some ranks --------------------------------------------------------------- */

typedef struct outcome {
    kr_status status;
    kr_error err;
    int64_t n_steps, n_saves, n_records;
    double losses[EPOCHS], seconds[EPOCHS];
    kr_real values[64];
} outcome;

typedef struct training {
    int stop_rank;     /* asks for a stop ... */
    int64_t stop_step; /* ... after this step of all; 0: nobody does */
    double max_seconds;
    int odd_rank; /* has other data, or, is_odd_seed, another seed; -1: nobody */
    bool is_odd_seed;
    const kr_entries *resumed; /* NULL: from the start */
    kr_entries saved;          /* by rank 0, a copy */
    outcome of[MOST];
} training;

typedef struct client {
    training *t;
    outcome *out;
    kr_team *team;
    kr_engine *engine;
    kr_trainer *trainer;
    int rank;
    int64_t first;
} client;

static void begin_batch(void *arg, int64_t first, int64_t step) {
    ((client *)arg)->first = first + 100 * step;
}

static void fetch_batch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    fetch(&((client *)arg)->first, i, in);
}

static kr_status measure(void *arg, kr_epoch_record *record, kr_error *err) {
    client *c = arg;
    double losses[COUNT];
    int64_t first = 5000;
    const kr_samples samples = {fetch, &first, COUNT};
    (void)err;
    kr__engine_predict(c->engine, &samples, NULL, losses);
    record->validation_loss = kr__mean_of_batches(losses, COUNT, BATCH);
    return KR_OK;
}

static kr_status save(void *arg, const kr_epoch_record *record, kr_error *err) {
    client *c = arg;
    kr_entries entries = {.n_arrays = 0}, *to = &c->t->saved;
    (void)record;
    c->out->n_saves++;
    KR_TRY(kr__trainer_list(c->trainer, &entries, err));
    kr__entries_deinit(to);
    for (int64_t i = 0; i < entries.n_arrays; i++) {
        const kr_array *a = &entries.arrays[i];
        void *data = kr__arena_alloc(&to->arena, (size_t)a->n + 1, a->item_size);
        if (!data) abort();
        memcpy(data, a->data, (size_t)a->n * a->item_size);
        KR_TRY(kr__entries_add(to, a->name, a->dtype, a->rank, a->shape, data, err));
    }
    for (int64_t i = 0; i < entries.n_texts; i++) {
        KR_TRY(kr__entries_add_text(to, entries.texts[i].key, entries.texts[i].value, err));
    }
    kr__entries_deinit(&entries);
    return KR_OK;
}

static void see_event(void *arg, const kr_trainer_event *e) {
    client *c = arg;
    if (e->kind == KR_TRAINER_STEP) {
        c->out->n_steps++;
        bool stops = c->rank == c->t->stop_rank && c->out->n_steps == c->t->stop_step;
        if (stops) kr_team_stop(c->team);
    } else if (e->kind == KR_TRAINER_EPOCH) {
        c->out->losses[e->epoch - 1] = e->record->validation_loss;
        c->out->seconds[e->epoch - 1] = e->record->seconds;
        c->out->n_records++;
    }
}

/* A second passes each time rank 0 looks, a day for all others. */
static _Thread_local double now, tick;
static double read_clock(void) { return now += tick; }

static kr_status run(client *c, kr_error *err) {
    const kr_engine_config engine = {
        .objective = {.build = build, .rows_per_sample = 1, .values_per_loss = 1},
        .grad_slots = 5,
        .max_batch = BATCH};
    bool is_odd = c->rank == c->t->odd_rank;
    KR_TRY(kr__engine_create(c->team, &engine, &c->engine, err));
    kr__params_initialise(kr__engine_params(c->engine), 3);
    const kr_trainer_config config = {
        .engine = c->engine,
        .sampler = {COUNT, NULL, begin_batch, fetch_batch, c},
        .hooks = {measure, save, see_event, c},
        .data_mark = is_odd && !c->t->is_odd_seed ? 2 : 1,
        .seed = is_odd && c->t->is_odd_seed ? 8 : 7,
        .epochs = EPOCHS,
        .batch_size = BATCH,
        .optimizer = "adam",
        .schedule = {.kind = "constant", .base = 0.05, .epochs = EPOCHS},
        .max_seconds = c->t->max_seconds,
        .now = read_clock,
        .on_nan = "stop"};
    KR_TRY(kr__trainer_create(c->team, &config, &c->trainer, err));
    if (c->t->resumed) KR_TRY(kr__trainer_restore(c->trainer, c->t->resumed, err));
    KR_TRY(kr__trainer_run(c->trainer, err));
    const kr_params *params = kr__engine_params(c->engine);
    memcpy(c->out->values, params->values, (size_t)params->size * sizeof *params->values);
    return KR_OK;
}

static void live(const kr_ranks *ranks, void *arg) {
    training *t = arg;
    client c = {.t = t, .out = &t->of[ranks->rank], .rank = ranks->rank};
    kr_error err = {.text = ""};
    now = 0;
    tick = ranks->rank == 0 ? 1 : 86400;
    if (kr_team_create(1 + ranks->rank % 2, NULL, NULL, &c.team, NULL) != KR_OK) abort();
    c.out->status = kr_team_join(c.team, ranks, &err);
    if (c.out->status == KR_OK) c.out->status = run(&c, &err);
    c.out->err = err;
    kr__trainer_destroy(c.trainer);
    kr__engine_destroy(c.engine);
    kr_team_destroy(c.team);
}

static training begin(void) { return (training){.stop_rank = -1, .odd_rank = -1}; }

/* ---- tests ---------------------------------------------------------------------------------- */

static const int counts[] = {2, 3, 4, 8};
enum { N_COUNTS = sizeof counts / sizeof counts[0] };

static void expect_same(const training *a, const training *b, int count) {
    for (int r = 0; r < count; r++) {
        assert_int_equal(b->of[r].status, KR_OK);
        assert_memory_equal(a->of[0].values, b->of[r].values, sizeof a->of[0].values);
        assert_memory_equal(a->of[0].losses, b->of[r].losses, sizeof a->of[0].losses);
    }
}

static void any_number_of_ranks_has_the_same_bits(void **state) {
    (void)state;
    static training one;
    one = begin();
    test_ranks(1, live, &one);
    for (int i = 0; i < N_COUNTS; i++) {
        static training many;
        many = begin();
        test_ranks(counts[i], live, &many);
        expect_same(&one, &many, counts[i]);
        assert_int_equal(many.of[0].n_saves, EPOCHS);
        assert_int_equal(many.of[1].n_saves, 0);
        assert_true(many.of[1].seconds[2] == many.of[0].seconds[2]);
        kr__entries_deinit(&many.saved);
    }
    kr__entries_deinit(&one.saved);
}

/* Asked for at any rank; goes on with another number of them. */
static void a_stop_is_one_for_all(void **state) {
    (void)state;
    static training one, stopped, resumed;
    one = begin();
    test_ranks(1, live, &one);
    for (int i = 0; i < N_COUNTS; i++) {
        stopped = begin();
        stopped.stop_rank = counts[i] - 1;
        stopped.stop_step = 6;
        test_ranks(counts[i], live, &stopped);
        for (int r = 0; r < counts[i]; r++) {
            assert_int_equal(stopped.of[r].status, KR_INTERRUPTED);
            assert_int_equal(stopped.of[r].n_steps, stopped.of[0].n_steps);
        }
        assert_int_equal(stopped.of[0].n_saves, 2); /* after an epoch, and now */
        int other = counts[(i + 1) % N_COUNTS];
        resumed = begin();
        resumed.resumed = &stopped.saved;
        test_ranks(other, live, &resumed);
        for (int r = 0; r < other; r++) {
            resumed.of[r].losses[0] = one.of[0].losses[0]; /* of the first epoch it saw nothing */
        }
        expect_same(&one, &resumed, other);
        kr__entries_deinit(&stopped.saved);
        kr__entries_deinit(&resumed.saved);
    }
    kr__entries_deinit(&one.saved);
}

static void the_first_rank_has_the_clock(void **state) {
    (void)state;
    static training t;
    t = begin();
    t.max_seconds = 15;
    test_ranks(3, live, &t);
    for (int r = 0; r < 3; r++) {
        assert_int_equal(t.of[r].status, KR_OK);
        assert_int_equal(t.of[r].n_steps, t.of[0].n_steps);
        assert_int_equal(t.of[r].n_records, t.of[0].n_records);
    }
    assert_in_range(t.of[0].n_steps, 4, 8);
    kr__entries_deinit(&t.saved);
}

static void who_differs_is_named(void **state) {
    (void)state;
    static training t;
    static const char *const wanted[] = {
        "rank 2 has another data set than rank 0",
        "rank 2 has another training, or place in it, than rank 0"};
    for (int i = 0; i < 2; i++) {
        t = begin();
        t.odd_rank = 2;
        t.is_odd_seed = i == 1;
        test_ranks(4, live, &t);
        for (int r = 0; r < 4; r++) {
            assert_int_equal(t.of[r].status, KR_USAGE);
            assert_int_equal(t.of[r].n_steps, 0);
            assert_string_equal(t.of[r].err.text, wanted[i]);
        }
    }
}

static void who_cannot_join_is_told(void **state) {
    (void)state;
    kr_team *team = NULL;
    kr_error err = {.text = ""};
    kr_ranks ranks = {.size = sizeof ranks, .rank = 3, .count = 3};
    assert_int_equal(kr_team_create(1, NULL, NULL, &team, NULL), KR_OK);
    assert_int_equal(kr_team_join(team, &ranks, &err), KR_USAGE);
    assert_string_equal(err.text, "rank 3 of 3: there can be 1 to 1024 ranks");
    ranks = (kr_ranks){.size = 4, .rank = 0, .count = 3};
    assert_int_equal(kr_team_join(team, &ranks, &err), KR_USAGE);
    ranks.size = sizeof ranks;
    assert_int_equal(kr_team_join(NULL, &ranks, &err), KR_USAGE);
    assert_int_equal(kr_team_join(NULL, NULL, &err), KR_OK);
    ranks.count = 1; /* alone */
    assert_int_equal(kr_team_join(team, &ranks, &err), KR_OK);
    assert_null(kr_team_ranks(team));
    kr_team_destroy(team);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_ranks_has_the_same_bits),
        cmocka_unit_test(a_stop_is_one_for_all),
        cmocka_unit_test(the_first_rank_has_the_clock),
        cmocka_unit_test(who_differs_is_named),
        cmocka_unit_test(who_cannot_join_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
