# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(data/test_npy.c)
kr_test(data/test_npz.c f32 f64)
kr_test(data/test_safetensors.c)
kr_test(data/test_dataset.c)
kr_test(data/test_metrics.c)
