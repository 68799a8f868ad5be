# kr_test(FILE [f32] [f64]) rows of this layer
kr_test(analysis/test_dimension.c)
kr_test(analysis/test_knn.c)
kr_test(analysis/test_pca.c)
kr_test(analysis/test_points.c)
kr_test(analysis/test_silhouette.c)
kr_test(analysis/test_trustworthiness.c)
