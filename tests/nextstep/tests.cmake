# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(nextstep/test_windows.c)
kr_test(nextstep/test_synth.c)
target_sources(test_synth PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/sha256.c)
kr_test(nextstep/test_series.c)
kr_test(nextstep/test_generate.c f32 f64)
kr_test(nextstep/test_inside.c f32 f64)
kr_test(nextstep/test_next_training.c)
kr_test(nextstep/test_convert.c)
