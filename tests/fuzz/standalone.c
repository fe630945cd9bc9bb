/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer: every seed, then mutations of seeds,
 * always the same ones. With arguments it runs these files instead.
 *
 * Each input is copied into a block of its own length, so that the sanitizers
 * see a read beyond its end.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS       4000
#define MOST_BYTES 4096

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit > 0 ? (size_t)(next(state) % limit) : 0;
}

static void run(const char *bytes, size_t length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);

    if (copy == NULL)
        exit(EXIT_FAILURE);
    memcpy(copy, bytes, length);
    (void)LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static size_t seed_count(void)
{
    size_t count = 0;

    while (fuzz_seeds[count] != NULL)
        count++;
    return count;
}

static size_t insert(char *bytes, size_t length, size_t at, const char *more, size_t more_length)
{
    if (more_length > MOST_BYTES - length)
        more_length = MOST_BYTES - length;
    memmove(bytes + at + more_length, bytes + at, length - at);
    memcpy(bytes + at, more, more_length);
    return length + more_length;
}

/* Part of a seed, most often of another one, goes in somewhere. */
static size_t splice(char *bytes, size_t length, uint64_t *state)
{
    const char *other = fuzz_seeds[below(state, seed_count())];
    size_t from = below(state, strlen(other) + 1);
    size_t count = below(state, strlen(other) - from + 1);

    return insert(bytes, length, below(state, length + 1), other + from, count);
}

static size_t mutate(char *bytes, size_t length, uint64_t *state)
{
    static const char odd[] = "\0\"\\{}[]:,%/#?@-+.eE0\x7f\x80\xff\xc3\xed\xf0\n\r ;=&";
    size_t at = below(state, length);
    size_t count;

    switch (below(state, 6)) {
    case 0: /* flip a bit */
        if (length > 0)
            bytes[at] = (char)(bytes[at] ^ (1 << below(state, 8)));
        return length;
    case 1: /* an interesting byte */
        if (length > 0)
            bytes[at] = odd[below(state, sizeof(odd) - 1)];
        return length;
    case 2: /* take out */
        count = below(state, length - at + 1);
        memmove(bytes + at, bytes + at + count, length - at - count);
        return length - count;
    case 3: /* cut */
        return at;
    case 4: /* put in an interesting byte */
        return insert(bytes, length, at, &odd[below(state, sizeof(odd) - 1)], 1);
    default:
        return splice(bytes, length, state);
    }
}

/* FUZZ_RUNS asks for more of them, for the long form. */
static unsigned long runs(void)
{
    const char *more = getenv("FUZZ_RUNS");

    return more != NULL ? strtoul(more, NULL, 10) : RUNS;
}

static void run_mutations(void)
{
    static char bytes[MOST_BYTES];
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

    for (unsigned long i = 0, count = runs(); i < count; i++) {
        const char *seed = fuzz_seeds[below(&state, seed_count())];
        size_t length = insert(bytes, 0, 0, seed, strlen(seed));

        for (size_t steps = 1 + below(&state, 4); steps > 0; steps--)
            length = mutate(bytes, length, &state);
        run(bytes, length);
    }
}

static int run_file(const char *path)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t length;

    if (file == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    length = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    run(bytes, length);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int status = EXIT_SUCCESS;

    for (int i = 1; i < argc && status == EXIT_SUCCESS; i++)
        status = run_file(argv[i]);
    if (argc > 1)
        return status;
    for (size_t i = 0; fuzz_seeds[i] != NULL; i++)
        run(fuzz_seeds[i], strlen(fuzz_seeds[i]));
    run_mutations();
    return EXIT_SUCCESS;
}
