/* SPDX-License-Identifier: MIT
 * loss_figure.c - validation losses of several trainings of the next-step model side by side, out
 * of their training_log_next.csv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/plot.h>

enum { MOST_RUNS = 8, MOST_EPOCHS = 4096 };

typedef struct run {
    const char *name;
    int64_t n;
    double epoch[MOST_EPOCHS], loss[MOST_EPOCHS], excess[MOST_EPOCHS];
} run;

/* NAME=FILE; the first line of the file holds names. Gives whether there was an epoch. */
static bool read_run(run *r, char *argument, double floor) {
    char line[256], *path = strchr(argument, '=');
    FILE *stream = path ? fopen(path + 1, "r") : NULL;
    if (!stream) return false;
    *path = '\0';
    r->name = argument;
    while (r->n < MOST_EPOCHS && fgets(line, sizeof line, stream)) {
        /* epoch,train_mse,train_eval_mse,val_mse,lr,best */
        if (sscanf(line, "%lf,%*[^,],%*[^,],%lf", &r->epoch[r->n], &r->loss[r->n]) != 2) continue;
        r->excess[r->n] = r->loss[r->n] - floor;
        r->n++;
    }
    fclose(stream);
    return r->n > 0;
}

static void add_runs(kr_panel *panel, const run *runs, int n_runs, bool is_excess) {
    for (int i = 0; i < n_runs; i++) {
        const double *y = is_excess ? runs[i].excess : runs[i].loss;
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .x = kr_values_f64(runs[i].epoch, runs[i].n, 1),
                                        .y = kr_values_f64(y, runs[i].n, 1),
                                        .style = {.label = runs[i].name}});
    }
}

static kr_status draw(const char *path, double floor, const run *runs, int n_runs, kr_error *err) {
    char title[80];
    kr_figure *figure = NULL;
    const kr_figure_options options = {.size = sizeof options,
                                       .rows = 1,
                                       .columns = 2,
                                       .width = 10,
                                       .height = 4.2,
                                       .title = "Next-step model: validation during training",
                                       .is_legend_shared = true};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_panel *losses = kr_figure_panel(figure, 0, 0), *excess = kr_figure_panel(figure, 0, 1);
    kr_panel_axes(losses, &(kr_axes){.size = sizeof(kr_axes),
                                     .title = "Validation MSE; dashed: noise floor",
                                     .x = {.label = "Epoch", .is_integer = true},
                                     .y = {.label = "Next-step MSE", .is_log = true}});
    snprintf(title, sizeof title, "Validation MSE above the noise floor of %.2f", floor);
    kr_panel_axes(excess,
                  &(kr_axes){.size = sizeof(kr_axes),
                             .title = title,
                             .x = {.label = "Epoch", .is_integer = true},
                             .y = {.label = "Next-step MSE - noise floor", .is_log = true}});
    add_runs(losses, runs, n_runs, false);
    kr_panel_rule(losses, KR_HORIZONTAL, floor,
                  &(kr_line_style){.dash = KR_DASH_DASHED, .color = kr_color_rgb(0x606060)});
    add_runs(excess, runs, n_runs, true);
    kr_status status = kr_figure_save(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

int main(int argc, char **argv) {
    static run runs[MOST_RUNS];
    kr_error err = {.text = ""};
    double floor = argc > 2 ? strtod(argv[2], NULL) : 0;
    int n = argc - 3;
    if (n < 1 || n > MOST_RUNS || floor <= 0) {
        fprintf(stderr,
                "usage: loss_figure FIGURE FLOOR NAME=LOG..   e.g. loss_figure "
                "docs/next_losses.png 8.0089 'all trained=out/training_log_next.csv'\n");
        return 2;
    }
    for (int i = 0; i < n; i++) {
        if (read_run(&runs[i], argv[i + 3], floor)) continue;
        fprintf(stderr, "loss_figure: %s: not NAME=FILE, or the file has no epoch\n", argv[i + 3]);
        return 1;
    }
    if (draw(argv[1], floor, runs, n, &err) == KR_OK) return 0;
    fprintf(stderr, "loss_figure: %s\n", err.text);
    return 1;
}
