# Pictures read back, and what was drawn, beside what all tests share.
add_library(test_support_plot STATIC EXCLUDE_FROM_ALL support/drawn.c support/picture.c)
target_compile_definitions(test_support_plot PRIVATE
    KR_DRAWN_DIR="${CMAKE_CURRENT_SOURCE_DIR}/plot/drawn")
target_link_libraries(test_support_plot PUBLIC test_support_f32 krait_plot_static PkgConfig::CAIRO ${CMAKE_DL_LIBS})

foreach(name
        test_axes
        test_colors
        test_dimension_figures
        test_forecast_figures
        test_gates_figures
        test_legend
        test_map_figures
        test_plot
        test_synth_figures
        test_ticks
        test_utf8)
    kr_test(plot/${name}.c)
    target_link_libraries(${name} PRIVATE test_support_plot)
endforeach()
