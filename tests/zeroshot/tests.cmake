# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(zeroshot/test_guesses.c)
kr_test(zeroshot/test_own_series.c)
kr_test(zeroshot/test_past.c)
kr_test(zeroshot/test_seasons.c)
kr_test(zeroshot/test_zeroshot.c)
kr_test(zeroshot/test_zeroshot_stream.c)
