# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(train/test_forecast_config.c)
