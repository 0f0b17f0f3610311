/* Has the file that ROWS names for samples of 16 bits, then for those of 32: SAMPLE is the type, OF(name) a name's own for it. */
#define SAMPLE int16_t
#define OF(NAME) NAME##_16
#include ROWS
#undef SAMPLE
#undef OF
#define SAMPLE int32_t
#define OF(NAME) NAME##_32
#include ROWS
#undef SAMPLE
#undef OF
#undef ROWS
