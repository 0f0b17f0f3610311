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
const struct zgr_kernels *zgr_kernels(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? &zgr_kernels_avx2 : &zgr_kernels_plain;
}
#else
const struct zgr_kernels *zgr_kernels(void) { return &zgr_kernels_plain; }
#endif
