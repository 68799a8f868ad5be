# kr_fuzz(FILE) rows: a reader of bytes from outside each. Seeds: tests/fuzz/corpus/<program>/
kr_fuzz(fuzz/fuzz_csv.c)
