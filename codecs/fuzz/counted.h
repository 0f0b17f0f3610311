/* Counts the bytes that a fuzz target was given, and tells their sum at the end of the process, as libFuzzer does not. */
#ifndef ZGR_FUZZ_COUNTED_H
#define ZGR_FUZZ_COUNTED_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long long counted_nbytes;

static void tell_counted(void) { fprintf(stderr, "stat::bytes_of_input: %llu\n", counted_nbytes); }

static void count_input(size_t nbytes)
{
    static int is_told;
    if (!is_told)
        atexit(tell_counted);
    is_told = 1;
    counted_nbytes += nbytes;
}

#endif
