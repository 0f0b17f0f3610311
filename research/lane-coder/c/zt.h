#include <stdint.h>
#include <string.h>
#define T int16_t
#define FN(x) x##_16
#include "zt_impl.h"
#undef T
#undef FN
#define T int32_t
#define FN(x) x##_32
#include "zt_impl.h"
#undef T
#undef FN
