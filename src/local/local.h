/* SPDX-License-Identifier: MIT
 * local.h - statistical models of single series: fitted to all values of one series, and forecast
 * from its end. They learn nothing from other series. */
#ifndef KR_LOCAL_H
#define KR_LOCAL_H

#include <kr/team.h>
#include <kr/zeroshot.h>

#include "core/arena.h"

/* n values, oldest first, a step apart; all are finite. */
typedef struct kr__local_series {
    const double *values;
    int64_t n;
    const int64_t *seasons; /* n_seasons lengths of seasons in steps, 2 or more, rising */
    int64_t n_seasons;      /* 0: none; models of one season take the first */
    /* (n, stride) 1 where a gap was filled, for models that take gaps as such; NULL: no gaps. */
    const uint8_t *is_filled;
    int64_t stride;
} kr__local_series;

enum { KR__LOCAL_SEASONS = 4 };
/* A fit takes no more values than these, the last ones: older ones tell little of what comes; a
 * model that is not fitted takes the second number. */
enum { KR__LOCAL_MOST = 1000, KR__LOCAL_MOST_OF_ALL = 2048 };

enum { KR__LOCAL_FORM = 48 };
/* What is forecast, for steps 1 .. horizon behind the series. */
typedef struct kr__local_forecast {
    int64_t horizon;
    /* (KR_ZEROSHOT_QUANTILES, horizon), from models that tell quantiles; NULL: they are not asked
     * for. */
    double *quantiles;
    double *mean;   /* (horizon) */
    double *spread; /* (horizon) standard deviation of the error; NaN: the model tells none */
    char form[KR__LOCAL_FORM]; /* what was chosen: "ETS(M,Ad,M)", "ARIMA(2,1,1)(0,1,1)[12]" */
    double aicc;               /* of it; NaN: the model has none */
} kr__local_forecast;

/*
 * One model, a row of local_models.inc.
 *
 * forecast() computes the same bits for the same series, whatever ran before; memory comes from
 * arena, which the caller resets. Every number that it gives is finite, but for those that are NaN
 * as said above. What a series is too short for is left out (a season of which there are not two,
 * a trend of three values), and form says so; one value is enough. KR_MEMORY; KR_SHAPE: the series
 * is none for the model (TSB: negative values), with a sentence.
 *
 * A model that is fastest with many series at once has forecast_all() instead, which asks the same
 * horizon of all; opened is as in kr__local_forecast_all().
 */
typedef enum kr__local_use {
    KR__LOCAL_ANY,
    KR__LOCAL_RULE,        /* a rule of thumb: what other models are compared with */
    KR__LOCAL_INTERMITTENT /* for demand that is 0 most of the time */
} kr__local_use;

typedef struct kr__local_model {
    const char *name, *what; /* "ETS", "exponential smoothing, error, trend, season by AICc" */
    kr__local_use use;
    kr_status (*forecast)(const kr__local_series *series, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err);
    kr_status (*forecast_all)(kr_team *team, kr_zeroshot *opened, const kr__local_series *series,
                              kr__local_forecast *out, int64_t n, kr_error *err);
} kr__local_model;

/* The model that has learnt from simulated series: the only one that tells quantiles. */
extern const kr__local_model kr__local_zeroshot;
/* The same with weights that have learnt from the series, too; it must be opened. */
extern const kr__local_model kr__local_tuned;

/* A series as that model takes it, with its gaps, all of its values; false: no memory. */
bool kr__local_known(const kr__local_series *series, kr_arena *arena, kr_zeroshot_series *out);

/* The last season again: what errors are measured in where nothing else is known. */
extern const kr__local_model kr__local_last_season;
/* All of them; NULL at the end. */
extern const kr__local_model *const kr__local_models[];
/* NULL: no model has that name (in any case). */
const kr__local_model *kr__local_find(const char *name);

/* Of those n, two that the zero-shot model knows; 0: none. */
void kr__local_zeroshot_seasons(int64_t n, const int64_t *seasons, int64_t out[2]);
/* Quantiles (KR_ZEROSHOT_QUANTILES, horizon) that it told of a series become its forecast, which
 * may be where they are. */
void kr__local_zeroshot_take(const kr__local_series *series, const double *quantiles,
                             kr__local_forecast *out);

/* The last values of a series, at most so many. */
kr__local_series kr__local_end(const kr__local_series *series, int64_t most);

/* Many series by one model, in parallel: the same bits for any number of workers. series and out: n
 * each, with one horizon; of longer series only the end is used, as many values as the model takes;
 * of a series that is none for the model the means are NaN. A model that tells no spread gets that
 * of a random walk; spreads of models that are fitted are wider after wild values, narrower after
 * calm ones. opened: what kr__local_zeroshot forecasts with; NULL: the library's, opened for this
 * call; or what kr__local_tuned does. KR_MEMORY, KR_INTERRUPTED; KR_USAGE: that is missing. */
kr_status kr__local_forecast_all(kr_team *team, const kr__local_model *model, kr_zeroshot *opened,
                                 const kr__local_series *series, kr__local_forecast *out, int64_t n,
                                 kr_error *err);

#endif
