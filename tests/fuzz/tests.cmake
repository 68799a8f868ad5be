# kr_fuzz(FILE) rows: a reader of bytes from outside each. Seeds: tests/fuzz/corpus/<program>/
kr_fuzz(fuzz/fuzz_csv.c)
kr_fuzz(fuzz/fuzz_next_model.c)
kr_fuzz(fuzz/fuzz_npy.c)
kr_fuzz(fuzz/fuzz_npz.c)
kr_fuzz(fuzz/fuzz_pickle.c)
target_sources(fuzz_pickle PRIVATE support/pickle_made.c)
kr_fuzz(fuzz/fuzz_pth.c)
kr_fuzz(fuzz/fuzz_safetensors.c)
