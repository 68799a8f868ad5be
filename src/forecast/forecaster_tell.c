/* SPDX-License-Identifier: MIT
 * forecaster_tell.c - tells the observer what happens. */
#include "forecast/forecaster_internal.h"

void kr__forecaster_tell(const kr_forecaster *f, kr_forecast_event event) {
    if (!f->observer || !f->observer->event) return;
    if (event.epoch == 0) event.epoch = f->trainer ? kr__trainer_state(f->trainer)->epoch : 0;
    event.epochs = f->parts.training.epochs;
    f->observer->event(f->observer->arg, &event);
}

void kr__forecaster_tell_windows(const kr_forecaster *f, kr_split split) {
    static const char *const names[KR_SPLITS] = {"train", "val", "test"};
    kr__forecaster_tell(f,
                        (kr_forecast_event){.kind = KR_EVENT_WINDOWS,
                                            .text = names[split],
                                            .count = kr__dataset_window_count(f->dataset, split)});
}
