/* Kernels for x86 processors with the parts of AVX-512 that work on bytes (Intel's since 2019, AMD's since 2022). */
#if defined(__x86_64__) && defined(__GNUC__)
#include "simd_avx512.h"

#define Lanes DecoderLanes
#include "kernels_decode.h"
#undef Lanes

#include "divide_avx512.h"

#define Lanes EncoderLanes
#define ENCODE_BY_32 encode_by_32
#define KERNELS zgr_kernels_avx512
#include "kernels_impl.h"
#else
typedef int zgr_no_avx512;
#endif
