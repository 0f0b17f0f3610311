/* Kernels for x86 processors with AVX2 and BMI2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "simd_avx2.h"

#define KERNELS zgr_kernels_avx2
#include "kernels_impl.h"
#else
typedef int zgr_no_avx2;
#endif
