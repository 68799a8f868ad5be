# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(plot/test_ticks.c)
kr_test(plot/test_colors.c)
kr_test(plot/test_utf8.c)
kr_test(plot/test_plot.c)
kr_test(plot/test_legend.c)
kr_test(plot/test_forecast_figures.c)
kr_test(plot/test_gates_figures.c)
kr_test(plot/test_map_figures.c)
