/* SPDX-License-Identifier: MIT
 * chart.c - a program on libkrait and libkrait-plot: draw the columns of a table, one below
 * another.
 *
 *     cc chart.c $(pkg-config --cflags --libs krait-plot) -o chart
 *     ./chart data/exchange_rate.csv chart.png */
#include <kr/kr.h>
#include <kr/plot.h>

#include <stdio.h>

enum { MOST = 32 };

static kr_status draw(const kr_rows *rows, const char *path, kr_error *err) {
    int64_t n = kr_rows_column_count(rows) < MOST ? kr_rows_column_count(rows) : MOST;
    kr_figure_options options = {
        .size = sizeof options, .rows = (int)n, .columns = 1, .is_x_shared = true};
    kr_figure *figure = NULL;
    KR_TRY(kr_figure_create(&options, &figure, err));
    for (int64_t k = 0; k < n; k++) {
        kr_panel *panel = kr_figure_panel(figure, (int)k, 0);
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .title = kr_rows_column(rows, k),
                                        .x = {.label = "row"}});
        kr_panel_line(panel,
                      &(kr_line){.size = sizeof(kr_line),
                                 .y = kr_values_f64(kr_rows_values(rows) + k, kr_rows_count(rows),
                                                    kr_rows_column_count(rows))});
    }
    kr_status status = kr_figure_save(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

int main(int argc, char **argv) {
    kr_error err;
    kr_rows *rows = NULL;
    if (argc < 3) return fprintf(stderr, "usage: chart DATA.csv FIGURE.png\n"), 2;
    kr_status status = kr_rows_read(argv[1], NULL, &rows, &err);
    if (status == KR_OK) status = draw(rows, argv[2], &err);
    kr_rows_destroy(rows);
    if (status != KR_OK) fprintf(stderr, "chart: %s\n", err.text);
    return status == KR_OK ? 0 : 1;
}
