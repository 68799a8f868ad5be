# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(train/test_comparison.c)
kr_test(train/test_forecast_config.c)
kr_test(train/test_engine.c)
kr_test(train/test_golden_training.c f32 f64)
kr_test(train/test_schedule.c)
kr_test(train/test_forecast_run.c)
kr_test(train/test_next_training.c)
kr_test(train/test_convert.c)
