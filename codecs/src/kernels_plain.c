/* Kernels for any processor, or for the vectors of WebAssembly; and the choice between these and others. */
#if defined(__wasm_simd128__)
#define ZGR_NO_ENCODER
#include "simd_wasm.h"
#else
#include "simd_plain.h"
#endif

#define KERNELS zgr_kernels_plain
#include "kernels_impl.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(ZGR_PLAIN_ONLY)
static int has_avx512(void)
{
#ifdef ZGR_NO_AVX512 /* for tests of those without, on processors that have it */
    return 0;
#else
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("avx512vnni");
#endif
}

static const struct zgr_kernels *choose(void)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
        return &zgr_kernels_plain;
    return has_avx512() ? &zgr_kernels_avx512 : &zgr_kernels_avx2;
}

/* Asked for before every phase of a band. Two threads that both find out first find the same. */
const struct zgr_kernels *zgr_kernels(void)
{
    static const struct zgr_kernels *chosen;
    const struct zgr_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (!kernels)
        __atomic_store_n(&chosen, kernels = choose(), __ATOMIC_RELAXED);
    return kernels;
}
#else
const struct zgr_kernels *zgr_kernels(void) { return &zgr_kernels_plain; }
#endif
