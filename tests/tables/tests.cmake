# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(tables/test_frequency.c)
kr_test(tables/test_gaps.c)
kr_test(tables/test_panel.c)
kr_test(tables/test_number.c)
kr_test(tables/test_timefeatures.c)
kr_test(tables/test_csv.c)
kr_test(tables/test_rows_memory.c)
kr_test(tables/test_rows_read.c)
