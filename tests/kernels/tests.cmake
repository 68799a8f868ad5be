# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(kernels/test_rows.c f32 f64)
