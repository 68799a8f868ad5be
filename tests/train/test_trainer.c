/* SPDX-License-Identifier: MIT
 * test_trainer.c - the training loop on a made-up model of four weights, without file or data set:
 * when it stops, what a bad number does, and that it goes on with the same bits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "support/workers.h"
#include "train/trainer.h"

/* ---- a model: y = weight x + bias, twice ------------------------------------------------- */

enum { N_IN = 3, COUNT = 22, BATCH = 4, STEPS = 6, EPOCHS = 5 };

static void build(const void *config, kr_builder *b, int64_t batch, bool is_training,
                  kr_ends *ends) {
    (void)config;
    const int64_t x[2] = {batch, N_IN}, target[2] = {batch, 1};
    ends->in[0] = kr__plan_input(b->plan, 2, x, false);
    ends->in[1] = kr__plan_input(b->plan, 2, target, false);
    kr_tensor y = kr__layer_linear(b, ends->in[0], 2, true, "body");
    y = kr__layer_linear(b, y, 1, true, "head");
    ends->loss = kr__mse_loss(b->plan, y, ends->in[1]);
    if (!is_training) ends->y = y;
}

/* ---- a client --------------------------------------------------------------------------- */

typedef struct client {
    kr_engine *engine;
    kr_trainer *trainer;
    int64_t order[COUNT], first, step;
    /* What is to happen. */
    double validation[EPOCHS + 1]; /* loss of each epoch; 0: that of the samples */
    int64_t bad_from, bad_to;      /* steps, of all, whose samples are not finite */
    int64_t good_step;             /* but this one's are; 0: all are bad */
    int64_t stop_epoch, stop_step; /* ask for a stop; step 0: while the epoch is measured */
    bool keeps_state, saves_fail;
    /* What was seen. */
    int64_t n_steps, n_epochs, n_bad, n_saves, allocations;
    bool follows; /* the first weight, with ema: its last value and mean */
    double ema, last, mean;
    kr_ending ending;
    kr_epoch_record records[EPOCHS + 1];
    char text[512];
    kr_entries saved; /* a copy of the state at the last save */
} client;

static void begin_epoch(void *arg, int64_t epoch) {
    client *c = arg;
    kr_rng rng = kr__rng_make(1, KR_STREAM_SHUFFLE, (uint64_t)epoch);
    for (int i = 0; i < COUNT; i++) c->order[i] = i;
    kr__rng_shuffle(&rng, c->order, COUNT);
}

static void begin_batch(void *arg, int64_t first, int64_t step) {
    client *c = arg;
    c->first = first;
    c->step = step;
    c->allocations = (int64_t)kr__alloc_count();
}

static void fill_sample(int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, (uint64_t)i);
    double sum = 0.5;
    for (int k = 0; k < N_IN; k++) {
        in[0][k] = (kr_real)kr__rng_normal(&rng);
        sum += (k + 1) * (double)in[0][k];
    }
    in[1][0] = (kr_real)(sum + 0.3 * kr__rng_normal(&rng));
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const client *c = arg;
    fill_sample(c->order[c->first + i], in);
    bool is_bad = c->step >= c->bad_from && c->step < c->bad_to;
    if (is_bad && (c->good_step == 0 || c->step != c->good_step)) in[0][0] = (kr_real)INFINITY;
}

static void fetch_in_order(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    (void)arg;
    fill_sample(i, in);
}

static kr_status measure(void *arg, kr_epoch_record *record, kr_error *err) {
    client *c = arg;
    double losses[COUNT];
    kr_samples samples = {fetch_in_order, c, COUNT};
    if (c->stop_step == 0 && record->epoch == c->stop_epoch) {
        c->stop_epoch = 0;
        return kr_fail(err, KR_INTERRUPTED, "stopped on request");
    }
    kr__engine_predict(c->engine, &samples, NULL, losses);
    record->validation_loss = kr__mean_of_batches(losses, COUNT, BATCH);
    double given = c->validation[record->epoch];
    if (given != 0) record->validation_loss = given;
    return KR_OK;
}

/* Entries are views: the copy is what a file would hold. */
static void copy_entries(const kr_entries *from, kr_entries *to) {
    kr__entries_deinit(to);
    for (int64_t i = 0; i < from->n_arrays; i++) {
        const kr_array *a = &from->arrays[i];
        void *data = kr__arena_alloc(&to->arena, (size_t)a->n + 1, a->item_size);
        memcpy(data, a->data, (size_t)a->n * a->item_size);
        assert_int_equal(kr__entries_add(to, a->name, a->dtype, a->rank, a->shape, data, NULL),
                         KR_OK);
    }
    for (int64_t i = 0; i < from->n_texts; i++) {
        assert_int_equal(kr__entries_add_text(to, from->texts[i].key, from->texts[i].value, NULL),
                         KR_OK);
    }
}

static kr_status save(void *arg, const kr_epoch_record *record, kr_error *err) {
    (void)record;
    client *c = arg;
    kr_entries entries = {.n_arrays = 0};
    c->n_saves++;
    if (c->saves_fail) return kr_fail(err, KR_IO, "no room");
    if (!c->keeps_state) return KR_OK;
    kr_status status = kr__trainer_list(c->trainer, &entries, err);
    if (status == KR_OK) copy_entries(&entries, &c->saved);
    kr__entries_deinit(&entries);
    return status;
}

static void see_event(void *arg, const kr_trainer_event *e) {
    client *c = arg;
    if (e->kind == KR_TRAINER_STEP) {
        assert_int_equal(e->steps, STEPS);
        if (c->n_steps++ > 0) assert_int_equal(kr__alloc_count(), (uint64_t)c->allocations);
        if (c->follows) {
            double n = (double)c->n_steps, kept = fmin(c->ema, (1 + n) / (10 + n));
            c->last = (double)kr__engine_params(c->engine)->values[0];
            c->mean = kept * c->mean + (1 - kept) * c->last;
        }
        if (e->epoch == c->stop_epoch && e->step == c->stop_step) kr_team_stop(test_team);
    } else if (e->kind == KR_TRAINER_NONFINITE) {
        c->n_bad++;
        snprintf(c->text, sizeof c->text, "%s", e->text);
    } else {
        assert_int_equal(e->epoch, e->record->epoch);
        c->records[c->n_epochs++] = *e->record;
        c->ending = e->ending;
    }
}

static double clock_seconds; /* a second passes each time it is read */
static double read_clock(void) { return clock_seconds += 1; }

static kr_trainer_config config_of(client *c) {
    return (kr_trainer_config){.engine = c->engine,
                               .sampler = {COUNT, begin_epoch, begin_batch, fetch, c},
                               .hooks = {measure, save, see_event, c},
                               .seed = 7,
                               .epochs = EPOCHS,
                               .batch_size = BATCH,
                               .optimizer = "adam",
                               .schedule = {.kind = "constant", .base = 0.05, .epochs = EPOCHS},
                               .on_nan = "stop"};
}

static void open_engine(client *c) {
    const kr_engine_config config = {
        .objective = {.build = build, .rows_per_sample = 1, .values_per_loss = 1},
        .grad_slots = 2,
        .max_batch = BATCH};
    kr_error err;
    if (kr__engine_create(test_team, &config, &c->engine, &err) != KR_OK) fail_msg("%s", err.text);
    kr__params_initialise(kr__engine_params(c->engine), 3);
}

/* A whole training, from the entries of another or from the start. */
static kr_status train_from(client *c, const kr_trainer_config *config, const kr_entries *entries,
                            kr_error *err) {
    kr_status status = kr__trainer_create(test_team, config, &c->trainer, err);
    if (status == KR_OK && entries) status = kr__trainer_restore(c->trainer, entries, err);
    if (status == KR_OK) status = kr__trainer_run(c->trainer, err);
    return status;
}

static void close_client(client *c) {
    kr__trainer_destroy(c->trainer);
    kr__engine_destroy(c->engine);
    kr__entries_deinit(&c->saved);
}

static bool has_first_values(const client *c) {
    client first = {.n_steps = 0};
    open_engine(&first);
    const kr_params *a = kr__engine_params(first.engine), *b = kr__engine_params(c->engine);
    bool is_same = memcmp(a->values, b->values, (size_t)a->size * sizeof(kr_real)) == 0;
    close_client(&first);
    return is_same;
}

/* ---- ends ------------------------------------------------------------------------------- */

static void all_epochs_are_done(void **state) {
    (void)state;
    client c = {.n_steps = 0};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.patience = 3;
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(c.n_steps, EPOCHS * STEPS);
    assert_int_equal(c.n_epochs, EPOCHS);
    assert_int_equal(c.n_saves, EPOCHS);
    assert_int_equal(c.ending, KR_ENDING_EPOCHS);
    assert_true(c.records[4].train_loss < 0.8 * c.records[0].train_loss);
    kr_trainer_speed speed = kr__trainer_measure_speed(c.trainer);
    assert_true(speed.step_ms > 0 && speed.samples_per_s > 0);
    int64_t n = 0;
    kr_epoch_record *records = kr__trainer_take_records(c.trainer, &n);
    assert_int_equal(n, EPOCHS);
    assert_true(records[4].validation_loss == c.records[4].validation_loss);
    kr_free(records);
    close_client(&c);
}

/* Equal to the best is better unless the rule is strict. */
static void patience_ends_it(void **state) {
    (void)state;
    for (int is_strict = 0; is_strict < 2; is_strict++) {
        client c = {.validation = {0, 3, 2, 2, 5, 4}};
        kr_error err;
        open_engine(&c);
        kr_trainer_config config = config_of(&c);
        config.patience = 2;
        config.best_is_strict = is_strict;
        if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(c.n_epochs, is_strict ? 4 : 5);
        assert_int_equal(c.ending, KR_ENDING_PATIENCE);
        assert_int_equal(kr__trainer_state(c.trainer)->best_epoch, is_strict ? 2 : 3);
        assert_true(c.records[2].is_best == !is_strict);
        close_client(&c);
    }
}

/* The clock is read twice a step, and once to ask whether time is up. */
static void time_ends_it(void **state) {
    (void)state;
    client c = {.n_steps = 0};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.now = read_clock;
    config.max_seconds = 30;
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(c.ending, KR_ENDING_TIME);
    assert_int_equal(c.n_epochs, 2);
    assert_true(c.n_steps > STEPS && c.n_steps < 2 * STEPS); /* within its second epoch */
    double seconds = c.records[0].seconds + c.records[1].seconds;
    assert_true(seconds >= 30 && seconds < 35);
    assert_true(c.records[1].total_seconds > c.records[1].seconds);
    close_client(&c);
}

static void the_best_parameters_are_left(void **state) {
    (void)state;
    client c = {.validation = {0, 9, 1, 9, 9, 9}}, two = {.validation = {0, 9, 1, 9, 9, 9}};
    kr_error err;
    open_engine(&c);
    open_engine(&two);
    kr_trainer_config config = config_of(&c), short_config = config_of(&two);
    short_config.epochs = 2;
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    if (train_from(&two, &short_config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    const kr_params *a = kr__engine_params(c.engine), *b = kr__engine_params(two.engine);
    assert_memory_equal(a->values, b->values, (size_t)a->size * sizeof(kr_real));
    close_client(&c);
    close_client(&two);
}

/* What see_event() has followed of the first weight, as the definition has it. */
static void the_mean_of_the_parameters_is_left(void **state) {
    (void)state;
    client c = {.follows = true};
    kr_error err;
    open_engine(&c);
    c.mean = (double)kr__engine_params(c.engine)->values[0];
    kr_trainer_config config = config_of(&c);
    config.ema = c.ema = 0.6;
    c.validation[EPOCHS] = -1; /* the last epoch is the best */
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(fabs((double)kr__engine_params(c.engine)->values[0] - c.mean) < 1e-6);
    assert_true(fabs(c.last - c.mean) > 1e-4);
    close_client(&c);
}

static void a_state_that_cannot_be_saved_ends_it(void **state) {
    (void)state;
    client c = {.saves_fail = true};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    assert_int_equal(train_from(&c, &config, NULL, &err), KR_IO);
    assert_int_equal(c.n_saves, 1);
    close_client(&c);
}

/* ---- bad numbers ------------------------------------------------------------------------ */

static void stop_says_where(void **state) {
    (void)state;
    client c = {.bad_from = 8, .bad_to = 9};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    assert_int_equal(train_from(&c, &config, NULL, &err), KR_NUMERIC);
    assert_non_null(strstr(err.text, "epoch 2, step 3: a value is not finite, first in op"));
    assert_null(strstr(err.text, "kept"));
    assert_int_equal(c.n_steps, 8);
    close_client(&c);
}

/* A skipped step changes nothing and is in no mean. */
static void skip_leaves_the_step_out(void **state) {
    (void)state;
    client c = {.bad_from = 2, .bad_to = 4};
    kr_error err;
    double sum = 0;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.on_nan = "skip";
    config.epochs = 1;
    config.schedule.base = 0; /* then the losses of the steps are those of the first values */
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(c.n_bad, 2);
    assert_int_equal(c.n_steps, STEPS);
    assert_non_null(strstr(c.text, "epoch 1, step 4: a value is not finite"));
    for (int64_t step = 0; step < STEPS; step++) {
        c.bad_to = 0;
        begin_batch(&c, step * BATCH, step);
        kr_samples samples = {fetch, &c, step == STEPS - 1 ? COUNT % BATCH : BATCH};
        double loss =
            kr__engine_train_batch(c.engine, &samples, (kr_draw_key){7, (uint64_t)step, NULL});
        if (step < 2 || step > 3) sum += loss;
    }
    assert_true(fabs(c.records[0].train_loss - sum / 4) < 1e-12);
    close_client(&c);
}

/* To the best so far, as if no step had been made. */
static void rollback_goes_to_the_best(void **state) {
    (void)state;
    client c = {.validation = {0, 1, 9}, .bad_from = 11, .bad_to = 12},
           one = {.validation = {0, 1}};
    kr_error err;
    open_engine(&c);
    open_engine(&one);
    kr_trainer_config config = config_of(&c), short_config = config_of(&one);
    config.on_nan = "rollback";
    config.epochs = 2;
    short_config.epochs = 1;
    c.keeps_state = true;
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    if (train_from(&one, &short_config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(c.n_bad, 1);
    /* The last step was the bad one: what it left is the model of epoch 1, and no moments. */
    int64_t n = kr__engine_params(c.engine)->size;
    const kr_array *current = kr__entries_find(&c.saved, "training.current");
    const kr_array *m = kr__entries_find(&c.saved, "training.adam_m");
    assert_memory_equal(current->data, kr__engine_params(one.engine)->values,
                        (size_t)n * sizeof(kr_real));
    for (int64_t i = 0; i < n; i++) assert_true(((const kr_real *)m->data)[i] == 0);
    assert_string_equal(kr__entries_value(&c.saved, "state.adam_step"), "0");
    close_client(&c);
    close_client(&one);
}

static void too_many_bad_steps_end_it(void **state) {
    (void)state;
    client c = {.bad_from = 1, .bad_to = 1000};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.on_nan = "skip";
    assert_int_equal(train_from(&c, &config, NULL, &err), KR_NUMERIC);
    assert_int_equal(c.n_bad, 20);
    assert_non_null(strstr(err.text, "epoch 4, step 4"));
    assert_non_null(strstr(err.text, "as in the 20 steps before it"));
    close_client(&c);
}

static void only_bad_steps_in_a_row_count(void **state) {
    (void)state;
    client c = {.bad_from = 1, .bad_to = 29, .good_step = 15};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.on_nan = "rollback";
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(c.n_bad, 27);
    assert_true(isnan(c.records[1].train_loss) && isfinite(c.records[2].train_loss));
    close_client(&c);
}

/* Without one good step there is no model, whatever validation says of the first values. */
static void no_good_step_is_an_error(void **state) {
    (void)state;
    static const char *const kinds[] = {"skip", "rollback"};
    for (int i = 0; i < 2; i++) {
        client c = {.bad_to = 1000, .keeps_state = true};
        kr_error err;
        open_engine(&c);
        kr_trainer_config config = config_of(&c);
        config.on_nan = kinds[i];
        config.epochs = 3;
        assert_int_equal(train_from(&c, &config, NULL, &err), KR_NUMERIC);
        assert_non_null(strstr(err.text,
                               "none of the 18 steps had a finite loss and gradient "
                               "(epoch 1, step 1: a value is not finite, first in op"));
        assert_true(isnan(c.records[0].train_loss) && !c.records[0].is_best);
        assert_int_equal(c.n_saves, 0);
        assert_true(has_first_values(&c));
        close_client(&c);
    }
}

static void no_finite_validation_is_an_error(void **state) {
    (void)state;
    client c = {.validation = {0, INFINITY, NAN, INFINITY}};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.epochs = 3;
    assert_int_equal(train_from(&c, &config, NULL, &err), KR_NUMERIC);
    assert_non_null(strstr(err.text, "not finite after any of 3 epochs"));
    close_client(&c);
}

/* ---- going on --------------------------------------------------------------------------- */

static void compare_states(const kr_entries *a, const kr_entries *b) {
    assert_int_equal(a->n_arrays, b->n_arrays);
    for (int64_t i = 0; i < a->n_arrays; i++) {
        const kr_array *x = &a->arrays[i], *y = kr__entries_find(b, x->name);
        if (strcmp(x->name, "training.records") == 0) continue; /* seconds */
        if (memcmp(x->data, y->data, (size_t)x->n * x->item_size) != 0) {
            fail_msg("%s differs", x->name);
        }
    }
    assert_string_equal(kr__entries_value(a, "state.best"), kr__entries_value(b, "state.best"));
    assert_string_equal(kr__entries_value(a, "state.best_epoch"),
                        kr__entries_value(b, "state.best_epoch"));
}

static void start_whole(client *c, const char *on_nan, int64_t epochs, double ema) {
    *c = (client){.keeps_state = true, .bad_from = 9, .bad_to = 10};
    kr_error err;
    open_engine(c);
    kr_trainer_config config = config_of(c);
    config.on_nan = on_nan;
    config.epochs = epochs;
    config.ema = ema;
    if (train_from(c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
}

/* Stopped inside the epoch with the skipped step, between epochs, and while measuring. */
static void go_on(double ema) {
    static const int64_t places[][2] = {{1, 1}, {2, 4}, {2, 5}, {3, 6}, {4, 0}};
    test_workers(2);
    client whole;
    start_whole(&whole, "skip", EPOCHS, ema);
    for (int i = 0; i < 5; i++) {
        client a = {.keeps_state = true, .bad_from = 9, .bad_to = 10},
               b = {.keeps_state = true, .bad_from = 9, .bad_to = 10};
        kr_error err;
        a.stop_epoch = places[i][0];
        a.stop_step = places[i][1];
        open_engine(&a);
        open_engine(&b);
        kr_trainer_config first = config_of(&a), second = config_of(&b);
        first.on_nan = second.on_nan = "skip";
        first.ema = second.ema = ema;
        assert_int_equal(train_from(&a, &first, NULL, &err), KR_INTERRUPTED);
        assert_non_null(strstr(err.text, "stopped in epoch"));
        kr_team_go_on(test_team);
        if (train_from(&b, &second, &a.saved, &err) != KR_OK) fail_msg("%s", err.text);
        compare_states(&whole.saved, &b.saved);
        const kr_params *p = kr__engine_params(whole.engine), *q = kr__engine_params(b.engine);
        assert_memory_equal(p->values, q->values, (size_t)p->size * sizeof(kr_real));
        const kr_training_state *x = kr__trainer_state(whole.trainer),
                                *y = kr__trainer_state(b.trainer);
        for (int e = 0; e < EPOCHS; e++) {
            assert_true(x->records[e].train_loss == y->records[e].train_loss);
        }
        close_client(&a);
        close_client(&b);
    }
    close_client(&whole);
    test_workers(0);
}

static void going_on_gives_the_same_bits(void **state) {
    (void)state;
    go_on(0);
    go_on(0.9);
}

/* Three epochs and two more are five, also where the third was not the best. */
static void more_epochs_may_be_asked_for(void **state) {
    (void)state;
    client whole = {.keeps_state = true, .validation = {0, 5, 2, 4, 3, 1}}, a = whole, b = whole;
    kr_error err;
    open_engine(&whole);
    open_engine(&a);
    open_engine(&b);
    kr_trainer_config config = config_of(&whole), first = config_of(&a), second = config_of(&b);
    first.epochs = 3;
    if (train_from(&whole, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    if (train_from(&a, &first, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(save(&a, NULL, &err), KR_OK); /* once more, with the best parameters shown */
    if (train_from(&b, &second, &a.saved, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(b.n_epochs, 2);
    compare_states(&whole.saved, &b.saved);
    close_client(&whole);
    close_client(&b);
    /* And fewer than are done is refused; as many have nothing to do. */
    for (int64_t epochs = 2; epochs <= 3; epochs++) {
        client c = {.n_steps = 0};
        open_engine(&c);
        kr_trainer_config other = config_of(&c);
        other.epochs = epochs;
        kr_status status = train_from(&c, &other, &a.saved, &err);
        assert_int_equal(status, epochs == 2 ? KR_USAGE : KR_OK);
        if (epochs == 2) assert_non_null(strstr(err.text, "has already had 3 epochs"));
        assert_int_equal(c.n_steps, 0);
        close_client(&c);
    }
    close_client(&a);
}

/* The state without one of its parts, or with another text there. */
static void refuse(const kr_entries *good, const char *name, const char *text, kr_status want) {
    client c = {.n_steps = 0};
    kr_entries entries = {.n_arrays = 0};
    kr_error err;
    copy_entries(good, &entries);
    for (int64_t i = 0; i < entries.n_arrays; i++) {
        if (strcmp(entries.arrays[i].name, name) == 0) entries.arrays[i].name = "other";
    }
    for (int64_t i = 0; i < entries.n_texts; i++) {
        if (strcmp(entries.texts[i].key, name) == 0) entries.texts[i].value = text;
    }
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.ema = 0.5;
    assert_int_equal(train_from(&c, &config, &entries, &err), want);
    kr__entries_deinit(&entries);
    close_client(&c);
}

/* The state with another number of its second epoch. */
static void refuse_epoch(const kr_entries *good, double epoch) {
    for (int64_t i = 0; i < good->n_arrays; i++) {
        const kr_array *a = &good->arrays[i];
        if (strcmp(a->name, "training.records") != 0) continue;
        char *place = (char *)a->data + (size_t)a->shape[1] * sizeof epoch;
        double before;
        memcpy(&before, place, sizeof before);
        memcpy(place, &epoch, sizeof epoch);
        refuse(good, "nothing", NULL, KR_FORMAT);
        memcpy(place, &before, sizeof before);
    }
}

/* The state with another number at the start or the end of an array. */
static void refuse_number(const kr_entries *good, const char *name, double number) {
    const kr_array *a = kr__entries_find(good, name);
    for (int is_last = 0; is_last < 2; is_last++) {
        kr_real *place = (kr_real *)a->data + (is_last ? a->n - 1 : 0), before = *place;
        *place = (kr_real)number;
        refuse(good, "nothing", NULL, KR_FORMAT);
        *place = before;
    }
}

static void a_damaged_state_is_refused(void **state) {
    (void)state;
    static const char *const parts[] = {"body.weight",     "training.current", "training.adam_m",
                                        "training.adam_v", "training.records", "training.mean"};
    static const char *const texts[][2] = {
        {"state.epoch", "0"},          {"state.step", "7"},           {"state.step", "-1"},
        {"state.good_steps", "3"},     {"state.best_epoch", "9"},     {"state.best", "nan"},
        {"state.counter", "x"},        {"state.epoch", "4"},          {"state.step", "0.5"},
        {"state.loss_sum", "nan"},     {"state.loss_sum", "inf"},     {"state.best", "-inf"},
        {"state.epoch_seconds", "-1"}, {"state.epoch_seconds", "inf"}};
    client c;
    start_whole(&c, "skip", 2, 0.5);
    for (int i = 0; i < 6; i++) refuse(&c.saved, parts[i], NULL, KR_FORMAT);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        refuse(&c.saved, texts[i][0], texts[i][1], KR_FORMAT);
    }
    refuse(&c.saved, "training.version", "3", KR_UNSUPPORTED);
    refuse(&c.saved, "nothing", NULL, KR_OK);
    refuse_epoch(&c.saved, 1e300);
    refuse_epoch(&c.saved, -1);
    refuse_epoch(&c.saved, 1.5);
    refuse_epoch(&c.saved, 1);
    refuse_epoch(&c.saved, (double)NAN);
    refuse_number(&c.saved, "body.weight", (double)NAN);
    refuse_number(&c.saved, "training.current", -(double)INFINITY);
    refuse_number(&c.saved, "training.adam_m", (double)INFINITY);
    refuse_number(&c.saved, "training.mean", (double)NAN);
    refuse_number(&c.saved, "training.adam_v", (double)NAN);
    refuse_number(&c.saved, "training.adam_v", -1e-9);
    close_client(&c);
}

/* ---- groups ----------------------------------------------------------------------------- */

static kr_status try_groups(const char *freeze, const char *lr_factors, client *c, kr_error *err) {
    *c = (client){.keeps_state = true};
    open_engine(c);
    kr_trainer_config config = config_of(c);
    config.freeze = freeze;
    config.lr_factors = lr_factors;
    config.epochs = 1;
    return train_from(c, &config, NULL, err);
}

static bool is_changed(const client *c, const char *name) {
    client first = {.n_steps = 0};
    open_engine(&first);
    const kr_params *a = kr__engine_params(first.engine), *b = kr__engine_params(c->engine);
    const kr_param *p = kr__params_find(a, name);
    bool is_same = memcmp(a->values + p->offset, b->values + p->offset,
                          (size_t)p->size * sizeof(kr_real)) == 0;
    close_client(&first);
    return !is_same;
}

static void frozen_parameters_stay(void **state) {
    (void)state;
    client c;
    kr_error err;
    if (try_groups("bias,body.w", "", &c, &err) != KR_OK) fail_msg("%s", err.text);
    assert_false(is_changed(&c, "body.weight"));
    assert_false(is_changed(&c, "body.bias"));
    assert_false(is_changed(&c, "head.bias"));
    assert_true(is_changed(&c, "head.weight"));
    close_client(&c);
}

/* A factor of 0 is a rate of 0; one of 1 changes nothing; another one does. */
static void factors_change_the_rate(void **state) {
    (void)state;
    static const char *const factors[] = {"", "head=1", "head=0.5", "body=0,head.bias=0"};
    kr_real values[4][64];
    for (int i = 0; i < 4; i++) {
        client c;
        kr_error err;
        if (try_groups("", factors[i], &c, &err) != KR_OK) fail_msg("%s", err.text);
        const kr_params *p = kr__engine_params(c.engine);
        assert_true(p->size <= 64);
        memcpy(values[i], p->values, (size_t)p->size * sizeof(kr_real));
        if (i == 3) {
            assert_false(is_changed(&c, "body.weight"));
            assert_false(is_changed(&c, "head.bias"));
            assert_true(is_changed(&c, "head.weight"));
        }
        size_t bytes = (size_t)p->size * sizeof(kr_real);
        if (i > 0) assert_int_equal(memcmp(values[0], values[i], bytes) == 0, i == 1);
        close_client(&c);
    }
}

static void groups_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *freeze, *factors, *text;
    } cases[] = {{"tail", "",
                  "`freeze`: no parameter has \"tail\" in its name; the names of this "
                  "model's are made of: body, weight, bias, head"},
                 {"", "haed=2", "has \"haed\" in its name (did you mean head?); the names"},
                 {"body,,head", "", "`freeze`: a name between commas is empty"},
                 {"body,head", "", "nothing is left to train"},
                 {"", "head", "`lr_factors`: \"head\" is not part of a name"},
                 {"", "head=-1", "`lr_factors`: \"head=-1\""},
                 {"", "head=1,", "`lr_factors`: \"\""},
                 {"", "=2", "`lr_factors`: \"=2\""},
                 {"head", "head=2", "`lr_factors`: no parameter that an earlier part has left"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        client c;
        kr_error err;
        assert_int_equal(try_groups(cases[i].freeze, cases[i].factors, &c, &err), KR_USAGE);
        if (!strstr(err.text, cases[i].text)) fail_msg("%s", err.text);
        close_client(&c);
    }
}

static void a_decay_is_of_adamw(void **state) {
    (void)state;
    client c = {.n_steps = 0};
    kr_error err;
    open_engine(&c);
    kr_trainer_config config = config_of(&c);
    config.weight_decay = 0.1;
    assert_int_equal(train_from(&c, &config, NULL, &err), KR_USAGE);
    config.optimizer = "adamw";
    if (train_from(&c, &config, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    close_client(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_epochs_are_done),
        cmocka_unit_test(patience_ends_it),
        cmocka_unit_test(time_ends_it),
        cmocka_unit_test(the_best_parameters_are_left),
        cmocka_unit_test(the_mean_of_the_parameters_is_left),
        cmocka_unit_test(a_state_that_cannot_be_saved_ends_it),
        cmocka_unit_test(stop_says_where),
        cmocka_unit_test(skip_leaves_the_step_out),
        cmocka_unit_test(rollback_goes_to_the_best),
        cmocka_unit_test(too_many_bad_steps_end_it),
        cmocka_unit_test(only_bad_steps_in_a_row_count),
        cmocka_unit_test(no_good_step_is_an_error),
        cmocka_unit_test(no_finite_validation_is_an_error),
        cmocka_unit_test(going_on_gives_the_same_bits),
        cmocka_unit_test(more_epochs_may_be_asked_for),
        cmocka_unit_test(a_damaged_state_is_refused),
        cmocka_unit_test(frozen_parameters_stay),
        cmocka_unit_test(factors_change_the_rate),
        cmocka_unit_test(groups_that_do_not_fit_are_refused),
        cmocka_unit_test(a_decay_is_of_adamw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
